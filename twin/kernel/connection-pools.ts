import type { CompiledNetwork } from "./compiled-network.ts";
import { LinkedQueues } from "./linked-queues.ts";
import { NONE } from "./open-visits.ts";

/** Connections of each pool at each replica of its station, with a FIFO queue of calls in front. */
export class ConnectionPools {
  /** Numbers the replicas of a pool: `#first[pool] + replica` (numbered through the network) is their row. */
  readonly #first: Int32Array;
  readonly #free: Int32Array;
  readonly #waiting: LinkedQueues;

  constructor({ poolStation, poolConnectionCount, replicaFirst }: CompiledNetwork) {
    this.#first = new Int32Array(poolStation.length);
    const free: number[] = [];
    poolStation.forEach((station, pool) => {
      this.#first[pool] = free.length - replicaFirst[station]!;
      for (let replica = replicaFirst[station]!; replica < replicaFirst[station + 1]!; replica++)
        free.push(poolConnectionCount[pool]!);
    });
    this.#free = Int32Array.from(free);
    this.#waiting = new LinkedQueues(free.length);
  }

  /** Takes a connection for `call`; false, and the call queues, when none is free. */
  take(pool: number, replica: number, call: number): boolean {
    const row = this.#first[pool]! + replica;
    if (this.#free[row]! > 0) {
      this.#free[row] = this.#free[row]! - 1;
      return true;
    }
    this.#waiting.push(row, call);
    return false;
  }

  /** A call holds a connection from before the run, even one more than there are. */
  hold(pool: number, replica: number): void {
    const row = this.#first[pool]! + replica;
    this.#free[row] = this.#free[row]! - 1;
  }

  /** Gives a connection back: it goes to the call given back, or to nobody (NONE). */
  release(pool: number, replica: number): number {
    const row = this.#first[pool]! + replica;
    // Below 0 more calls came into the run with a connection than there are.
    const call = this.#free[row]! < 0 ? NONE : this.#waiting.first(row);
    if (call === NONE) this.#free[row] = this.#free[row]! + 1;
    else this.#waiting.remove(row, call);
    return call;
  }

  /** `call` waits no longer. */
  leave(pool: number, replica: number, call: number): void {
    this.#waiting.remove(this.#first[pool]! + replica, call);
  }
}
