import type { MapNode } from "../../src/contracts/api.ts";
import type { Impact, Incident } from "../../src/contracts/incident.ts";
import type { Route, StateFilter, VerdictFilter } from "./route.ts";
import type { Answers, AppState, Remote, Topic } from "./state.ts";

/** The answer to a need; empty while it is on its way. The key's topic is the caller's promise. */
export const answerOf = <T extends Topic>(state: AppState, _topic: T, key: string): Remote<Answers[T]> =>
  (state.answers.get(key) as Remote<Answers[T]> | undefined) ?? { value: null, error: null };

/** Seconds of waiting a second that users get beyond what the load explains: how bad an incident is. */
export const severity = (incident: Incident): number =>
  incident.impact.reduce((worst, impact) => Math.max(worst, excessSeconds(impact) * impact.arrivalRatePerSecond), 0);

const excessSeconds = (impact: Impact): number => Math.max(0, impact.observedP95Seconds - impact.predictedP95Seconds);

/** The impact to name first: the largest excess in absolute seconds times rate. */
export const worstImpact = (incident: Incident): Impact | null =>
  incident.impact.reduce<Impact | null>(
    (worst, impact) =>
      worst === null ||
      excessSeconds(impact) * impact.arrivalRatePerSecond > excessSeconds(worst) * worst.arrivalRatePerSecond
        ? impact
        : worst,
    null,
  );

const group = (incident: Incident): number =>
  (incident.state === "open" ? 0 : 2) + (incident.verdict === "fault" ? 0 : 1);

/** Worst first: open faults, then open traffic, each by severity; then what is over, newest first. */
export function worstFirst(incidents: readonly Incident[]): readonly Incident[] {
  return [...incidents].sort((a, b) => {
    const isOver = a.state === "resolved" && b.state === "resolved";
    const byGroup = isOver ? 0 : group(a) - group(b);
    const byWeight = isOver ? b.onsetSeconds - a.onsetSeconds : severity(b) - severity(a);
    return byGroup || byWeight || b.onsetSeconds - a.onsetSeconds || (a.id < b.id ? -1 : 1);
  });
}

export const filtered = (
  incidents: readonly Incident[],
  state: StateFilter,
  verdict: VerdictFilter,
): readonly Incident[] =>
  incidents.filter((one) => (state === "all" || one.state === state) && (verdict === "all" || one.verdict === verdict));

/** How many incidents a filter choice would show, the other filter staying as it is. */
export const countIf = (incidents: readonly Incident[], state: StateFilter, verdict: VerdictFilter): number =>
  filtered(incidents, state, verdict).length;

/** The end of an incident for now: when it resolved, or the event time it is still going on at. */
export const endSeconds = (incident: Incident, nowSeconds: number | null): number =>
  incident.resolvedSeconds ?? Math.max(nowSeconds ?? incident.openedSeconds, incident.openedSeconds);

/**
 * Why there is nothing to see, which decides what to say instead.
 * waiting: no span yet; learning: spans, no verdicts yet; well: verdicts, none bad.
 */
export type Calm = "waiting" | "learning" | "well";

export function calmOf(state: AppState): Calm | null {
  if (state.status === null) return null;
  if (state.status.phase === "waiting") return "waiting";
  return state.status.phase === "learning" ? "learning" : "well";
}

/** Since when all is well: the end of the last fault known, else the first span. */
export function wellSinceSeconds(state: AppState): number | null {
  const ends = (state.incidents ?? []).flatMap((one) =>
    one.verdict === "fault" && one.resolvedSeconds !== null ? [one.resolvedSeconds] : [],
  );
  return ends.length > 0 ? Math.max(...ends) : (state.status?.firstSpanSeconds ?? null);
}

export const nodeNamed = (state: AppState, name: string | null): MapNode | null =>
  name === null ? null : (state.map?.nodes.find((node) => node.name === name) ?? null);

/** Incidents of a node, worst first. */
export const incidentsOf = (state: AppState, node: string): readonly Incident[] =>
  worstFirst((state.incidents ?? []).filter((one) => one.guiltyNode === node));

/** The incident a page shows: the live one of the list when there, else the one fetched for the page. */
export function incidentNamed(state: AppState, id: string): Remote<Incident> {
  const listed = state.incidents?.find((one) => one.id === id) ?? null;
  return listed === null ? answerOf(state, "incident", `incident/${id}`) : { value: listed, error: null };
}

/** What the charts of an incident page are about: the guilty node, or one impacted operation. */
export interface SeriesChoice {
  readonly id: string;
  readonly label: string;
  readonly node: string;
  readonly operation: string;
}

export function seriesChoices(incident: Incident): readonly SeriesChoice[] {
  const guilty: readonly SeriesChoice[] =
    incident.guiltyNode === ""
      ? []
      : [{ id: "node", label: incident.guiltyNode, node: incident.guiltyNode, operation: "" }];
  const impacted = incident.impact.slice(0, 6).map((impact, index) => ({
    id: String(index),
    label: `${impact.operation} at ${impact.node}`,
    node: impact.node,
    operation: impact.operation,
  }));
  return [...guilty, ...impacted];
}

export const chosenSeries = (incident: Incident, route: Extract<Route, { page: "incident" }>): SeriesChoice | null => {
  const choices = seriesChoices(incident);
  return choices.find((choice) => choice.id === route.series) ?? choices[0] ?? null;
};
