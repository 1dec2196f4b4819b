import { type CompiledNetwork, STALLS } from "./compiled-network.ts";
import { grownFloat64, grownInt32, NONE } from "./open-visits.ts";
import { ROUNDING_SECONDS, ServiceClock } from "./service-clock.ts";

/**
 * Processor sharing at every replica, by virtual time: while n jobs run on c servers each gets min(1, c/n) seconds of
 * work a second, and a replica's virtual clock counts just that. A job that comes at clock V with work w ends at V + w,
 * whatever comes later, so the jobs of a replica stand in a heap by that number and only its least needs an event.
 *
 * The heaps are pairing heaps (Fredman, Sedgewick, Sleator, Tarjan 1986) threaded through the visit slots.
 */
export class PsShares {
  readonly #serverCount: Float64Array;
  /** Not 0 where pauses or throttling make the work stand still at times. */
  readonly #stalls: Uint8Array;
  readonly #serviceClock: ServiceClock | null;
  readonly #worked: Float64Array;
  readonly #clock: Float64Array;
  readonly #clockReadSeconds: Float64Array;
  readonly #running: Int32Array;
  readonly #top: Int32Array;
  /** By slot: virtual time of the end, turn for ties, first child and next sibling in the heap. */
  #end: Float64Array = new Float64Array(256);
  #turn: Float64Array = new Float64Array(256);
  #child: Int32Array = new Int32Array(256);
  #sibling: Int32Array = new Int32Array(256);
  #nextTurn = 0;

  constructor(network: CompiledNetwork, seed: number) {
    const { replicaStation, stationFlags } = network;
    const serverCount = Float64Array.from(replicaStation, (station) => network.serverCount[station]!);
    this.#serverCount = serverCount;
    this.#stalls = Uint8Array.from(replicaStation, (station) => stationFlags[station]! & STALLS);
    this.#serviceClock = this.#stalls.some((flag) => flag !== 0) ? new ServiceClock(network, seed) : null;
    this.#worked = new Float64Array(serverCount.length);
    this.#clock = new Float64Array(serverCount.length);
    this.#clockReadSeconds = new Float64Array(serverCount.length);
    this.#running = new Int32Array(serverCount.length);
    this.#top = new Int32Array(serverCount.length).fill(NONE);
  }

  /** The visit in `slot` starts `workSeconds` of work at `replica`. */
  add(replica: number, slot: number, workSeconds: number, nowSeconds: number): void {
    if (slot >= this.#end.length) this.#grow(slot);
    this.#advance(replica, nowSeconds);
    this.#end[slot] = this.#clock[replica]! + workSeconds;
    this.#turn[slot] = this.#nextTurn++;
    this.#child[slot] = NONE;
    this.#sibling[slot] = NONE;
    this.#running[replica] = this.#running[replica]! + 1;
    const top = this.#top[replica]!;
    this.#top[replica] = top === NONE ? slot : this.#meld(top, slot);
  }

  /** The job of `replica` that ends next, or NONE. */
  next(replica: number): number {
    return this.#top[replica]!;
  }

  /** When the next job of `replica` ends if none comes before; Infinity when none runs. */
  nextEndSeconds(replica: number, nowSeconds: number): number {
    const top = this.#top[replica]!;
    if (top === NONE) return Number.POSITIVE_INFINITY;
    this.#advance(replica, nowSeconds);
    const left = this.#end[top]! - this.#clock[replica]!;
    if (this.#stalls[replica] !== 0) {
      if (left <= ROUNDING_SECONDS) return nowSeconds;
      return this.#serviceClock!.reachSeconds(replica, nowSeconds, left, this.#running[replica]!);
    }
    return left <= 0 ? nowSeconds : nowSeconds + left / this.#rate(replica);
  }

  /** Seconds of work done at `replica` until now. */
  workedSeconds(replica: number, nowSeconds: number): number {
    this.#advance(replica, nowSeconds);
    return this.#worked[replica]!;
  }

  /** Takes out the next job, which ends now. */
  removeNext(replica: number, nowSeconds: number): void {
    const top = this.#top[replica]!;
    this.#advance(replica, nowSeconds);
    const running = this.#running[replica]! - 1;
    this.#running[replica] = running;
    this.#top[replica] = this.#meldChildren(top);
    // An idle replica starts from 0 again: a small clock keeps its precision.
    this.#clock[replica] = running === 0 ? 0 : this.#end[top]!;
  }

  #rate(replica: number): number {
    const servers = this.#serverCount[replica]!;
    const running = this.#running[replica]!;
    return running <= servers ? 1 : servers / running;
  }

  #advance(replica: number, nowSeconds: number): void {
    const running = this.#running[replica]!;
    if (running > 0) {
      const progress = this.#progress(replica, this.#clockReadSeconds[replica]!, nowSeconds, running);
      this.#clock[replica] = this.#clock[replica]! + progress;
      this.#worked[replica] = this.#worked[replica]! + progress * running;
    } else if (this.#stalls[replica] !== 0) {
      this.#serviceClock!.wake(replica, nowSeconds);
    }
    this.#clockReadSeconds[replica] = nowSeconds;
  }

  #progress(replica: number, fromSeconds: number, toSeconds: number, running: number): number {
    if (this.#stalls[replica] !== 0) return this.#serviceClock!.advance(replica, fromSeconds, toSeconds, running);
    return (toSeconds - fromSeconds) * this.#rate(replica);
  }

  /** The earlier of two tops takes the other as its first child. */
  #meld(a: number, b: number): number {
    const endA = this.#end[a]!;
    const endB = this.#end[b]!;
    const isAFirst = endA < endB || (endA === endB && this.#turn[a]! < this.#turn[b]!);
    const top = isAFirst ? a : b;
    const under = isAFirst ? b : a;
    this.#sibling[under] = this.#child[top]!;
    this.#child[top] = under;
    return top;
  }

  /** Two passes: pairs from left to right, then the pairs from right to left. */
  #meldChildren(top: number): number {
    let pairs = NONE;
    let at = this.#child[top]!;
    while (at !== NONE) {
      const other = this.#sibling[at]!;
      if (other === NONE) {
        this.#sibling[at] = pairs;
        pairs = at;
        break;
      }
      const rest = this.#sibling[other]!;
      const pair = this.#meld(at, other);
      this.#sibling[pair] = pairs;
      pairs = pair;
      at = rest;
    }
    if (pairs === NONE) return NONE;
    let heap = pairs;
    at = this.#sibling[pairs]!;
    while (at !== NONE) {
      const rest = this.#sibling[at]!;
      heap = this.#meld(heap, at);
      at = rest;
    }
    this.#sibling[heap] = NONE;
    return heap;
  }

  #grow(slot: number): void {
    let capacity = this.#end.length;
    while (capacity <= slot) capacity *= 2;
    this.#end = grownFloat64(this.#end, capacity);
    this.#turn = grownFloat64(this.#turn, capacity);
    this.#child = grownInt32(this.#child, capacity);
    this.#sibling = grownInt32(this.#sibling, capacity);
  }
}
