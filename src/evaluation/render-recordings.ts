import { ABSENT, formatEstimate, formatNumber, markdownTable } from "./markdown-table.ts";
import type { EvaluationReport } from "./report-type.ts";

/** A row a recording; nothing when there is only one. */
export function renderRecordings(report: EvaluationReport): string {
  if (report.recordings.length < 2) return "";
  return [
    "## Recording by recording",
    "",
    `${report.subject}:`,
    "",
    renderSubject(report),
    "",
    "F1 / AC@1 at the end, of every scorer:",
    "",
    renderScorers(report),
  ].join("\n");
}

function renderSubject(report: EvaluationReport): string {
  const subject = report.scorers.find((row) => row.isSubject);
  const rows = report.recordings.map((row, i) => {
    const score = subject!.byRecording[i]!;
    const { detection, rootCause } = score;
    return [
      row.recording,
      row.application ?? ABSENT,
      row.coveredHours.toFixed(2),
      formatNumber(row.firstVerdictSeconds, 0),
      `${detection.detected}/${detection.faults}`,
      `${detection.falseAlarms}`,
      formatEstimate(detection.precision, 2),
      formatEstimate(detection.f1, 2),
      formatEstimate(rootCause.ac1, 2),
      formatEstimate(rootCause.ac3, 2),
      formatNumber(score.delayMedianSeconds, 0),
    ];
  });
  const header = [
    "recording",
    "application",
    "hours",
    "ready after s",
    "found",
    "false",
    "precision",
    "F1",
    "AC@1",
    "AC@3",
    "delay p50 s",
  ];
  return markdownTable(header, rows);
}

function renderScorers(report: EvaluationReport): string {
  const rows = report.recordings.map((recording, i) => [
    recording.recording,
    ...report.scorers.map(({ byRecording }) => {
      const { detection, rootCause } = byRecording[i]!;
      return `${formatNumber(detection.f1.value, 2)} / ${formatNumber(rootCause.ac1.value, 2)}`;
    }),
  ]);
  return markdownTable(["recording", ...report.scorers.map((row) => row.scorer)], rows);
}
