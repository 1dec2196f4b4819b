import { EventHeap } from "./event-heap.ts";
import type { SelfIntervals } from "./self-intervals.ts";

/** What a station of a given structure must have done to each visit; columns in order of arrival, seconds. */
export interface Inversion {
  readonly startSeconds: Float64Array;
  /** Departure − start: how long the visit held a server. */
  readonly holdSeconds: Float64Array;
  /** Own work, without waiting, sharing and calls. Negative where the structure contradicts what was seen. */
  readonly serviceSeconds: Float64Array;
  /** Share of the visits that the structure contradicts, beyond rounding. */
  readonly violationShare: number;
}

/** Unix times in a double are known to 0.24 µs; a service time is the difference of two. */
const ROUNDING_SECONDS = 1e-6;

/**
 * FIFO with `serverCount` servers, each held over the whole visit. A visit starts when fewer than c of the earlier ones
 * are left: at the c-th largest departure among them, or at its arrival if that is later. Exact when every visit of the
 * station was seen; O(n log c).
 *
 * @param arrivals ascending. @param childSeconds time each visit waited for its calls; null when it made none.
 * @throws {RangeError} when arrivals are not ascending or the server count is not whole and ≥ 1.
 */
export function invertFifo(
  arrivals: Float64Array,
  departures: Float64Array,
  childSeconds: Float64Array | null,
  serverCount: number,
): Inversion {
  if (!(Number.isInteger(serverCount) && serverCount >= 1))
    throw new RangeError(`serverCount: ${serverCount} must be whole and ≥ 1`);
  checkAscending(arrivals);
  const n = arrivals.length;
  const startSeconds = new Float64Array(n);
  // Heap of the c largest departures so far, the least on top: when the next server falls free.
  const freeSeconds = new Float64Array(Math.min(serverCount, n)).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < n; i++) {
    const isFull = i >= serverCount;
    startSeconds[i] = isFull && freeSeconds[0]! > arrivals[i]! ? freeSeconds[0]! : arrivals[i]!;
    if (departures[i]! > freeSeconds[0]!) replaceTop(freeSeconds, departures[i]!);
  }
  return inversion(startSeconds, departures, childSeconds);
}

/** Infinite servers: a visit starts when it arrives. */
export function invertDelay(
  arrivals: Float64Array,
  departures: Float64Array,
  childSeconds: Float64Array | null,
): Inversion {
  checkAscending(arrivals);
  return inversion(arrivals.slice(), departures, childSeconds);
}

/**
 * Processor sharing of `serverCount` servers (real-valued: a CPU quota). While n visits do own work each gets
 * min(1, c/n) seconds of it a second; a visit's service is that rate integrated over its stay. O(n log n).
 *
 * Without calls it is exact. With calls, when each visit did own work is not known: every visit present is taken to do so
 * with the share of its stay that is own time, independently of the others, and the rate is the mean over that.
 * For exactness give the self intervals as visits of their own (`invertPsIntervals`).
 *
 * @throws {RangeError} when arrivals are not ascending or the server count is not > 0.
 */
export function invertPs(
  arrivals: Float64Array,
  departures: Float64Array,
  serverCount: number,
  childSeconds: Float64Array | null = null,
): Inversion {
  if (!(serverCount > 0)) throw new RangeError(`serverCount: ${serverCount} must be > 0`);
  checkAscending(arrivals);
  const n = arrivals.length;
  const serviceSeconds = new Float64Array(n);
  const shares = selfShares(arrivals, departures, childSeconds);
  const leaving = new EventHeap(256);
  const clock = new SharedClock(serverCount);
  const closeNext = (): void => {
    const seconds = leaving.nextSeconds;
    const visit = leaving.take();
    clock.leave(seconds, shares[visit]!);
    serviceSeconds[visit] = shares[visit]! * (clock.seconds - serviceSeconds[visit]!);
  };
  for (let i = 0; i < n; i++) {
    const arrival = arrivals[i]!;
    while (leaving.nextSeconds <= arrival) closeNext();
    clock.enter(arrival, shares[i]!);
    // Holds the clock at arrival until the visit leaves.
    serviceSeconds[i] = clock.seconds;
    leaving.add(Math.max(arrival, departures[i]!), i);
  }
  while (leaving.size > 0) closeNext();
  let violations = 0;
  const holdSeconds = departures.map((departure, i) => departure - arrivals[i]!);
  for (let i = 0; i < n; i++) {
    if (holdSeconds[i]! < -ROUNDING_SECONDS) {
      violations++;
      serviceSeconds[i] = holdSeconds[i]!;
    }
  }
  return { startSeconds: arrivals.slice(), holdSeconds, serviceSeconds, violationShare: n === 0 ? 0 : violations / n };
}

