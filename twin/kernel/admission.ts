import type { CompiledNetwork } from "./compiled-network.ts";
import { LinkedQueues } from "./linked-queues.ts";
import { ARRIVAL, NEXT, NONE, type OpenVisits, REPLICA, WAITING } from "./open-visits.ts";

/** What becomes of a visit at the door of a replica. */
export const ADMITTED = 0;
export const QUEUED = 1;
export const REFUSED = 2;

/** The servers or workers of every replica, and the accept queue in front of them. */
export class Admission {
  readonly #free: Float64Array;
  readonly #queueCapacity: Float64Array;
  readonly #queueLength: Int32Array;
  readonly #queues: LinkedQueues;

  constructor({ replicaStation, admittedCount, queueCapacity }: CompiledNetwork) {
    this.#free = Float64Array.from(replicaStation, (station) => admittedCount[station]!);
    this.#queueCapacity = Float64Array.from(replicaStation, (station) => queueCapacity[station]!);
    this.#queueLength = new Int32Array(replicaStation.length);
    this.#queues = new LinkedQueues(replicaStation.length);
  }

  /** A visit comes to `replica`: it gets a server, waits for one, or finds the queue full. */
  enter(replica: number, slot: number): number {
    const free = this.#free[replica]!;
    if (free > 0) {
      this.#free[replica] = free - 1;
      return ADMITTED;
    }
    if (this.#queueLength[replica]! >= this.#queueCapacity[replica]!) return REFUSED;
    this.#queue(replica, slot);
    return QUEUED;
  }

  /** A visit holds a server from before the run, even one more than there are. */
  hold(replica: number): void {
    this.#free[replica] = this.#free[replica]! - 1;
  }

  /** A visit from before the run that has no server yet: it gets one, or waits (false) whatever the queue's limit. */
  resume(replica: number, slot: number): boolean {
    const free = this.#free[replica]!;
    if (free > 0) this.#free[replica] = free - 1;
    else this.#queue(replica, slot);
    return free > 0;
  }

  /** A server falls free: it goes to the visit given back, or to nobody (NONE). */
  release(replica: number): number {
    const free = this.#free[replica]!;
    // Below 0 more visits came into the run with a server than there are.
    const slot = free < 0 ? NONE : this.#takeWaiting(replica);
    if (slot === NONE) this.#free[replica] = free + 1;
    return slot;
  }

  /** Others that wait join `first`, which has just got a server, until they are `sizeMax`. */
  joinBatch(visits: OpenVisits, first: number, sizeMax: number, nowSeconds: number): void {
    const replica = visits.word(first, REPLICA);
    let last = first;
    for (let size = 1; size < sizeMax; size++) {
      const other = this.#takeWaiting(replica);
      visits.setWord(last, NEXT, other);
      if (other === NONE) return;
      visits.setSeconds(other, WAITING, nowSeconds - visits.seconds(other, ARRIVAL));
      last = other;
    }
    visits.setWord(last, NEXT, NONE);
  }

  #takeWaiting(replica: number): number {
    const slot = this.#queues.first(replica);
    if (slot === NONE) return NONE;
    this.#queues.remove(replica, slot);
    this.#queueLength[replica] = this.#queueLength[replica]! - 1;
    return slot;
  }

  #queue(replica: number, slot: number): void {
    this.#queueLength[replica] = this.#queueLength[replica]! + 1;
    this.#queues.push(replica, slot);
  }
}
