import type { Feedback } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { LabelledFault, Labels } from "../contracts/labels.ts";
import type { TimeRange } from "../contracts/settings.ts";

/** What a backlog may take to drain after a fault: the same as the testbed's schedules have by default. */
const SETTLE_SECONDS = 60;

/**
 * What people confirmed, in the format of a recording's `labels.json`: so `spantwin train` learns from it and
 * `spantwin evaluate` judges by it. All time that is not labelled counts as free of faults; ignored ranges are not covered.
 *
 * @param parts.incidents as they stand now: one that was dismissed after it had been confirmed is no label
 * @param parts.received from the first span to the last, event time, as far as the running process has seen them
 */
export function feedbackLabels(parts: {
  feedback: readonly Feedback[];
  incidents: readonly Incident[];
  received: TimeRange;
}): Labels {
  const { feedback, incidents, received } = parts;
  const said = new Map(feedback.toSorted((a, b) => a.id - b.id).map((each) => [each.incidentId, each]));
  const faults = incidents
    .filter((incident) => incident.feedback === "confirmed")
    .map((incident): LabelledFault => {
      const { id, onsetSeconds, resolvedSeconds, guiltyNode, kind } = incident;
      const detail = { source: "feedback", incidentId: id, note: said.get(id)?.note ?? "" };
      const end = resolvedSeconds ?? Math.max(onsetSeconds, received.toSeconds);
      return { start: onsetSeconds, end, service: guiltyNode, fault: kind, performance: true, detail };
    })
    .sort((a, b) => a.start - b.start || (a.service < b.service ? -1 : 1));
  const ignored = feedback.filter(({ type, node }) => type === "ignore" && node === null);
  const fromSeconds = Math.min(received.fromSeconds, ...faults.map(({ start }) => start));
  const covered = without({ ...received, fromSeconds }, ignored);
  return { unit: "unix seconds, UTC", settleSeconds: SETTLE_SECONDS, covered, faults };
}

/** What is left of a range without others. */
function without(range: TimeRange, others: readonly TimeRange[]): [number, number][] {
  const left: [number, number][] = [];
  let from = range.fromSeconds;
  for (const { fromSeconds, toSeconds } of others.toSorted((a, b) => a.fromSeconds - b.fromSeconds)) {
    if (fromSeconds > from) {
      left.push([from, Math.min(fromSeconds, range.toSeconds)]);
    }
    from = Math.max(from, toSeconds);
  }
  left.push([from, range.toSeconds]);
  return left.filter(([start, end]) => start < end);
}
