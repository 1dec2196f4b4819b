import { type CompiledNetwork, DELAY, FIFO } from "./compiled-network.ts";
import {
  ARRIVAL,
  OPERATION,
  type OpenVisits,
  PENDING,
  REPLICA,
  SEGMENT,
  SEGMENT_START,
  WAITING,
} from "./open-visits.ts";

/** Server seconds used, by replica: at FIFO stations held, at delay stations worked. (`PsShares` counts its own.) */
export class BusyServers {
  readonly seconds: Float64Array;
  readonly #network: CompiledNetwork;
  /** What was held before the run is not counted. */
  #startSeconds = Number.NEGATIVE_INFINITY;

  constructor(network: CompiledNetwork) {
    this.#network = network;
    this.seconds = new Float64Array(network.replicaStation.length);
  }

  startAt(startSeconds: number): void {
    this.#startSeconds = startSeconds;
  }

  /** A server was held from `sinceSeconds` until now. */
  hold(replica: number, sinceSeconds: number, nowSeconds: number): void {
    const from = sinceSeconds < this.#startSeconds ? this.#startSeconds : sinceSeconds;
    this.seconds[replica] = this.seconds[replica]! + nowSeconds - from;
  }

  work(replica: number, workSeconds: number): void {
    this.seconds[replica] = this.seconds[replica]! + workSeconds;
  }

  /** Adds what visits that are still open have used so far. */
  addOpen(visits: OpenVisits, nowSeconds: number): void {
    const isClosed = visits.closedSlots();
    const { operationStation, discipline } = this.#network;
    for (let slot = 0; slot < isClosed.length; slot++) {
      // Those that wait for a server, and those that share one with the first of their batch, have not begun.
      if (isClosed[slot] === 1 || visits.word(slot, SEGMENT) < 0) continue;
      const replica = visits.word(slot, REPLICA);
      const kind = discipline[operationStation[visits.word(slot, OPERATION)]!];
      if (kind === FIFO) this.hold(replica, visits.seconds(slot, ARRIVAL) + visits.seconds(slot, WAITING), nowSeconds);
      // It may begin later, when the last answer is back.
      if (kind === DELAY && visits.word(slot, PENDING) === 0)
        this.work(replica, Math.max(0, nowSeconds - visits.seconds(slot, SEGMENT_START)));
    }
  }
}
