import type { EvaluationReport } from "./report-type.ts";

/** Enough to make the numbers again. */
export function renderProvenance(report: EvaluationReport): string {
  const { command, seed, versions } = report.provenance;
  const listed = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const hashes = report.recordings.map((row) => `${row.recording} ${row.dataHash}`);
  return [
    "## Made by",
    "",
    `* command: \`${command}\``,
    `* versions: ${listed.join(", ")}`,
    `* seed: ${seed}`,
    `* data: ${hashes.join(", ")}`,
  ].join("\n");
}
