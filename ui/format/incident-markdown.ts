import type { Incident } from "../../src/contracts/incident.ts";
import { formatMoment } from "./moment.ts";
import { formatDuration, formatRate, formatShare } from "./quantity.ts";
import { kindWords, verdictWords } from "./words.ts";

const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/\s+/g, " ");

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((row) => `| ${row.map(cell).join(" | ")} |`).join("\n");

/** The incident as Markdown, to paste into a ticket or a chat: everything the page shows as text. */
export function incidentMarkdown(incident: Incident, permalink: string): string {
  const parts: string[] = [`## ${verdictWords[incident.verdict]}: ${incident.summary}`];
  const resolved = incident.resolvedSeconds;
  parts.push(
    [
      `* State: ${incident.state}, confidence ${formatShare(incident.confidence)}`,
      `* Service: \`${incident.guiltyNode}\`, kind: ${kindWords[incident.kind]}`,
      `* Onset: ${formatMoment(incident.onsetSeconds)}, found: ${formatMoment(incident.openedSeconds)}`,
      resolved === null
        ? "* Not resolved yet"
        : `* Resolved: ${formatMoment(resolved)}, after ${formatDuration(resolved - incident.onsetSeconds)}`,
      `* Load at the time: ${formatRate(incident.entryRatePerSecond)}`,
    ].join("\n"),
  );
  if (incident.impact.length > 0) {
    const rows = incident.impact.map((impact) => [
      `${impact.operation} at ${impact.node}`,
      formatDuration(impact.observedP95Seconds),
      formatDuration(impact.predictedP95Seconds),
      formatRate(impact.arrivalRatePerSecond),
    ]);
    parts.push(`### What users feel\n\n${table(["Operation", "Observed p95", "Expected p95", "Rate"], rows)}`);
  }
  if (incident.suspects.length > 0) {
    const rows = incident.suspects.map((suspect) => [
      suspect.node,
      kindWords[suspect.kind],
      formatShare(suspect.explainedShare),
      formatShare(suspect.probability),
      suspect.reason,
    ]);
    parts.push(`### Suspects\n\n${table(["Service", "Kind", "Explains", "Probability", "Reason"], rows)}`);
  }
  if (incident.ruledOut.length > 0) {
    parts.push(`### Ruled out\n\n${incident.ruledOut.map((item) => `* ${item.what}: ${item.reason}`).join("\n")}`);
  }
  if (incident.evidenceTraceIds.length > 0) {
    parts.push(`### Evidence\n\n${incident.evidenceTraceIds.map((id) => `* trace \`${id}\``).join("\n")}`);
  }
  parts.push(permalink);
  return `${parts.join("\n\n")}\n`;
}
