import type { Agenda } from "./agenda.ts";
import { type CompiledNetwork, STALLS } from "./compiled-network.ts";
import { CHILD, NONE, type OpenVisits, SHARE_END, SHARE_TURN, SIBLING } from "./open-visits.ts";
import { ROUNDING_SECONDS, ServiceClock } from "./service-clock.ts";

// What is known of a replica, side by side.
const SERVERS = 0;
const RUNNING = 1;
/** Seconds of work a second for each of those running. */
const RATE = 2;
/** The virtual clock, and when it was read. */
const CLOCK = 3;
const READ_AT = 4;
const WORKED = 5;
/** Not 0 where pauses or throttling make the work stand still at times. */
const STANDS_STILL = 6;
const REALS_PER_REPLICA = 8;

/** What sharing needs of a run. */
export interface SharingRun {
  readonly network: CompiledNetwork;
  readonly visits: OpenVisits;
  readonly agenda: Agenda;
}

/**
 * Processor sharing at every replica, by virtual time: while n jobs run on c servers each gets min(1, c/n) seconds of
 * work a second, and a replica's virtual clock counts just that. A job that comes at clock V with work w ends at V + w,
 * whatever comes later, so the jobs of a replica stand in a heap by that number and only its least needs an event.
 *
 * The heaps are pairing heaps (Fredman, Sedgewick, Sleator, Tarjan 1986) threaded through the visits.
 */
export class PsShares {
  readonly #visits: OpenVisits;
  readonly #agenda: Agenda;
  readonly #replicas: Float64Array;
  readonly #top: Int32Array;
  readonly #serviceClock: ServiceClock | null;
  #nextTurn = 0;

  constructor({ network, visits, agenda }: SharingRun, seed: number) {
    const { replicaStation, stationTraits, serverCount } = network;
    const replicas = new Float64Array(REALS_PER_REPLICA * replicaStation.length);
    replicaStation.forEach((station, replica) => {
      const at = REALS_PER_REPLICA * replica;
      replicas[at + SERVERS] = serverCount[station]!;
      replicas[at + READ_AT] = Number.NEGATIVE_INFINITY;
      replicas[at + STANDS_STILL] = stationTraits[station]! & STALLS;
    });
    this.#visits = visits;
    this.#agenda = agenda;
    this.#replicas = replicas;
    this.#top = new Int32Array(replicaStation.length).fill(NONE);
    const standsStill = stationTraits.some((traits) => (traits & STALLS) !== 0);
    this.#serviceClock = standsStill ? new ServiceClock(network, seed) : null;
  }

  /** The visit in `slot` starts at `replica`; its `SHARE_END` says how much work it has, and is set to its end. */
  add(replica: number, slot: number): void {
    const visits = this.#visits;
    this.#advance(replica);
    const clock = this.#replicas[REALS_PER_REPLICA * replica + CLOCK]!;
    visits.setSeconds(slot, SHARE_END, clock + visits.seconds(slot, SHARE_END));
    visits.setSeconds(slot, SHARE_TURN, this.#nextTurn++);
    visits.setWord(slot, CHILD, NONE);
    visits.setWord(slot, SIBLING, NONE);
    this.#setRunning(replica, this.#replicas[REALS_PER_REPLICA * replica + RUNNING]! + 1);
    const top = this.#top[replica]!;
    this.#top[replica] = top === NONE ? slot : this.#meld(top, slot);
  }

  /** The job of `replica` that ends next, or NONE. */
  next(replica: number): number {
    return this.#top[replica]!;
  }

  /** When the next job of `replica` ends if none comes before; there must be one. */
  nextEndSeconds(replica: number): number {
    const { nowSeconds } = this.#agenda;
    this.#advance(replica);
    const at = REALS_PER_REPLICA * replica;
    const left = this.#visits.seconds(this.#top[replica]!, SHARE_END) - this.#replicas[at + CLOCK]!;
    if (this.#replicas[at + STANDS_STILL] !== 0) {
      if (left <= ROUNDING_SECONDS) return nowSeconds;
      return this.#serviceClock!.reachSeconds(replica, nowSeconds, left, this.#replicas[at + RUNNING]!);
    }
    return left <= 0 ? nowSeconds : nowSeconds + left / this.#replicas[at + RATE]!;
  }

  /** Seconds of work done at `replica` until now. */
  workedSeconds(replica: number, nowSeconds: number): number {
    this.#advanceTo(replica, nowSeconds);
    return this.#replicas[REALS_PER_REPLICA * replica + WORKED]!;
  }

  /** Takes out the next job, which ends now: the clock was read just before, by `nextEndSeconds`. */
  removeNext(replica: number): void {
    const top = this.#top[replica]!;
    const at = REALS_PER_REPLICA * replica;
    const running = this.#replicas[at + RUNNING]! - 1;
    this.#setRunning(replica, running);
    this.#top[replica] = this.#meldChildren(top);
    // An idle replica starts from 0 again: a small clock keeps its precision.
    this.#replicas[at + CLOCK] = running === 0 ? 0 : this.#visits.seconds(top, SHARE_END);
  }

  #setRunning(replica: number, running: number): void {
    const at = REALS_PER_REPLICA * replica;
    const servers = this.#replicas[at + SERVERS]!;
    this.#replicas[at + RUNNING] = running;
    this.#replicas[at + RATE] = running <= servers ? 1 : servers / running;
  }

