import { formatEstimate, markdownTable } from "./markdown-table.ts";
import type { EvaluationReport } from "./report-type.ts";
import { labelOf } from "./scorer-label.ts";

/** The subject beside itself with something left out: what each part is worth. */
export function renderAblations(report: EvaluationReport): string {
  if (report.ablations.length === 0) return "";
  const shown = [{ scorer: report.subject, what: "as shipped" }, ...report.ablations];
  const rows = shown.flatMap(({ scorer, what }) => {
    const row = report.scorers.find((candidate) => candidate.scorer === scorer);
    if (row === undefined) return [];
    const { detection, rootCauseAtEnd, onsetRanking, kinds } = row;
    return [
      [
        labelOf(row),
        what,
        formatEstimate(detection.f1, 2),
        formatEstimate(detection.falseAlarmsPerHour, 1),
        formatEstimate(rootCauseAtEnd.overAll.ac1, 2),
        formatEstimate(rootCauseAtEnd.overAll.avg5, 2),
        formatEstimate(kinds.accuracyAtEnd, 2),
        formatEstimate(onsetRanking.unshifted.ac1, 2),
        formatEstimate(onsetRanking.shifted.ac1, 2),
      ],
    ];
  });
  const shift = report.rules.onsetShiftSeconds;
  const header = [
    "scorer",
    "what it is",
    "F1",
    "false/h",
    "AC@1",
    "Avg@5",
    "kind",
    "AC@1 at onset",
    `AC@1, +${shift} s`,
  ];
  return ["## What each part is worth", "", markdownTable(header, rows)].join("\n");
}
