import { type Elem, h } from "../dom/element.ts";
import { healthWords } from "../format/words.ts";
import type { Happenings } from "../marks/frame.ts";
import { serviceRange } from "../state/needs.ts";
import { type Route, type ServiceRange, serviceRanges } from "../state/route.ts";
import { answerOf, endSeconds, incidentsOf, nodeNamed } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { chartStack } from "./chart-stack.ts";
import { effectWords } from "./incident-list.ts";
import { calls, nodeFacts } from "./node-panel.ts";
import { card, healthTag, incidentHealth, incidentTitle, link, moment, pending } from "./parts.ts";

type ServiceRoute = Extract<Route, { page: "service" }>;

/** One service or station: its series over the band, what the twin learned of it, its neighbours and its incidents. */
export function servicePage(state: AppState, route: ServiceRoute, act: Act): Elem {
  const node = nodeNamed(state, route.node);
  const readiness = state.status?.readiness.find((one) => one.node === route.node) ?? null;
  return h(
    "div",
    { key: `service ${route.node}`, class: "page service-page" },
    h(
      "header",
      { class: "page-head" },
      h("h1", { tabindex: -1 }, route.node),
      node === null
        ? null
        : h("p", {}, healthTag(node.health), h("span", { class: "muted" }, ` ${healthWords[node.health].meaning}`)),
    ),
    h(
      "div",
      { class: "columns" },
      h("div", { class: "column main-column" }, charts(state, route, act), incidentsCard(state, route.node)),
      h(
        "div",
        { class: "column side-column" },
        card(
          "learned",
          "Learned by the twin",
          node === null
            ? h("p", { class: "muted" }, state.map === null ? "Loading…" : "Not on the map now: no call has been seen.")
            : nodeFacts(node, readiness),
        ),
        card("neighbours", "Neighbours", calls(state, route.node)),
      ),
    ),
  );
}

function charts(state: AppState, route: ServiceRoute, act: Act): Elem {
  const now = state.status?.eventTimeSeconds ?? null;
  const { value: series, error } = answerOf(state, "series", `series/${route.node}/${route.range}`);
  return card(
    "charts",
    "Observed against predicted",
    h(
      "nav",
      { class: "segments", "aria-label": "Time range" },
      (Object.keys(serviceRanges) as ServiceRange[]).map((range) =>
        link(
          { ...route, range },
          { class: "segment", "aria-current": range === route.range ? "true" : null },
          `last ${range}`,
        ),
      ),
    ),
    series === null || now === null
      ? pending(error, "the series")
      : series.points.length === 0
        ? h("p", { class: "pending" }, `No window of ${route.node} in the last ${route.range}.`)
        : chartStack(
            state,
            series.points,
            {
              subject: route.node,
              range: serviceRange(now, serviceRanges[route.range]),
              happenings: happeningsOf(state, route.node, now),
            },
            act,
          ),
  );
}

/** The latest fault of the service, shaded. */
function happeningsOf(state: AppState, node: string, now: number): Happenings {
  const latest = incidentsOf(state, node).find((one) => one.verdict === "fault");
  if (latest === undefined) return { verdict: "fault", span: null, moments: [] };
  return {
    verdict: "fault",
    span: [latest.onsetSeconds, endSeconds(latest, now)],
    moments: [{ atSeconds: latest.onsetSeconds, label: "onset" }],
  };
}

function incidentsCard(state: AppState, node: string): Elem {
  const incidents = incidentsOf(state, node);
  const now = state.status?.eventTimeSeconds ?? null;
  return card(
    "incidents",
    "Incidents it caused",
    incidents.length === 0
      ? h("p", { class: "muted" }, "None that is known.")
      : h(
          "ul",
          { class: "plain" },
          incidents
            .slice(0, 20)
            .map((one) =>
              h(
                "li",
                { key: one.id, class: "incident-line" },
                healthTag(incidentHealth(one), one.state),
                link({ page: "incident", id: one.id, series: "node" }, {}, incidentTitle(one)),
                h("span", { class: "muted" }, moment(one.onsetSeconds, now), " · ", effectWords(one)),
              ),
            ),
        ),
  );
}
