import type { Matching } from "./match-events.ts";
import { bootstrap, type Estimate, quantileOf } from "./statistics.ts";

export interface DelaySummary {
  readonly count: number;
  /** Opening − start of the faults that were found, seconds. */
  readonly medianSeconds: Estimate;
  readonly p90Seconds: Estimate;
  /** Median over all faults, one missed counting as never: the same cases for every scorer. Null when it is never. */
  readonly medianOverAllSeconds: number | null;
}

export function delaySummary(matching: Matching, seed: number): DelaySummary {
  const delays = matching.detections.map(({ fault, alarm }) => alarm.openedSeconds - fault.fault.start);
  const overAll = quantileOf([...delays, ...matching.missed.map(() => Number.POSITIVE_INFINITY)], 0.5);
  return {
    count: delays.length,
    medianSeconds: bootstrap(delays, (sample) => quantileOf(sample, 0.5), seed),
    p90Seconds: bootstrap(delays, (sample) => quantileOf(sample, 0.9), seed),
    medianOverAllSeconds: Number.isFinite(overAll) ? overAll : null,
  };
}
