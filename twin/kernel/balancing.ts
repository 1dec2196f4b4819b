import { type CompiledNetwork, LEAST_OUTSTANDING } from "./compiled-network.ts";
import type { Draws } from "./draws.ts";

/** Balancing that looks at how many visits are present at each replica, queued ones included. */
export class Balancing {
  readonly #network: CompiledNetwork;
  readonly #draws: Draws;
  readonly #present: Int32Array;

  constructor(network: CompiledNetwork, draws: Draws) {
    this.#network = network;
    this.#draws = draws;
    this.#present = new Int32Array(network.replicaStation.length);
  }

  /** The replica of `station` that the next visit goes to; it is present there from now on. */
  enter(station: number): number {
    const isLeast = this.#network.balancing[station] === LEAST_OUTSTANDING;
    const replica = isLeast ? this.#leastOutstanding(station) : this.#betterOfTwo(station);
    this.join(replica);
    return replica;
  }

  join(replica: number): void {
    this.#present[replica] = this.#present[replica]! + 1;
  }

  leave(replica: number): void {
    this.#present[replica] = this.#present[replica]! - 1;
  }

  /** Ties go to the first; a replica of weight 0 gets nothing. */
  #leastOutstanding(station: number): number {
    const { replicaFirst, replicaChoice } = this.#network;
    const { cumulative } = replicaChoice;
    const first = replicaFirst[station]!;
    let best = -1;
    for (let replica = first; replica < replicaFirst[station + 1]!; replica++) {
      const before = replica === first ? 0 : cumulative[replica - 1]!;
      if (cumulative[replica] === before) continue;
      if (best < 0 || this.#present[replica]! < this.#present[best]!) best = replica;
    }
    return best;
  }

  /** Of two drawn by weight, one after the other, so they may be the same; ties go to the one drawn first. */
  #betterOfTwo(station: number): number {
    const one = this.#draws.replicaByWeight(station);
    const other = this.#draws.replicaByWeight(station);
    return this.#present[other]! < this.#present[one]! ? other : one;
  }
}
