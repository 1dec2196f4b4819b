import { ABSENT, formatNumber, markdownTable } from "./markdown-table.ts";
import type { CaseRow, EvaluationReport } from "./report-type.ts";

/** Every performance fault by name, then code defects in their own table, then what was left out. */
export function renderCases(report: EvaluationReport): string {
  return [renderOutcomes(report), renderCodeDefects(report), renderLeftOut(report.leftOut)]
    .filter((section) => section !== "")
    .join("\n\n");
}

function renderOutcomes(report: EvaluationReport): string {
  const rows = report.cases.map((row, i) => [
    row.name,
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

function renderCodeDefects(report: EvaluationReport): string {
  if (report.codeDefects.length === 0) return "";
  const rows = report.codeDefects.map((row) => [
    row.name,
    ...report.scorers.map((scorer) => (scorer.codeDefectNames.includes(row.name) ? "alarm" : "quiet")),
  ]);
  return [
    "## Code defects, in no total",
    "",
    "An early return or an exception is no performance fault: neither an alarm nor silence is wrong here.",
    "",
    markdownTable(["case", ...report.scorers.map((row) => row.scorer)], rows),
  ].join("\n");
}

function renderLeftOut(rows: readonly CaseRow[]): string {
  if (rows.length === 0) return "";
  const lines = rows.map((row) => `* ${row.name}: ${(100 * row.coverage).toFixed(0)} % of its interval has data`);
  return ["## Left out for want of data", "", ...lines].join("\n");
}
