import type { Estimate } from "./statistics.ts";

/** What stands where there is no value. */
export const ABSENT = "–";

/** A table with padded columns, so that it reads in a terminal too. First column left, the others right. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows].map((row) => row.map((cell) => cell.replaceAll("|", "\\|").replaceAll("\n", " ")));
  const widths = header.map((_, column) => Math.max(3, ...cells.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]) =>
    `| ${widths.map((width, i) => (i === 0 ? (row[i] ?? "").padEnd(width) : (row[i] ?? "").padStart(width))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [line(cells[0]!), rule, ...cells.slice(1).map(line)].join("\n");
}

export function formatNumber(value: number | null, digits: number): string {
  return value === null ? ABSENT : value.toFixed(digits);
}

/** `0.90 (0.70–0.97)` */
export function formatEstimate(estimate: Estimate, digits: number): string {
  if (estimate.value === null) return ABSENT;
  const bound = (value: number | null) => (value === null || !Number.isFinite(value) ? ABSENT : value.toFixed(digits));
  return `${estimate.value.toFixed(digits)} (${bound(estimate.low)}–${bound(estimate.high)})`;
}
