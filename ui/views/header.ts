import type { Status } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatClock, formatMoment } from "../format/moment.ts";
import { formatRate } from "../format/quantity.ts";
import { healthIcon } from "../marks/health-symbol.ts";
import { homeRoute, type Route } from "../state/route.ts";
import type { AppState, Connection, ThemeChoice } from "../state/state.ts";
import type { Act } from "./act.ts";
import { link } from "./parts.ts";

const tabs: readonly { readonly label: string; readonly route: Route; readonly pages: readonly Route["page"][] }[] = [
  { label: "Incidents", route: homeRoute, pages: ["home", "incident", "service", "trace"] },
  { label: "Telemetry", route: { page: "quality" }, pages: ["quality"] },
  { label: "Model", route: { page: "model" }, pages: ["model"] },
];

/** The top of every page: who we are, where to go, and how the line is doing. */
export const header = (state: AppState, act: Act): Elem =>
  h(
    "header",
    { key: "header", class: "top" },
    link(
      homeRoute,
      { class: "brand", "aria-label": "Spantwin, to the incidents" },
      logo,
      h("span", { "aria-hidden": "true" }, "Spantwin"),
    ),
    h(
      "nav",
      { class: "tabs", "aria-label": "Pages" },
      tabs.map(({ label, route, pages }) =>
        link(route, { class: "tab", "aria-current": pages.includes(state.route.page) ? "page" : null }, label),
      ),
    ),
    state.status === null ? h("div", { class: "vitals" }) : vitals(state.status, state.connection),
    h(
      "div",
      { class: "tools" },
      h(
        "button",
        {
          type: "button",
          class: "icon-button theme-switch",
          title: "Theme (t)",
          "aria-label": `Theme: ${state.theme}. Switch to ${nextTheme(state.theme)}`,
          on: { click: () => act.dispatch({ type: "theme", theme: nextTheme(state.theme) }) },
        },
        themeIcon(state.theme),
      ),
      h(
        "button",
        {
          type: "button",
          class: "icon-button help-switch",
          title: "Keyboard (?)",
          "aria-label": "Keyboard help",
          "aria-expanded": state.isHelpOpen ? "true" : "false",
          on: { click: () => act.dispatch({ type: "help", isOpen: !state.isHelpOpen }) },
        },
        "?",
      ),
    ),
  );

export const nextTheme = (theme: ThemeChoice): ThemeChoice =>
  theme === "system" ? "light" : theme === "light" ? "dark" : "system";

/** Two curves that part: what should be, and what is. */
const logo = h(
  "svg",
  { class: "logo", viewBox: "0 0 32 32", width: 24, height: 24, "aria-hidden": "true" },
  h("rect", { class: "logo-ground", width: 32, height: 32, rx: 7 }),
  h("path", { class: "logo-band", d: "M4 23C11 23 13 20 18 19S25 18 28 18V25H4z" }),
  h("path", { class: "logo-line", d: "M4 22C11 22 13 19 16 16S21 7 28 6" }),
);

const phaseHealth = { waiting: "silent", learning: "learning", watching: "healthy" } as const;

function vitals(status: Status, connection: Connection): Elem {
  return h(
    "dl",
    { class: "vitals", "aria-label": "State of the line" },
    vital(
      "phase",
      "Phase",
      h(
        "span",
        { class: `phase health-${phaseHealth[status.phase]}` },
        healthIcon(phaseHealth[status.phase]),
        phaseWords(status),
      ),
    ),
    status.demoStep === null ? null : vital("demo", "Demo", status.demoStep),
    vital(
      "time",
      "Event time",
      h(
        "span",
        { title: formatMoment(status.eventTimeSeconds) },
        status.eventTimeSeconds === null ? "–" : `${formatClock(status.eventTimeSeconds)} UTC`,
      ),
    ),
    vital("rate", "Spans", formatRate(status.spansPerSecond)),
    vital(
      "connection",
      "Page",
      h(
        "span",
        { class: `connection ${connection}` },
        h("span", { class: "dot", "aria-hidden": "true" }),
        connectionWords[connection],
      ),
    ),
  );
}

const vital = (name: string, term: string, value: Elem | string): Elem =>
  h("div", { key: name, class: `vital vital-${name}` }, h("dt", {}, term), h("dd", {}, value));

const connectionWords: Readonly<Record<Connection, string>> = {
  connecting: "connecting",
  live: "live",
  polling: "polling",
  lost: "offline",
};

export function phaseWords(status: Status): string {
  if (status.phase !== "learning") return status.phase;
  return `learning ${status.readyCount} of ${status.readiness.length}`;
}

const themePaths: Readonly<Record<ThemeChoice, string>> = {
  system: "M3 3.5h10v7H3zM6 13.5h4M8 10.5v3",
  light:
    "M8 5a3 3 0 1 1 0 6a3 3 0 1 1 0-6zM8 1.5v1M8 13.5v1M1.5 8h1M13.5 8h1M3.4 3.4l.7.7M11.9 11.9l.7.7M3.4 12.6l.7-.7M11.9 4.1l.7-.7",
  dark: "M13 9.5A5.5 5.5 0 0 1 6.5 3A5.5 5.5 0 1 0 13 9.5z",
};

const themeIcon = (theme: ThemeChoice): Elem =>
  h(
    "svg",
    { class: "line-icon", viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" },
    h("path", { d: themePaths[theme] }),
  );
