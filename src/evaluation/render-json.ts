import type { EvaluationReport } from "./report-type.ts";

/** The report as JSON with a newline at its end. Absent values are null; no value is NaN or infinite. */
export function renderJson(report: EvaluationReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
