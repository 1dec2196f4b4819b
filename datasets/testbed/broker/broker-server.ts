import { createServer, type Server, type Socket } from "node:net";
import { readLines, writeLine } from "./line-protocol.ts";
import { PartitionedLog } from "./partitioned-log.ts";

const PARTITION_COUNT = 12;
const BACKLOG_LIMIT = 20_000;
const TOPIC_LIMIT = 100;

interface Consumer {
  readonly socket: Socket;
  readonly topic: string;
  credit: number;
  readonly inWork: Set<number>;
}

/**
 * The embedded broker: a topic log in memory behind TCP, one JSON line a message. It is not instrumented, as real
 * brokers seldom are.
 *
 * `{do:"publish",topic,key,record,token}` → `{token,partition}` (−1: refused) ·
 * `{do:"consume",topic,credit}` → a `{offset,partition,record}` for each message · `{do:"acknowledge",offset}`.
 */
export function createBroker(): Server {
  const logs = new Map<string, PartitionedLog>();
  const consumers = new Set<Consumer>();
  const logOf = (topic: string): PartitionedLog => {
    let log = logs.get(topic);
    if (log === undefined) {
      log = new PartitionedLog(PARTITION_COUNT, logs.size < TOPIC_LIMIT ? BACKLOG_LIMIT : 0);
      logs.set(topic, log);
    }
    return log;
  };
  const deliver = (topic: string) => {
    const log = logOf(topic);
    for (const consumer of consumers) {
      if (consumer.topic !== topic) continue;
      while (consumer.credit > 0) {
        const entry = log.next();
        if (entry === null) return;
        consumer.credit--;
        consumer.inWork.add(entry.offset);
        writeLine(consumer.socket, { offset: entry.offset, partition: entry.partition, record: entry.record });
      }
    }
  };

  return createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    let consumer: Consumer | null = null;
    readLines(socket, (message) => {
      if (message["do"] === "publish") {
        const topic = String(message["topic"]);
        const entry = logOf(topic).append(String(message["key"]), message["record"] as Record<string, unknown>);
        writeLine(socket, { token: message["token"], partition: entry?.partition ?? -1 });
        deliver(topic);
      } else if (message["do"] === "consume") {
        consumer = { socket, topic: String(message["topic"]), credit: Number(message["credit"]), inWork: new Set() };
        consumers.add(consumer);
        deliver(consumer.topic);
      } else if (message["do"] === "acknowledge" && consumer !== null) {
        const offset = Number(message["offset"]);
        if (!consumer.inWork.delete(offset)) return;
        logOf(consumer.topic).acknowledge(offset);
        consumer.credit++;
        deliver(consumer.topic);
      }
    });
    socket.on("close", () => {
      if (consumer === null) return;
      consumers.delete(consumer);
      logOf(consumer.topic).giveBack(consumer.inWork);
      deliver(consumer.topic);
    });
  });
}
