import { type Elem, h } from "../dom/element.ts";
import type { Route } from "../state/route.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { incidentList } from "./incident-list.ts";
import { nodePanel } from "./node-panel.ts";
import { serviceMap } from "./service-map.ts";

/** Incidents, worst first, beside the map they happen on. */
export function home(state: AppState, route: Extract<Route, { page: "home" }>, act: Act): Elem {
  const isEmpty = state.status?.phase === "waiting" && (state.map?.nodes.length ?? 0) === 0;
  return h(
    "div",
    { key: "home", class: isEmpty ? "home empty" : route.node === null ? "home" : "home with-panel" },
    incidentList(state, route, act),
    isEmpty ? null : serviceMap(state, route, act),
    isEmpty ? null : nodePanel(state, route, act),
  );
}
