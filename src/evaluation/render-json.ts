import type { EvaluationReport } from "./report-type.ts";
import { summaryOf } from "./summary.ts";

/** The report as JSON with a newline at its end. Absent values are null; no value is NaN or infinite. */
export function renderJson(report: EvaluationReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}

/** The summary in one line, without a newline. */
export function renderSummaryLine(report: EvaluationReport): string {
  return JSON.stringify(summaryOf(report));
}
