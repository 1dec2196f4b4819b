import type { Incident } from "../../src/contracts/incident.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatDuration, formatShare } from "../format/quantity.ts";
import { kindWords } from "../format/words.ts";
import { type Route, type StateFilter, stateFilters, type VerdictFilter, verdictFilters } from "../state/route.ts";
import { countIf, endSeconds, filtered, worstFirst, worstImpact } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { calm } from "./calm.ts";
import { columnHeads, healthTag, incidentHealth, link, moment, pending } from "./parts.ts";

type HomeRoute = Extract<Route, { page: "home" }>;

/** Rows drawn; a longer list says how many it leaves out. */
const shownLimit = 200;

/** All incidents, worst first, with filters that live in the address. */
export function incidentList(state: AppState, route: HomeRoute, act: Act): Elem {
  const all = state.incidents;
  const shown = all === null ? [] : worstFirst(filtered(all, route.state, route.verdict));
  return h(
    "section",
    { key: "incidents", class: "incidents", "aria-labelledby": "title-incidents" },
    h(
      "div",
      { class: "section-head" },
      h("h1", { id: "title-incidents", tabindex: -1 }, "Incidents"),
      all === null || all.length === 0 ? null : h("span", { class: "muted" }, "worst first"),
    ),
    all === null || all.length === 0 ? null : filters(all, route),
    calm(state, act),
    all === null
      ? pending(null, "incidents")
      : shown.length > 0
        ? table(shown.slice(0, shownLimit), state)
        : nothing(all, route),
    shown.length > shownLimit
      ? h("p", { class: "muted" }, `${shown.length - shownLimit} more are not shown; filter to see them.`)
      : null,
  );
}

const stateLabels: Readonly<Record<StateFilter, string>> = { all: "All", open: "Open", resolved: "Resolved" };
const verdictLabels: Readonly<Record<VerdictFilter, string>> = { all: "All", fault: "Fault", traffic: "Traffic" };

const filters = (all: readonly Incident[], route: HomeRoute): Elem =>
  h(
    "div",
    { class: "filters" },
    h(
      "nav",
      { class: "segments", "aria-label": "Filter by state" },
      stateFilters.map((one) =>
        segment({ ...route, state: one }, stateLabels[one], countIf(all, one, route.verdict), route.state === one),
      ),
    ),
    h(
      "nav",
      { class: "segments", "aria-label": "Filter by verdict" },
      verdictFilters.map((one) =>
        segment({ ...route, verdict: one }, verdictLabels[one], countIf(all, route.state, one), route.verdict === one),
      ),
    ),
  );

const segment = (route: Route, label: string, count: number, isOn: boolean): Elem =>
  link(
    route,
    { class: "segment", "aria-current": isOn ? "true" : null },
    label,
    " ",
    h("span", { class: "count" }, count),
  );

const table = (incidents: readonly Incident[], state: AppState): Elem =>
  h(
    "table",
    { class: "incident-table" },
    h("caption", { class: "unseen" }, "Incidents, worst first"),
    columnHeads(
      { name: "State", class: "col-state" },
      "Service and effect",
      { name: "Since", class: "col-since" },
      { name: "Confidence", class: "col-sure number" },
    ),
    h(
      "tbody",
      {},
      incidents.map((incident) => row(incident, state)),
    ),
  );

function row(incident: Incident, state: AppState): Elem {
  const now = state.status?.eventTimeSeconds ?? null;
  return h(
    "tr",
    { key: incident.id, class: `incident-row ${incident.state} verdict-${incident.verdict}` },
    h(
      "td",
      { class: "col-state" },
      healthTag(incidentHealth(incident), incident.state),
      h("div", { class: "verdict-word" }, incident.verdict),
    ),
    h(
      "td",
      { class: "col-what" },
      h(
        "div",
        { class: "what" },
        link(
          { page: "incident", id: incident.id, series: "node" },
          { class: "incident-link" },
          incident.guiltyNode === "" ? "whole system" : incident.guiltyNode,
        ),
        " ",
        h("span", { class: "kind" }, kindWords[incident.kind]),
      ),
      h("div", { class: "effect" }, unbroken(effectWords(incident))),
    ),
    h(
      "td",
      { class: "col-since" },
      moment(incident.onsetSeconds, now),
      h(
        "div",
        { class: "muted" },
        `${incident.state === "open" ? "for " : ""}${formatDuration(endSeconds(incident, now) - incident.onsetSeconds)}`,
      ),
    ),
    h("td", { class: "col-sure number" }, formatShare(incident.confidence)),
  );
}

/** Keeps numbers and their units on one line. */
const unbroken = (text: string): string => text.replace(/(p95|\d) (?=\d|µs|ms|s\b|min|h\b)/g, "$1\u00a0");

/** `GET /checkout: p95 640 ms, expected 118 ms` */
export function effectWords(incident: Incident): string {
  const impact = worstImpact(incident);
  if (impact === null) return "no effect on users seen";
  return `${impact.operation}: p95 ${formatDuration(impact.observedP95Seconds)}, expected ${formatDuration(impact.predictedP95Seconds)}`;
}

function nothing(all: readonly Incident[], route: HomeRoute): Elem {
  if (all.length === 0) return h("p", { class: "unseen" }, "No incidents.");
  return h(
    "p",
    { class: "nothing" },
    `None of the ${all.length} incidents ${route.state === "all" ? "" : `is ${route.state}`}${route.state !== "all" && route.verdict !== "all" ? " and " : ""}${route.verdict === "all" ? "" : `has the verdict ${route.verdict}`}. `,
    link({ ...route, state: "all", verdict: "all" }, {}, "Show all"),
  );
}