/** Service time of each of `visitCount` visits at a PS station, from their self intervals: exact with calls, too. */
export function invertPsIntervals(intervals: SelfIntervals, visitCount: number, serverCount: number): Float64Array {
  const parts = invertPs(intervals.startSeconds, intervals.endSeconds, serverCount).serviceSeconds;
  const serviceSeconds = new Float64Array(visitCount);
  for (let k = 0; k < parts.length; k++) {
    const visit = intervals.visit[k]!;
    serviceSeconds[visit] = serviceSeconds[visit]! + parts[k]!;
  }
  return serviceSeconds;
}

/** Virtual clock of a shared station, with the visits present and the sum of their self shares. */
class SharedClock {
  readonly #serverCount: number;
  #present = 0;
  #shareSum = 0;
  #rate = 1;
  #readSeconds = 0;
  seconds = 0;

  constructor(serverCount: number) {
    this.#serverCount = serverCount;
  }

  enter(nowSeconds: number, share: number): void {
    this.#change(nowSeconds, 1, share);
  }

  leave(nowSeconds: number, share: number): void {
    this.#change(nowSeconds, -1, -share);
  }

  #change(nowSeconds: number, count: number, share: number): void {
    if (this.#present > 0) this.seconds += (nowSeconds - this.#readSeconds) * this.#rate;
    this.#readSeconds = nowSeconds;
    this.#present += count;
    this.#shareSum = this.#present === 0 ? 0 : this.#shareSum + share;
    this.#rate = sharedRate(this.#serverCount, this.#present, this.#shareSum / this.#present);
  }
}

/** Beyond this many visits the mean stands for the distribution. */
const BINOMIAL_MAX = 64;

/** Mean of min(1, c/k) for a visit at work, k − 1 of the `present − 1` others being at work with chance `share` each. */
function sharedRate(servers: number, present: number, share: number): number {
  if (present <= servers) return 1;
  const others = present - 1;
  if (share > 0.999 || others > BINOMIAL_MAX) return Math.min(1, servers / (1 + others * share));
  const odds = share / (1 - share);
  let chance = (1 - share) ** others;
  let rate = 0;
  for (let k = 0; k <= others; k++) {
    rate += chance * Math.min(1, servers / (k + 1));
    chance *= (odds * (others - k)) / (k + 1);
  }
  return rate;
}

function selfShares(arrivals: Float64Array, departures: Float64Array, childSeconds: Float64Array | null): Float64Array {
  const shares = new Float64Array(arrivals.length).fill(1);
  if (childSeconds === null) return shares;
  for (let i = 0; i < shares.length; i++) {
    const stay = departures[i]! - arrivals[i]!;
    if (stay > 0) shares[i] = Math.min(1, Math.max(0, 1 - childSeconds[i]! / stay));
  }
  return shares;
}

function inversion(startSeconds: Float64Array, departures: Float64Array, childSeconds: Float64Array | null): Inversion {
  const n = startSeconds.length;
  const holdSeconds = new Float64Array(n);
  const serviceSeconds = new Float64Array(n);
  let violations = 0;
  for (let i = 0; i < n; i++) {
    const hold = departures[i]! - startSeconds[i]!;
    const service = childSeconds === null ? hold : hold - childSeconds[i]!;
    holdSeconds[i] = hold;
    serviceSeconds[i] = service;
    if (service < -ROUNDING_SECONDS) violations++;
  }
  return { startSeconds, holdSeconds, serviceSeconds, violationShare: n === 0 ? 0 : violations / n };
}

function replaceTop(heap: Float64Array, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}

function checkAscending(arrivals: Float64Array): void {
  for (let i = 0; i < arrivals.length; i++) {
    if (!(i === 0 ? Number.isFinite(arrivals[0]!) : arrivals[i]! >= arrivals[i - 1]!)) {
      throw new RangeError(`arrivals[${i}]: ${arrivals[i]} must not be before the one in front`);
    }
  }
}
