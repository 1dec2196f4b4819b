import type { ScorerReport } from "./report-type.ts";

/** Name of a scorer in a table: the subject stands out. */
export function labelOf(row: Pick<ScorerReport, "scorer" | "isSubject">): string {
  return row.isSubject ? `**${row.scorer}**` : row.scorer;
}
