import { Socket } from "node:net";
import type { RandomStream } from "../random.ts";
import type { EdgeDisturbance } from "./active-faults.ts";

/** A lost segment is sent again after this long (a TCP retransmission timeout). */
const RETRANSMISSION_SECONDS: readonly [number, number] = [0.2, 0.4];

type Done = (error?: Error | null) => void;

/**
 * A TCP socket whose outgoing bytes can be held back or lost on the way.
 *
 * The stream hands over one write at a time and waits for it, so bytes stay in order. Only the caller sees the delay:
 * the callee gets the request later and knows nothing.
 */
export class DisturbedSocket extends Socket {
  readonly #disturbance: () => EdgeDisturbance;
  readonly #random: RandomStream;

  constructor(disturbance: () => EdgeDisturbance, random: RandomStream) {
    super();
    this.#disturbance = disturbance;
    this.#random = random;
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    this.#letPass(done, () => super._write(chunk, encoding, done));
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    this.#letPass(done, () => super._writev?.(chunks, done));
  }

  #letPass(done: Done, send: () => void): void {
    const edge = this.#disturbance();
    if (edge.resetProbability > 0 && this.#random() < edge.resetProbability) {
      const reset = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      this.destroy(reset);
      done(reset);
      return;
    }
    const delaySeconds = this.#delaySeconds(edge);
    if (delaySeconds <= 0) {
      send();
      return;
    }
    setTimeout(() => {
      if (this.destroyed) done(new Error("socket closed while bytes were on the way"));
      else send();
    }, delaySeconds * 1000);
  }

  #delaySeconds(edge: EdgeDisturbance): number {
    let delaySeconds = edge.delaySeconds;
    if (edge.jitterSeconds > 0) delaySeconds += edge.jitterSeconds * (2 * this.#random() - 1);
    if (edge.lossProbability > 0 && this.#random() < edge.lossProbability) {
      const [from, to] = RETRANSMISSION_SECONDS;
      delaySeconds += from + (to - from) * this.#random();
    }
    return delaySeconds;
  }
}
