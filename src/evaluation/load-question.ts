import type { LabelledLoad } from "../contracts/labels.ts";
import type { TrafficVerdict } from "./alarms.ts";
import type { Cases, EvaluationRules } from "./cases.ts";
import { type Interval, overlapSeconds, overlapShare } from "./intervals.ts";
import type { Matching } from "./match-events.ts";
import { type Estimate, proportion } from "./statistics.ts";

/** Load is not a fault: what was said of one time of unusual load. */
export interface LoadRow {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** False alarms that opened in it or while it settled. */
  readonly falseAlarms: number;
  readonly isSilent: boolean;
  /** A "traffic" verdict was in force at some time of it. */
  readonly hasTrafficVerdict: boolean;
  /** The station that verdict named, if any. */
  readonly bottleneckNode: string | null;
  /** Performance faults in it: with these, silence was not wanted. */
  readonly faults: number;
}

export interface LoadRecall {
  readonly load: string;
  readonly faults: number;
  readonly recall: Estimate;
}

export interface LoadQuestion {
  readonly rows: readonly LoadRow[];
  /** Silent ones of the loads without a fault. */
  readonly silent: Estimate;
  /** Recall by the load that the larger part of the fault fell into: it should not depend on it. */
  readonly recallByLoad: readonly LoadRecall[];
}

export const USUAL_LOAD = "usual load";

export function loadQuestion(
  loads: readonly LabelledLoad[],
  cases: Cases,
  matching: Matching,
  verdicts: readonly TrafficVerdict[],
  rules: EvaluationRules,
): LoadQuestion {
  const rows = loads.map((load): LoadRow => {
    const until = load.end + rules.settleSeconds;
    const isIn = (seconds: number) => seconds >= load.start && seconds <= until;
    const verdict = verdicts.filter((row) => row.openedSeconds <= until && row.resolvedSeconds >= load.start);
    const falseAlarms = matching.falseAlarms.filter((alarm) => isIn(alarm.openedSeconds)).length;
    const interval: Interval = [load.start, load.end];
    return {
      name: nameOfLoad(load),
      start: load.start,
      end: load.end,
      falseAlarms,
      isSilent: falseAlarms === 0,
      hasTrafficVerdict: verdict.length > 0,
      bottleneckNode: verdict.find((row) => row.bottleneckNode !== null)?.bottleneckNode ?? null,
      faults: cases.performance.filter(({ fault }) => overlapSeconds([fault.start, fault.end], [interval]) > 0).length,
    };
  });
  const faultless = rows.filter((row) => row.faults === 0);
  return {
    rows,
    silent: proportion(faultless.filter((row) => row.isSilent).length, faultless.length),
    recallByLoad: recallByLoad(loads, cases, matching),
  };
}

function recallByLoad(loads: readonly LabelledLoad[], cases: Cases, matching: Matching): LoadRecall[] {
  const detected = new Set(matching.detections.map((row) => row.fault));
  const groups = Map.groupBy(cases.performance, ({ fault }) => {
    const load = loads.find((row) => overlapShare([fault.start, fault.end], [[row.start, row.end]]) >= 0.5);
    return load === undefined ? USUAL_LOAD : nameOfLoad(load);
  });
  return [...groups]
    .map(([load, group]) => ({
      load,
      faults: group.length,
      recall: proportion(group.filter((row) => detected.has(row)).length, group.length),
    }))
    .toSorted((a, b) => (a.load < b.load ? -1 : 1));
}

function nameOfLoad(load: LabelledLoad): string {
  return `${load.shape} ×${load.factor}`;
}
