import { formatEstimate, formatNumber, markdownTable } from "../../src/evaluation/markdown-table.ts";
import type { EvaluationReport, ScorerReport } from "../../src/evaluation/report-type.ts";
import { labelOf } from "../../src/evaluation/scorer-label.ts";

/** Every scorer in a row, what matters most in the columns; the table of the README. */
export function shortTable(report: EvaluationReport): string {
  const rows = report.scorers.map((row) => [
    labelOf(row),
    `${row.detection.detected}/${row.detection.faults}`,
    formatEstimate(row.detection.precision, 2),
    formatEstimate(row.detection.f1, 2),
    formatEstimate(row.rootCauseAtEnd.overAll.ac1, 2),
    formatEstimate(row.rootCauseAtEnd.overAll.ac3, 2),
    formatNumber(row.kinds.accuracyAtEnd.value, 2),
    formatNumber(row.onsetRanking.unshifted.ac1.value, 2),
    formatNumber(row.onsetRanking.shifted.ac1.value, 2),
    formatNumber(row.detection.falseAlarmsPerHour.value, 1),
    delaysOf(row),
  ]);
  const shift = report.rules.onsetShiftSeconds;
  const header = [
    "scorer",
    "found",
    "precision",
    "F1",
    "AC@1",
    "AC@3",
    "kind",
    "AC@1 at onset",
    `+${shift} s`,
    "false/h",
    "delay p50, p90 s",
  ];
  return markdownTable(header, rows);
}

function delaysOf({ delay }: ScorerReport): string {
  return `${formatNumber(delay.medianSeconds.value, 0)}, ${formatNumber(delay.p90Seconds.value, 0)}`;
}
