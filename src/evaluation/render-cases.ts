import { ABSENT, formatNumber, markdownTable } from "./markdown-table.ts";
import type { CaseRow, EvaluationReport } from "./report-type.ts";

/** Every performance fault by name, then what else was said, code defects in their own table, and what was left out. */
export function renderCases(report: EvaluationReport): string {
  return [
    renderOutcomes(report),
    renderIncidents(report),
    renderFalseAlarms(report),
    renderCodeDefects(report),
    renderLeftOut(report),
  ]
    .filter((section) => section !== "")
    .join("\n\n");
}

function nameIn(report: EvaluationReport, row: { readonly recording: string; readonly name: string }): string {
  return report.recordings.length === 1 ? row.name : `${row.recording}: ${row.name}`;
}

function renderOutcomes(report: EvaluationReport): string {
  if (report.cases.length === 0) return "";
  const rows = report.cases.map((row, i) => [
    nameIn(report, row),
    formatNumber(row.coverage, 2),
    ...report.scorers.map((scorer) => {
      const outcome = scorer.outcomes[i]!;
      if (outcome.delaySeconds === null) return "missed";
      const rank = outcome.hitsAtEnd.indexOf(1);
      return `${outcome.delaySeconds.toFixed(0)} s, rank ${rank < 0 ? ABSENT : rank + 1}`;
    }),
  ]);
  return [
    "## Case by case: delay, and rank of the guilty node at the end",
    "",
    markdownTable(["case", "covered", ...report.scorers.map((row) => row.scorer)], rows),
  ].join("\n");
}

/** What the subject said of each fault, and where to look at it. */
function renderIncidents(report: EvaluationReport): string {
  const outcomes = report.scorers.find((row) => row.isSubject)?.outcomes ?? [];
  if (outcomes.length === 0) return "";
  const rows = outcomes.map((outcome, i) => {
    const row = report.cases[i]!;
    return [
      nameIn(report, row),
      timeOf(row.start),
      row.load,
      formatNumber(row.visitsPerWindow, 0),
      outcome.named ?? ABSENT,
      outcome.kind ?? "missed",
      outcome.incidentPath === null ? ABSENT : `\`${outcome.incidentPath}\``,
    ];
  });
  const header = ["case", "began, UTC", "load", "visits a window", "named at opening", "kind at the end", "incident"];
  return [
    `## Incidents of ${report.subject}`,
    "",
    "The last column is the address below the page of `spantwin attach` or `demo` that shows the incident when the same " +
      "spans are sent there.",
    "",
    markdownTable(header, rows),
  ].join("\n");
}

function renderFalseAlarms(report: EvaluationReport): string {
  const alarms = report.scorers.find((row) => row.isSubject)?.falseAlarms ?? [];
  if (alarms.length === 0) return "";
  const rows = alarms.map((row) => [
    row.recording,
    timeOf(row.openedSeconds),
    row.named,
    row.kind,
    `\`${row.incidentPath}\``,
  ]);
  const header = ["recording", "opened, UTC", "named", "kind", "incident"];
  return [`## False alarms of ${report.subject}`, "", markdownTable(header, rows)].join("\n");
}

function timeOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ");
}

function renderCodeDefects(report: EvaluationReport): string {
  if (report.codeDefects.length === 0) return "";
  const rows = report.codeDefects.map((row, i) => [
    nameIn(report, row),
    ...report.scorers.map((scorer) => (scorer.codeDefectAlarms[i] === true ? "alarm" : "quiet")),
  ]);
  return [
    "## Code defects, in no total",
    "",
    "An early return or an exception is no performance fault: neither an alarm nor silence is wrong here.",
    "",
    markdownTable(["case", ...report.scorers.map((row) => row.scorer)], rows),
  ].join("\n");
}

function renderLeftOut(report: EvaluationReport): string {
  if (report.leftOut.length === 0) return "";
  const text = (row: CaseRow) =>
    `* ${nameIn(report, row)}: ${(100 * row.coverage).toFixed(0)} % of its interval has data`;
  return ["## Left out for want of data", "", ...report.leftOut.map(text)].join("\n");
}
