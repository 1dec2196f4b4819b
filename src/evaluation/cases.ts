import type { LabelledFault, Labels } from "../contracts/labels.ts";
import { type Interval, overlapShare, secondsOutside, totalSeconds } from "./intervals.ts";
import { loadLevelOf } from "./load-level.ts";

export interface EvaluationRules {
  /** An incident may open this long after the fault's end and still count as finding it. */
  readonly detectionSlackSeconds: number;
  /** Up to this long after a fault's end an incident that found nothing is not called false. */
  readonly settleSeconds: number;
  /** Faults with less of their interval covered by data are left out by name. */
  readonly minimumCoverage: number;
  /** The later onset from which ranking is tried too. */
  readonly onsetShiftSeconds: number;
  /** Span of time after the onset over which node scores are averaged to rank. */
  readonly rankingSeconds: number;
  /** Data that a load without a fault needs to be a run of the load grid. */
  readonly minimumRunSeconds: number;
  /** An alarm this long after covered time is still of it: windows end later than the spans in them. */
  readonly coverageSlackSeconds: number;
}

export const DEFAULT_RULES: Omit<EvaluationRules, "settleSeconds"> = {
  detectionSlackSeconds: 120,
  minimumCoverage: 0.3,
  onsetShiftSeconds: 60,
  rankingSeconds: 60,
  minimumRunSeconds: 60,
  coverageSlackSeconds: 10,
};

/** A labelled fault with its name in the tables and how much of it there is data for. */
export interface FaultCase {
  /** `fault@service`, with `#2` and so on when it repeats. */
  readonly name: string;
  readonly fault: LabelledFault;
  /** Share of [start, end] covered, in [0, 1]. */
  readonly coverage: number;
  /** Name of the load at which it came. */
  readonly load: string;
}

/** The same for every scorer. */
export interface Cases {
  /** Performance faults with enough data: all totals are over these. */
  readonly performance: readonly FaultCase[];
  readonly codeDefects: readonly FaultCase[];
  /** Of either sort, with too little data. */
  readonly leftOut: readonly FaultCase[];
  /** When there was data. */
  readonly covered: readonly Interval[];
  readonly coveredHours: number;
  /** Covered time outside every fault and the time to detect it late or settle after it, hours. */
  readonly faultFreeHours: number;
}

/** Sorts the labelled faults into cases. `covered` is when there was data; the labels' own unless replayed in part. */
export function casesOf(labels: Labels, covered: readonly Interval[], rules: EvaluationRules): Cases {
  const seen = new Map<string, number>();
  const all = labels.faults.map((fault): FaultCase => {
    const plain = fault.service === "" ? fault.fault : `${fault.fault}@${fault.service}`;
    const count = (seen.get(plain) ?? 0) + 1;
    seen.set(plain, count);
    const name = count === 1 ? plain : `${plain}#${count}`;
    const coverage = overlapShare([fault.start, fault.end], covered);
    return { name, fault, coverage, load: loadLevelOf(fault, labels.loads ?? []) };
  });
  const kept = all.filter((row) => row.coverage >= rules.minimumCoverage);
  const afterwards = Math.max(rules.detectionSlackSeconds, rules.settleSeconds);
  const faulty = labels.faults.map((fault): Interval => [fault.start, fault.end + afterwards]);
  return {
    performance: kept.filter((row) => row.fault.performance),
    codeDefects: kept.filter((row) => !row.fault.performance),
    leftOut: all.filter((row) => row.coverage < rules.minimumCoverage),
    covered,
    coveredHours: totalSeconds(covered) / 3600,
    faultFreeHours: secondsOutside(covered, faulty) / 3600,
  };
}
