import { homeRoute, type Route } from "./state/route.ts";
import { filtered, worstFirst } from "./state/select.ts";
import type { AppState } from "./state/state.ts";
import type { Store } from "./state/store.ts";
import type { Act } from "./views/act.ts";
import { nextTheme } from "./views/header.ts";

const chordMilliseconds = 1200;

const places: Readonly<Record<string, Route>> = { i: homeRoute, t: { page: "quality" }, m: { page: "model" } };

/** The keyboard map of `help.ts`. Keys typed into fields, or with a modifier, are not ours. */
export function listenToKeys(store: Store, act: Act): void {
  let chordUntil = 0;
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof Element && event.target.closest("input, textarea, select, [contenteditable]") !== null)
      return;
    const state = store.state();
    if (event.timeStamp < chordUntil) {
      chordUntil = 0;
      const place = places[event.key];
      if (place !== undefined) act.go(place);
      return;
    }
    if (event.key === "g") chordUntil = event.timeStamp + chordMilliseconds;
    else if (event.key === "?") act.dispatch({ type: "help", isOpen: !state.isHelpOpen });
    else if (state.isHelpOpen) return;
    else if (event.key === "t") act.dispatch({ type: "theme", theme: nextTheme(state.theme) });
    else if (event.key === "j" || event.key === "k") step(state, event.key === "j" ? 1 : -1, act);
    else if (event.key === "Escape" && state.route.page === "home" && state.route.node !== null)
      act.go({ ...state.route, node: null });
  });
}

/** In the list: moves the focus. On an incident's page: opens its neighbour in the list. */
function step(state: AppState, way: 1 | -1, act: Act): void {
  const route = state.route;
  if (route.page === "incident") {
    const order = worstFirst(state.incidents ?? []);
    const next = order[order.findIndex((one) => one.id === route.id) + way];
    if (next !== undefined) act.go({ page: "incident", id: next.id, series: "node" });
    return;
  }
  if (route.page !== "home" || filtered(state.incidents ?? [], route.state, route.verdict).length === 0) return;
  const links = [...document.querySelectorAll<HTMLElement>(".incident-link")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  links[at < 0 ? (way > 0 ? 0 : links.length - 1) : Math.min(links.length - 1, Math.max(0, at + way))]?.focus();
}
