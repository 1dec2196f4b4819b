import type { Incident } from "../contracts/incident.ts";

/** An incident in one line: when, what, how long. */
export function incidentLine(incident: Incident): string {
  const at = new Date(incident.onsetSeconds * 1000).toISOString().slice(0, 19).replace("T", " ");
  const duration =
    incident.resolvedSeconds === null
      ? "still open"
      : `${(incident.resolvedSeconds - incident.onsetSeconds).toFixed(0)} s`;
  const tag = incident.verdict === "traffic" ? "traffic" : "FAULT  ";
  return `${at}  ${tag}  ${duration.padStart(10)}  ${incident.summary}`;
}
