import type { MapNode, ServiceReadiness } from "../../src/contracts/api.ts";
import { type Child, type Elem, h } from "../dom/element.ts";
import { formatCount, formatDuration, formatRate, formatShare } from "../format/quantity.ts";
import { healthWords, nodeKindWords, structureWords } from "../format/words.ts";
import { shareBar } from "../marks/share-bar.ts";
import type { Route } from "../state/route.ts";
import { incidentsOf, nodeNamed } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { facts, healthTag, incidentTitle, link, progress } from "./parts.ts";

type HomeRoute = Extract<Route, { page: "home" }>;

/** Beside the map: the selected node in numbers. */
export function nodePanel(state: AppState, route: HomeRoute, act: Act): Elem | null {
  if (route.node === null) return null;
  const node = nodeNamed(state, route.node);
  const close = h(
    "button",
    {
      type: "button",
      class: "icon-button",
      "aria-label": "Close the panel",
      title: "Close (Esc)",
      on: { click: () => act.go({ ...route, node: null }) },
    },
    "×",
  );
  if (node === null) {
    if (state.map === null) return null;
    return h(
      "aside",
      { key: "panel", class: "panel", "aria-label": `Service ${route.node}` },
      h("div", { class: "panel-head" }, h("h2", {}, route.node), close),
      h("p", {}, "Not on the map now: no call has been seen."),
    );
  }
  const incidents = incidentsOf(state, node.name).slice(0, 3);
  return h(
    "aside",
    { key: "panel", class: "panel", "aria-label": `Service ${node.name}` },
    h("div", { class: "panel-head" }, h("h2", { title: node.name }, node.name), close),
    h("p", {}, healthTag(node.health), h("span", { class: "muted" }, ` ${healthWords[node.health].meaning}`)),
    nodeFacts(node, state.status?.readiness.find((one) => one.node === node.name) ?? null),
    calls(state, node.name),
    incidents.length === 0
      ? null
      : h(
          "div",
          {},
          h("h3", {}, "Incidents"),
          h(
            "ul",
            { class: "plain" },
            incidents.map((one) =>
              h(
                "li",
                {},
                link({ page: "incident", id: one.id, series: "node" }, {}, incidentTitle(one)),
                h("span", { class: "muted" }, ` ${one.state}`),
              ),
            ),
          ),
        ),
    link({ page: "service", node: node.name, range: "15m" }, { class: "button primary" }, `Open ${node.name}`),
  );
}

/** What is known of a node: measured, predicted and learned. */
export function nodeFacts(node: MapNode, readiness: ServiceReadiness | null): Elem {
  const predicted = node.predictedP95Seconds;
  return facts([
    ["Kind", nodeKindWords[node.kind]],
    ["Rate", formatRate(node.ratePerSecond)],
    ["p95 observed", formatDuration(node.observedP95Seconds)],
    [
      "p95 expected",
      predicted === null ? "not predicted yet" : `${formatDuration(predicted[0])} to ${formatDuration(predicted[2])}`,
    ],
    [
      "Utilisation",
      node.utilization === null
        ? "not identified"
        : h(
            "span",
            { class: "with-bar" },
            formatShare(node.utilization),
            shareBar(node.utilization, "utilization", 72),
          ),
    ],
    ["Structure", structures(node)],
    ["Instances", formatCount(node.instanceCount)],
    ["Errors", formatShare(node.errorShare)],
    ["Fault probability", formatShare(node.probability)],
    readiness === null ? ["Readiness", node.isReady ? "ready" : "learning"] : ["Readiness", readinessWords(readiness)],
  ]);
}

const structures = (node: MapNode): Child => {
  if (node.structures.length === 0) return "not identified";
  const [best, ...others] = node.structures.map(structureWords);
  return others.length === 0 ? best : [best, h("div", { class: "muted" }, `or ${others.slice(0, 3).join("; ")}`)];
};

const readinessWords = (readiness: ServiceReadiness): Child =>
  readiness.isReady
    ? [`ready, ${formatCount(readiness.visitsLearned)} visits learned`, driftWords(readiness)]
    : [
        `${formatCount(readiness.visitsLearned)} of ${formatCount(readiness.visitsNeeded)} visits `,
        progress(readiness.visitsLearned, readiness.visitsNeeded, "visits learned"),
      ];

/** Who calls the node and whom it calls, with rate and mean time. */
export function calls(state: AppState, node: string): Elem {
  const edges = state.map?.edges ?? [];
  const rows = [
    ...edges.filter((edge) => edge.to === node).map((edge) => ({ edge, other: edge.from, way: "from" })),
    ...edges.filter((edge) => edge.from === node).map((edge) => ({ edge, other: edge.to, way: "to" })),
  ].sort((a, b) => (a.way === b.way ? b.edge.ratePerSecond - a.edge.ratePerSecond : a.way === "from" ? -1 : 1));
  if (rows.length === 0) return h("p", { class: "muted" }, "No calls from or to it were seen.");
  return h(
    "table",
    { class: "calls" },
    h("caption", {}, "Calls"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col" }, "Way"),
        h("th", { scope: "col" }, "Service"),
        h("th", { scope: "col", class: "number" }, "Rate"),
        h("th", { scope: "col", class: "number" }, "Mean"),
      ),
    ),
    h(
      "tbody",
      {},
      rows
        .slice(0, 24)
        .map(({ edge, other, way }) =>
          h(
            "tr",
            {},
            h("td", { class: "muted" }, way),
            h(
              "td",
              { class: "name" },
              link({ page: "service", node: other, range: "15m" }, { title: other }, other),
              edge.isAsync ? h("span", { class: "muted" }, " async") : null,
            ),
            h("td", { class: "number" }, formatRate(edge.ratePerSecond)),
            h("td", { class: "number" }, formatDuration(edge.meanSeconds)),
          ),
        ),
    ),
  );
}

/** What creeps without a deployment is not learned, so it has to be said. */
const driftWords = ({ isDrifting, driftShare }: ServiceReadiness): Child =>
  isDrifting
    ? h(
        "div",
        { class: "muted" },
        `slow drift: ${formatShare(Math.abs(driftShare))} ${driftShare > 0 ? "slower" : "faster"} than its anchor, not learned`,
      )
    : null;