  /** Moves the virtual clock to now. */
  #advance(replica: number): void {
    const { nowSeconds } = this.#agenda;
    if (this.#replicas[REALS_PER_REPLICA * replica + READ_AT] !== nowSeconds) this.#advanceTo(replica, nowSeconds);
  }

  #advanceTo(replica: number, nowSeconds: number): void {
    const replicas = this.#replicas;
    const at = REALS_PER_REPLICA * replica;
    const fromSeconds = replicas[at + READ_AT]!;
    replicas[at + READ_AT] = nowSeconds;
    const running = replicas[at + RUNNING]!;
    const standsStill = replicas[at + STANDS_STILL] !== 0;
    if (running === 0) {
      if (standsStill) this.#serviceClock!.wake(replica, nowSeconds);
      return;
    }
    const progress = standsStill
      ? this.#serviceClock!.advance(replica, fromSeconds, nowSeconds, running)
      : (nowSeconds - fromSeconds) * replicas[at + RATE]!;
    replicas[at + CLOCK] = replicas[at + CLOCK]! + progress;
    replicas[at + WORKED] = replicas[at + WORKED]! + progress * running;
  }

  /** The earlier of two tops takes the other as its first child. */
  #meld(a: number, b: number): number {
    const visits = this.#visits;
    const endA = visits.seconds(a, SHARE_END);
    const endB = visits.seconds(b, SHARE_END);
    const isAFirst = endA < endB || (endA === endB && visits.seconds(a, SHARE_TURN) < visits.seconds(b, SHARE_TURN));
    const top = isAFirst ? a : b;
    const under = isAFirst ? b : a;
    visits.setWord(under, SIBLING, visits.word(top, CHILD));
    visits.setWord(top, CHILD, under);
    return top;
  }

  /** Two passes: pairs from left to right, then the pairs from right to left. */
  #meldChildren(top: number): number {
    const visits = this.#visits;
    let pairs = NONE;
    let at = visits.word(top, CHILD);
    while (at !== NONE) {
      const other = visits.word(at, SIBLING);
      if (other === NONE) {
        visits.setWord(at, SIBLING, pairs);
        pairs = at;
        break;
      }
      const rest = visits.word(other, SIBLING);
      const pair = this.#meld(at, other);
      visits.setWord(pair, SIBLING, pairs);
      pairs = pair;
      at = rest;
    }
    if (pairs === NONE) return NONE;
    let heap = pairs;
    at = visits.word(pairs, SIBLING);
    while (at !== NONE) {
      const rest = visits.word(at, SIBLING);
      heap = this.#meld(heap, at);
      at = rest;
    }
    visits.setWord(heap, SIBLING, NONE);
    return heap;
  }
}
