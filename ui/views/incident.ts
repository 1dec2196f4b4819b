import type { Incident } from "../../src/contracts/incident.ts";
import { incidentUrl } from "../data/client.ts";
import { type Elem, h } from "../dom/element.ts";
import { incidentMarkdown } from "../format/incident-markdown.ts";
import { formatDuration, formatRate, formatShare } from "../format/quantity.ts";
import type { Happenings } from "../marks/frame.ts";
import { incidentRange } from "../state/needs.ts";
import type { Route } from "../state/route.ts";
import { answerOf, chosenSeries, endSeconds, incidentNamed, seriesChoices } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { chartStack } from "./chart-stack.ts";
import { bottleneck, evidence, impactTable, ruledOut, suspects } from "./incident-parts.ts";
import { card, facts, healthTag, incidentHealth, incidentTitle, link, moment, pending, serviceLink } from "./parts.ts";

type IncidentRoute = Extract<Route, { page: "incident" }>;

/** One incident: the verdict first, then what was seen, who is suspected, who is not, and the evidence. */
export function incidentPage(state: AppState, route: IncidentRoute, act: Act): Elem {
  const { value: incident, error } = incidentNamed(state, route.id);
  if (incident === null) {
    return h(
      "div",
      { key: "incident", class: "page" },
      h("h1", { tabindex: -1 }, "Incident"),
      pending(error, "the incident"),
    );
  }
  return h(
    "div",
    { key: `incident ${incident.id}`, class: "page incident-page" },
    verdict(incident, state, act),
    h(
      "div",
      { class: "columns" },
      h(
        "div",
        { class: "column main-column" },
        charts(state, incident, route, act),
        impactTable(incident),
        evidence(incident),
      ),
      h("div", { class: "column side-column" }, suspects(incident), ruledOut(incident), bottleneck(incident)),
    ),
  );
}

function verdict(incident: Incident, state: AppState, act: Act): Elem {
  const now = state.status?.eventTimeSeconds ?? null;
  const permalink = act.permalink({ page: "incident", id: incident.id, series: "node" });
  const lasted = formatDuration(endSeconds(incident, now) - incident.onsetSeconds);
  return h(
    "header",
    { class: `verdict verdict-${incident.verdict} ${incident.state}` },
    h(
      "p",
      { class: "verdict-tags" },
      healthTag(incidentHealth(incident), incident.state),
      h("span", { class: "verdict-kind" }, incidentTitle(incident)),
    ),
    h("h1", { tabindex: -1 }, incident.summary),
    facts([
      incident.guiltyNode === "" ? null : ["Service", serviceLink(incident.guiltyNode)],
      ["Onset", moment(incident.onsetSeconds, now)],
      ["Found after", formatDuration(incident.openedSeconds - incident.onsetSeconds)],
      incident.resolvedSeconds === null ? ["Going on for", lasted] : ["Lasted", lasted],
      ["Confidence", formatShare(incident.confidence)],
      ["Load then", formatRate(incident.entryRatePerSecond)],
    ]),
    h(
      "div",
      { class: "actions" },
      h(
        "button",
        {
          type: "button",
          class: "button",
          on: { click: () => act.copy(incidentMarkdown(incident, permalink), "Copied as Markdown") },
        },
        "Copy as Markdown",
      ),
      h(
        "button",
        { type: "button", class: "button", on: { click: () => act.copy(permalink, "Copied the link") } },
        "Copy link",
      ),
      h(
        "a",
        {
          class: "button",
          href: incidentUrl(incident.id),
          download: `incident-${incident.id.replace(/[^\w.-]+/g, "_")}.json`,
        },
        "Download JSON",
      ),
    ),
  );
}

function charts(state: AppState, incident: Incident, route: IncidentRoute, act: Act): Elem | null {
  const choice = chosenSeries(incident, route);
  if (choice === null) return null;
  const choices = seriesChoices(incident);
  const { value: series, error } = answerOf(state, "series", `series/${incident.id}/${choice.id}`);
  const now = state.status?.eventTimeSeconds ?? null;
  const subject = choice.operation === "" ? choice.node : choice.label;
  return card(
    "charts",
    "Observed against predicted",
    choices.length < 2
      ? null
      : h(
          "nav",
          { class: "segments series-choice", "aria-label": "Series shown" },
          choices.map((one) =>
            link(
              { ...route, series: one.id },
              { class: "segment", "aria-current": one.id === choice.id ? "true" : null },
              h(
                "span",
                { class: "muted" },
                one.id !== "node" ? "users " : incident.verdict === "traffic" ? "limit " : "cause ",
              ),
              one.label,
            ),
          ),
        ),
    series === null
      ? pending(error, "the series")
      : series.points.length === 0
        ? h(
            "p",
            { class: "pending" },
            `No window of ${subject} is kept for this time. It may lie before the retention limit.`,
          )
        : chartStack(
            state,
            series.points,
            {
              subject,
              range: incidentRange(incident, now, series.windowSeconds),
              happenings: happeningsOf(incident, now),
            },
            act,
          ),
  );
}

const happeningsOf = (incident: Incident, nowSeconds: number | null): Happenings => ({
  verdict: incident.verdict,
  span: [incident.onsetSeconds, endSeconds(incident, nowSeconds)],
  moments: [
    { atSeconds: incident.onsetSeconds, label: "onset" },
    { atSeconds: incident.openedSeconds, label: "found" },
    ...(incident.resolvedSeconds === null ? [] : [{ atSeconds: incident.resolvedSeconds, label: "resolved" }]),
  ],
});
