import type { EvaluationReport, ScorerReport } from "./report-type.ts";

/** What one baseline or ablation reached. */
export interface ScorerSummary {
  readonly f1: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly ac1: number | null;
  readonly ac3: number | null;
  readonly avg5: number | null;
  readonly ac1AtOpening: number | null;
  readonly ac1AtOnset: number | null;
  /** Of the faults that still last 60 s after their onset: ranked from then, and from the true onset. */
  readonly ac1Shifted: number | null;
  readonly ac1Unshifted: number | null;
  readonly kind: number | null;
  readonly falseAlarmsPerHour: number | null;
}

/**
 * The figures of a report that programs ask for. What cannot be told (a rate without a case, a delay without a find) is
 * null, never 0. AC@k and Avg@5 are of the list at the incident's end over all faults; "at onset" needs no incident.
 */
export interface EvaluationSummary extends ScorerSummary {
  readonly duplicates: number;
  readonly delayMedianSeconds: number | null;
  readonly delayP90Seconds: number | null;
  /** The same of faults whose guilty node had at least 50 visits a window. */
  readonly busyDelayMedianSeconds: number | null;
  readonly busyDelayP90Seconds: number | null;
  readonly faults: number;
  readonly found: number;
  readonly foundAfterEnd: number;
  readonly falseAlarms: number;
  readonly faultFreeHours: number;
  /** The longest time to the first verdict that could be given, of all recordings; null when one never could. */
  readonly firstVerdictSeconds: number | null;
  /** Loads of at least a minute without a fault, below saturation, and the false alarms in them. */
  readonly runs: number;
  readonly runFalseAlarms: number;
  readonly saturatedRuns: number;
  /** Of the saturated runs whose bottleneck is labelled: "traffic" said with that station, and no fault. */
  readonly saturatedRight: number | null;
  readonly baselines: Readonly<Record<string, ScorerSummary>>;
  readonly recordings: Readonly<Record<string, string>>;
  /** Those of them that the subject was trained or calibrated on: its figures there prove nothing. */
  readonly trainedOn: readonly string[];
  readonly seed: number;
}

/** @param report.scorers the subject and everything beside it, each under its name in `baselines` */
export function summaryOf(report: EvaluationReport): EvaluationSummary {
  const subject = report.scorers.find((row) => row.isSubject);
  if (subject === undefined) throw new RangeError(`no report of the subject "${report.subject}"`);
  const { delay, busyDelay, detection, load } = subject;
  return {
    ...scorerSummary(subject),
    duplicates: detection.duplicates,
    delayMedianSeconds: delay.medianSeconds.value,
    delayP90Seconds: delay.p90Seconds.value,
    busyDelayMedianSeconds: busyDelay.medianSeconds.value,
    busyDelayP90Seconds: busyDelay.p90Seconds.value,
    faults: detection.faults,
    found: detection.detected,
    foundAfterEnd: detection.detectedAfterEnd,
    falseAlarms: detection.falseAlarms,
    faultFreeHours: report.faultFreeHours,
    firstVerdictSeconds: slowestStart(report),
    runs: load.belowSaturation.runs,
    runFalseAlarms: load.belowSaturation.falseAlarms,
    saturatedRuns: load.aboveSaturation.runs,
    saturatedRight: load.rightVerdict.value,
    baselines: Object.fromEntries(
      report.scorers.filter((row) => !row.isSubject).map((row) => [row.scorer, scorerSummary(row)]),
    ),
    recordings: Object.fromEntries(report.recordings.map((row) => [row.recording, row.dataHash])),
    trainedOn: report.recordings.filter((row) => row.isTrainedOn).map((row) => row.recording),
    seed: report.provenance.seed,
  };
}

function slowestStart({ recordings }: EvaluationReport): number | null {
  const seconds = recordings.flatMap((row) => row.firstVerdictSeconds ?? []);
  return seconds.length < recordings.length ? null : Math.max(...seconds);
}

function scorerSummary(row: ScorerReport): ScorerSummary {
  const { detection, rootCauseAtEnd, rootCauseAtOpening, onsetRanking } = row;
  return {
    f1: detection.f1.value,
    precision: detection.precision.value,
    recall: detection.recall.value,
    ac1: rootCauseAtEnd.overAll.ac1.value,
    ac3: rootCauseAtEnd.overAll.ac3.value,
    avg5: rootCauseAtEnd.overAll.avg5.value,
    ac1AtOpening: rootCauseAtOpening.overAll.ac1.value,
    ac1AtOnset: onsetRanking.atOnset.ac1.value,
    ac1Shifted: onsetRanking.shifted.ac1.value,
    ac1Unshifted: onsetRanking.unshifted.ac1.value,
    kind: row.kinds.accuracyAtEnd.value,
    falseAlarmsPerHour: detection.falseAlarmsPerHour.value,
  };
}
