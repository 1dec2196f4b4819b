import type { Comparison, ScorerReport } from "./report-type.ts";

interface Measure {
  readonly name: string;
  readonly isHigherBetter: boolean;
  readonly read: (report: ScorerReport) => number | null;
}

/** All are over the same cases for every scorer, so that finding only the easy faults wins nothing. */
const MEASURES: readonly Measure[] = [
  { name: "precision", isHigherBetter: true, read: (row) => row.detection.precision.value },
  { name: "recall", isHigherBetter: true, read: (row) => row.detection.recall.value },
  { name: "F1", isHigherBetter: true, read: (row) => row.detection.f1.value },
  { name: "false alarms per hour", isHigherBetter: false, read: (row) => row.detection.falseAlarmsPerHour.value },
  { name: "median delay over all faults", isHigherBetter: false, read: (row) => row.delay.medianOverAllSeconds },
  { name: "AC@1 at opening", isHigherBetter: true, read: (row) => row.rootCauseAtOpening.overAll.ac1.value },
  { name: "Avg@5 at opening", isHigherBetter: true, read: (row) => row.rootCauseAtOpening.overAll.avg5.value },
  { name: "AC@1 at the end", isHigherBetter: true, read: (row) => row.rootCauseAtEnd.overAll.ac1.value },
  { name: "Avg@5 at the end", isHigherBetter: true, read: (row) => row.rootCauseAtEnd.overAll.avg5.value },
  { name: "AC@1 given the onset", isHigherBetter: true, read: (row) => row.onsetRanking.atOnset.ac1.value },
  { name: "Avg@5 given the onset", isHigherBetter: true, read: (row) => row.onsetRanking.atOnset.avg5.value },
  { name: "AC@1 with the onset shifted", isHigherBetter: true, read: (row) => row.onsetRanking.shifted.ac1.value },
  { name: "Avg@5 with the onset shifted", isHigherBetter: true, read: (row) => row.onsetRanking.shifted.avg5.value },
  { name: "loads kept silent", isHigherBetter: true, read: (row) => row.load.all.silent.value },
];

/** The subject against the best baseline, measure by measure. */
export function compareScorers(reports: readonly ScorerReport[]): Comparison[] {
  const subject = reports.find((report) => report.isSubject);
  const baselines = reports.filter((report) => !report.isSubject);
  return MEASURES.map((measure): Comparison => {
    const isBetter = (a: number, b: number) => (measure.isHigherBetter ? a > b : a < b);
    let bestBaseline: string | null = null;
    let bestValue: number | null = null;
    for (const report of baselines) {
      const value = measure.read(report);
      if (value === null || (bestValue !== null && !isBetter(value, bestValue))) continue;
      bestBaseline = report.scorer;
      bestValue = value;
    }
    const subjectValue = subject === undefined ? null : measure.read(subject);
    return {
      measure: measure.name,
      isHigherBetter: measure.isHigherBetter,
      subjectValue,
      bestBaseline,
      bestBaselineValue: bestValue,
      isBaselineBetter: bestValue !== null && (subjectValue === null || isBetter(bestValue, subjectValue)),
    };
  });
}
