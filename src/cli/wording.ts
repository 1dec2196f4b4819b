import type { Feedback } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";

/** An incident in one line: when, what, how long. */
export function incidentLine(incident: Incident): string {
  const at = timeText(incident.onsetSeconds);
  const duration =
    incident.resolvedSeconds === null
      ? "still open"
      : `${(incident.resolvedSeconds - incident.onsetSeconds).toFixed(0)} s`;
  const tag = incident.verdict === "traffic" ? "traffic" : "FAULT  ";
  return `${at}  ${tag}  ${duration.padStart(10)}  ${incident.summary}`;
}

/** What was said, of what, with which effect, in one line. */
export function feedbackLine({ id, type, givenSeconds, incidentId, node, kind, ...rest }: Feedback): string {
  const range = `${timeText(rest.fromSeconds)} to ${timeText(rest.toSeconds)}, ${node === null ? "everywhere" : `at ${node}`}`;
  const until = `silent until ${timeText(rest.silentUntilSeconds ?? Number.NaN)}`;
  const words: Readonly<Record<Feedback["type"], string>> = {
    "not-a-fault": `${incidentId} is no fault: ${kind} at ${node} ${until} unless it gets stronger`,
    fault: `${incidentId} was a fault: ${kind} at ${node}`,
    "new-normal": `${incidentId} is the new normal of ${node}: learned from now on, ${until}`,
    ignore: `ignored from ${range}`,
  };
  const note = rest.note === "" ? "" : ` (${rest.note})`;
  return `#${id}  ${timeText(givenSeconds)}  ${words[type]}${note}`;
}

function timeText(seconds: number): string {
  return Number.isFinite(seconds) ? new Date(seconds * 1000).toISOString().slice(0, 19).replace("T", " ") : "ever";
}
