import { type CompiledNetwork, DELAY, FIFO } from "./compiled-network.ts";
import type { OpenVisits } from "./open-visits.ts";

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
      if (isClosed[slot] === 1 || visits.segment[slot]! < 0) continue;
      const replica = visits.replica[slot]!;
      const kind = discipline[operationStation[visits.operation[slot]!]!];
      if (kind === FIFO) this.hold(replica, visits.arrivalSeconds[slot]! + visits.waitingSeconds[slot]!, nowSeconds);
      // It may begin later, when the last answer is back.
      if (kind === DELAY && visits.pending[slot] === 0)
        this.work(replica, Math.max(0, nowSeconds - visits.segmentStartSeconds[slot]!));
    }
  }
}
