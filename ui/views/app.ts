import { type Elem, h } from "../dom/element.ts";
import { homeRoute } from "../state/route.ts";
import { incidentNamed } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { banners } from "./banners.ts";
import { header } from "./header.ts";
import { help } from "./help.ts";
import { home } from "./home.ts";
import { incidentPage } from "./incident.ts";
import { modelPage } from "./model.ts";
import { link } from "./parts.ts";
import { qualityPage } from "./quality.ts";
import { servicePage } from "./service.ts";
import { tracePage } from "./trace.ts";

/** The whole page for a state. */
export const app = (state: AppState, act: Act): readonly Elem[] => [
  h(
    "button",
    {
      key: "skip",
      type: "button",
      class: "skip",
      on: { click: () => document.querySelector<HTMLElement>("h1")?.focus() },
    },
    "Skip to content",
  ),
  header(state, act),
  banners(state, act),
  h("main", { key: "main", class: `main main-${state.route.page}` }, content(state, act)),
  ...(state.isHelpOpen ? [help(act)] : []),
  h(
    "div",
    { key: "notice", class: state.notice === null ? "notice" : "notice shown", role: "status" },
    state.notice ?? "",
  ),
];

function content(state: AppState, act: Act): Elem {
  const route = state.route;
  switch (route.page) {
    case "home":
      return home(state, route, act);
    case "incident":
      return incidentPage(state, route, act);
    case "service":
      return servicePage(state, route, act);
    case "trace":
      return tracePage(state, route, act);
    case "model":
      return modelPage(state);
    case "quality":
      return qualityPage(state);
    case "unknown":
      return h(
        "div",
        { key: "unknown", class: "page" },
        h("h1", { tabindex: -1 }, "There is no such page"),
        h("p", {}, h("code", {}, route.path), " leads nowhere. "),
        link(homeRoute, { class: "button" }, "To the incidents"),
      );
  }
}

/** What the browser's tab says: what is wrong, even when the tab is not in view. */
export function titleOf(state: AppState): string {
  const route = state.route;
  const open = state.status?.openIncidents ?? 0;
  const lead = open > 0 ? `(${open}) ` : "";
  const names: Readonly<Record<typeof route.page, string>> = {
    home: "Incidents",
    incident: route.page === "incident" ? (incidentNamed(state, route.id).value?.guiltyNode ?? "Incident") : "",
    service: route.page === "service" ? route.node : "",
    trace: "Trace",
    model: "Model",
    quality: "Telemetry quality",
    unknown: "Not found",
  };
  return `${lead}${names[route.page]} · Spantwin`;
}
