import { exponential, normal, stream } from "../../../twin/kernel/random.ts";

/**
 * A single station that shares no code with the twin's kernel: each visit's remaining work is counted down from event to
 * event. `workers` are admitted in order of arrival and share `cpus`: FIFO(c) is workers = cpus = c, PS(c) has no limit of
 * workers, and a thread pool in front of a CPU has both.
 */
export interface TruthStation {
  readonly workers: number;
  readonly cpus: number;
}

export const fifoTruth = (count: number): TruthStation => ({ workers: count, cpus: count });
export const psTruth = (count: number): TruthStation => ({ workers: Number.POSITIVE_INFINITY, cpus: count });
export const threadsTruth = (workers: number, cpus: number): TruthStation => ({ workers, cpus });

export interface Work {
  readonly seed: number;
  readonly count: number;
  /** Offered load / capacity of each stretch of the run, all of the same number of visits. */
  readonly levels: readonly number[];
  readonly meanSeconds: number;
  /** Standard deviation / mean of lognormal service times. */
  readonly variation: number;
  /** Correlation of the logarithms of consecutive service times. Default 0. */
  readonly correlation?: number;
  /** Time for which the i-th visit waits for calls, its server held. Default: none. */
  readonly callSeconds?: (visit: number) => number;
  /** Now and then all work stands still. Default: never. */
  readonly pauses?: { readonly perSecond: number; readonly durationSeconds: number };
}

/** In order of arrival, seconds. */
export interface TrueVisits {
  readonly arrivals: Float64Array;
  /** When a worker took the visit up. */
  readonly starts: Float64Array;
  readonly departures: Float64Array;
  readonly serviceSeconds: Float64Array;
  /** Work done / capacity. */
  readonly utilization: number;
}

export function runTruth(station: TruthStation, work: Work): TrueVisits {
  const arrivals = arrivalsOf(station, work);
  const serviceSeconds = servicesOf(work);
  const n = work.count;
  const starts = new Float64Array(n);
  const departures = new Float64Array(n);
  const { callSeconds = () => 0 } = work;
  const remaining = serviceSeconds.map((seconds, i) => seconds + callSeconds(i));
  const present: number[] = [];
  const pauses = pausesOf(work);
  let now = arrivals[0]!;
  let next = 0;
  for (let left = n; left > 0; ) {
    const admitted = Math.min(present.length, station.workers);
    const isPaused = pauses.isPausedAt(now);
    const rate = isPaused || admitted === 0 ? 0 : Math.min(1, station.cpus / admitted);
    let first = -1;
    for (let k = 0; k < admitted; k++) {
      if (first < 0 || remaining[present[k]!]! < remaining[present[first]!]!) first = k;
    }
    const completion = rate > 0 ? now + remaining[present[first]!]! / rate : Number.POSITIVE_INFINITY;
    const arrival = next < n ? arrivals[next]! : Number.POSITIVE_INFINITY;
    const until = Math.min(completion, arrival, pauses.nextChange(now));
    for (let k = 0; k < admitted; k++) remaining[present[k]!] = remaining[present[k]!]! - rate * (until - now);
    now = until;
    if (until === completion) {
      departures[present[first]!] = now;
      present.splice(first, 1);
      left--;
      if (present.length >= station.workers) starts[present[station.workers - 1]!] = now;
    } else if (until === arrival) {
      if (present.length < station.workers) starts[next] = now;
      present.push(next++);
    }
  }
  const capacitySeconds = Math.min(station.workers, station.cpus) * (now - arrivals[0]!);
  const utilization = serviceSeconds.reduce((sum, each) => sum + each, 0) / capacitySeconds;
  return { arrivals, starts, departures, serviceSeconds, utilization };
}

function arrivalsOf(station: TruthStation, work: Work): Float64Array {
  const random = stream(work.seed, "truth", "arrivals");
  const capacity = (Number.isFinite(station.cpus) ? station.cpus : 4) / work.meanSeconds;
  let at = 0;
  return Float64Array.from({ length: work.count }, (_, i) => {
    const level = work.levels[Math.floor((i * work.levels.length) / work.count)]!;
    at += exponential(random, 1 / (level * capacity));
    return at;
  });
}

function servicesOf({ seed, count, meanSeconds, variation, correlation = 0 }: Work): Float64Array {
  const random = stream(seed, "truth", "service");
  const sigma = Math.sqrt(Math.log(1 + variation * variation));
  let state = normal(random, 0, 1);
  return Float64Array.from({ length: count }, () => {
    state = correlation * state + Math.sqrt(1 - correlation * correlation) * normal(random, 0, 1);
    return meanSeconds * Math.exp(sigma * state - (sigma * sigma) / 2);
  });
}

function pausesOf({ seed, pauses }: Work) {
  if (pauses === undefined) {
    return { isPausedAt: () => false, nextChange: () => Number.POSITIVE_INFINITY };
  }
  const random = stream(seed, "truth", "pauses");
  const { perSecond, durationSeconds } = pauses;
  let begin = exponential(random, 1 / perSecond);
  const skip = (now: number): void => {
    while (now >= begin + durationSeconds) begin += durationSeconds + exponential(random, 1 / perSecond);
  };
  return {
    isPausedAt: (now: number) => {
      skip(now);
      return now >= begin;
    },
    nextChange: (now: number) => {
      skip(now);
      return now >= begin ? begin + durationSeconds : begin;
    },
  };
}
