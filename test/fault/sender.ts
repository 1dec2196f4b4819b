import { Agent, request } from "node:http";
import type { RecordedBody } from "../../src/telemetry/files/recorded-body.ts";

/** What the server said to a body; 0 when it said nothing. */
export interface Answer {
  readonly status: number;
  readonly retryAfter: string | undefined;
}

/** Sends OTLP/HTTP as a collector does: a body that was not acknowledged comes again, the same, until it is. */
export class Sender {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 64 });
  /** Times a body had to come again. */
  resent = 0;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends once. */
  post({ signal, bytes }: RecordedBody): Promise<Answer> {
    return new Promise((resolve) => {
      const lost = (): void => resolve({ status: 0, retryAfter: undefined });
      const outgoing = request({
        ...{ host: "127.0.0.1", port: this.#port, path: `/v1/${signal}`, method: "POST", agent: this.#agent },
        headers: { "content-type": "application/x-protobuf", "content-length": bytes.length },
      });
      outgoing.once("error", lost);
      outgoing.once("response", (response) => {
        response.once("error", lost);
        response.once("close", lost);
        response.once("end", () => {
          resolve({ status: response.statusCode ?? 0, retryAfter: response.headers["retry-after"] });
        });
        response.resume();
      });
      outgoing.end(bytes);
    });
  }

  /** Sends until it is acknowledged. @throws when it is refused for good */
  async deliver(body: RecordedBody): Promise<void> {
    for (;;) {
      const { status } = await this.post(body);
      if (status === 200) return;
      if (status !== 0 && status !== 429 && status !== 503) throw new Error(`refused with ${status}`);
      this.resent += 1;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  close(): void {
    this.#agent.destroy();
  }
}
