import { connect, type Socket } from "node:net";
import type { TopicClient, TopicMessage } from "../service/topic.ts";
import { readLines, writeLine } from "./line-protocol.ts";

interface Waiting {
  readonly resolve: (partition: number) => void;
  readonly reject: (error: Error) => void;
}

const RECONNECT_SECONDS = 0.5;

/** Client of the embedded broker: one connection to publish, one to consume; both come back after a break. */
export class BrokerClient implements TopicClient {
  readonly system = "testbed-broker";
  readonly #port: number;
  readonly #waiting = new Map<number, Waiting>();
  #publisher: Socket | null = null;
  #consumer: Socket | null = null;
  #nextToken = 0;
  #isClosed = false;

  constructor(port: number) {
    this.#port = port;
  }

  publish(
    topic: string,
    message: { readonly key: string; readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<number> {
    const token = this.#nextToken++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(token, { resolve, reject });
      const { key, body, headers } = message;
      writeLine(this.#publishing(), { do: "publish", topic, key, token, record: { key, body, headers } });
    });
  }

  async consume(
    topic: string,
    _group: string,
    concurrency: number,
    deliver: (message: TopicMessage) => Promise<void>,
  ): Promise<void> {
    const socket = this.#connect();
    this.#consumer = socket;
    writeLine(socket, { do: "consume", topic, credit: concurrency });
    readLines(socket, (line) => {
      const record = line["record"] as Omit<TopicMessage, "partition">;
      const acknowledge = () => writeLine(socket, { do: "acknowledge", offset: line["offset"] });
      // A message that fails is dropped, not tried for ever: the deliverer has counted it.
      deliver({ ...record, partition: Number(line["partition"]) }).then(acknowledge, acknowledge);
    });
    socket.on("close", () => {
      if (this.#isClosed) return;
      setTimeout(() => {
        if (!this.#isClosed) void this.consume(topic, _group, concurrency, deliver);
      }, RECONNECT_SECONDS * 1000);
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#publisher?.destroy();
    this.#consumer?.destroy();
  }

  #publishing(): Socket {
    if (this.#publisher !== null && !this.#publisher.destroyed) return this.#publisher;
    const socket = this.#connect();
    this.#publisher = socket;
    readLines(socket, (line) => {
      const token = Number(line["token"]);
      const waiting = this.#waiting.get(token);
      this.#waiting.delete(token);
      const partition = Number(line["partition"]);
      if (partition >= 0) waiting?.resolve(partition);
      else waiting?.reject(new Error("broker is full"));
    });
    socket.on("close", () => {
      for (const waiting of this.#waiting.values()) waiting.reject(new Error("connection to the broker broke"));
      this.#waiting.clear();
    });
    return socket;
  }

  #connect(): Socket {
    const socket = connect({ host: "127.0.0.1", port: this.#port, noDelay: true });
    socket.on("error", () => socket.destroy());
    return socket;
  }
}
