import type { StationStructure } from "../../src/contracts/forecast.ts";
import { invertDelay, invertFifo, invertPs, invertPsIntervals } from "./inversion.ts";
import type { SelfIntervals } from "./self-intervals.ts";

/** The visits of one instance in order of arrival; seconds. */
export interface StationSample {
  readonly arrivals: Float64Array;
  readonly departures: Float64Array;
  /** Time each visit waited for its calls. */
  readonly childSeconds: Float64Array;
  /** Kind of work of each visit (its operation): service times are compared after dividing by the mean of their class. */
  readonly classes: Uint32Array;
  /** 1 for visits whose service times are compared; the others only take part in the queue. Default: all. */
  readonly isCompared?: Uint8Array;
  /** When each visit did own work, where known: makes PS exact for visits with calls. */
  readonly selfIntervals?: SelfIntervals;
}

/** What a structure makes of the visits of an instance. */
export interface ImpliedServices {
  readonly serviceSeconds: Float64Array;
  /** Time between start and departure, calls included. */
  readonly heldSeconds: number;
  readonly violationCount: number;
  /** Sums of what is above and below zero, both without sign. */
  readonly positiveSeconds: number;
  readonly negativeSeconds: number;
}

export function implyServices(structure: StationStructure, sample: StationSample): ImpliedServices {
  const { arrivals, departures, childSeconds, selfIntervals } = sample;
  const { discipline, serverCount } = structure;
  if (discipline === "ps" && selfIntervals !== undefined) {
    const serviceSeconds = invertPsIntervals(selfIntervals, arrivals.length, serverCount);
    const heldSeconds = sum(departures) - sum(arrivals);
    const positiveSeconds = sum(serviceSeconds);
    return { serviceSeconds, heldSeconds, violationCount: 0, positiveSeconds, negativeSeconds: 0 };
  }
  const inverted =
    discipline === "fifo"
      ? invertFifo(arrivals, departures, childSeconds, serverCount)
      : discipline === "ps"
        ? invertPs(arrivals, departures, serverCount, childSeconds)
        : invertDelay(arrivals, departures, childSeconds);
  const { serviceSeconds, holdSeconds, violationShare } = inverted;
  const negativeSeconds = serviceSeconds.reduce((seconds, each) => seconds - Math.min(0, each), 0);
  return {
    serviceSeconds,
    heldSeconds: sum(holdSeconds),
    violationCount: violationShare * arrivals.length,
    positiveSeconds: sum(serviceSeconds) + negativeSeconds,
    negativeSeconds,
  };
}

/** Service times as multiples of the mean of their class. */
export function divideByClassMean(serviceSeconds: Float64Array, classes: Uint32Array): Float64Array {
  const totals = new Map<number, { sum: number; count: number }>();
  for (let i = 0; i < serviceSeconds.length; i++) {
    const total = totals.get(classes[i]!);
    if (total === undefined) totals.set(classes[i]!, { sum: serviceSeconds[i]!, count: 1 });
    else {
      total.sum += serviceSeconds[i]!;
      total.count++;
    }
  }
  return serviceSeconds.map((seconds, i) => {
    const { sum, count } = totals.get(classes[i]!)!;
    return sum > 0 ? (seconds * count) / sum : seconds;
  });
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

/** Most visits that were present at one time. */
export function mostInFlight({ arrivals, departures }: Pick<StationSample, "arrivals" | "departures">): number {
  const ends = departures.slice().sort();
  let most = 0;
  let gone = 0;
  for (let i = 0; i < arrivals.length; i++) {
    while (gone < ends.length && ends[gone]! <= arrivals[i]!) gone++;
    most = Math.max(most, i + 1 - gone);
  }
  return most;
}
