import type { Cases } from "./cases.ts";
import type { Matching } from "./match-events.ts";
import { type Estimate, NO_ESTIMATE, poissonRate, proportion } from "./statistics.ts";

export interface DetectionRates {
  readonly faults: number;
  readonly detected: number;
  /** Of these, found after their end only: where faults follow each other closely the slack gives such finds away. */
  readonly detectedAfterEnd: number;
  readonly falseAlarms: number;
  readonly duplicates: number;
  readonly ignored: number;
  /** True detections of true detections and false alarms; duplicates count for neither. */
  readonly precision: Estimate;
  readonly recall: Estimate;
  readonly f1: Estimate;
  /** False alarms per hour of covered time without a fault. */
  readonly falseAlarmsPerHour: Estimate;
}

export function detectionRates(matching: Matching, cases: Cases): DetectionRates {
  const detected = matching.detections.length;
  const falseAlarms = matching.falseAlarms.length;
  const faults = cases.performance.length;
  return {
    faults,
    detected,
    detectedAfterEnd: matching.detections.filter(({ fault, alarm }) => alarm.openedSeconds > fault.fault.end).length,
    falseAlarms,
    duplicates: matching.duplicates.length,
    ignored: matching.ignored.length,
    precision: proportion(detected, detected + falseAlarms),
    recall: proportion(detected, faults),
    f1: f1Of(detected, falseAlarms, faults - detected),
    falseAlarmsPerHour: poissonRate(falseAlarms, cases.faultFreeHours),
  };
}

/** F1 = 2J/(1 + J) with J = hits / (hits + false + missed), a proportion: Wilson's bounds of J, carried over. */
function f1Of(hits: number, falseAlarms: number, missed: number): Estimate {
  const jaccard = proportion(hits, hits + falseAlarms + missed);
  if (jaccard.value === null || jaccard.low === null || jaccard.high === null) return NO_ESTIMATE;
  const f1 = (share: number) => (2 * share) / (1 + share);
  return { value: f1(jaccard.value), low: f1(jaccard.low), high: f1(jaccard.high) };
}
