import type { Sender } from "./senders.ts";
import { IN_FLIGHT } from "./senders.ts";
import { type Cycle, moveOn } from "./span-bodies.ts";

/** Plays a cycle of traffic round and round, as fast as it is taken. */
export class Playback {
  readonly #cycle: Cycle;
  #round = 0;
  #next = 0;

  constructor(cycle: Cycle) {
    this.#cycle = cycle;
  }

  /** Sends so many spans on and resolves with how many, when all were accepted. */
  async send(sender: Sender, spanCount: number): Promise<number> {
    let sent = 0;
    const worker = async (): Promise<void> => {
      while (sent < spanCount) {
        const body = this.#take();
        sent += body.spanCount;
        await sender.send(body.bytes);
      }
    };
    await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
    return sent;
  }

  /** A body is moved on only as it is sent again, when nothing reads it any more. */
  #take(): Cycle["bodies"][number] {
    const { bodies, seconds } = this.#cycle;
    if (this.#next === bodies.length) {
      this.#next = 0;
      this.#round += 1;
    }
    const body = bodies[this.#next++]!;
    if (this.#round > 0) moveOn(body, seconds, this.#round);
    return body;
  }
}
