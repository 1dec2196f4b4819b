import type { Health } from "../../src/contracts/api.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import { type Child, type Elem, h, type Properties } from "../dom/element.ts";
import { formatMoment, formatSince, isoMoment } from "../format/moment.ts";
import { healthWords, kindWords } from "../format/words.ts";
import { healthIcon } from "../marks/health-symbol.ts";
import { type Route, routeHref } from "../state/route.ts";
import type { Act } from "./act.ts";

export const link = (route: Route, properties: Properties, ...children: readonly Child[]): Elem =>
  h("a", { ...properties, href: routeHref(route) }, children);

/** A named part of a page. */
export const card = (name: string, title: Child, ...children: readonly Child[]): Elem =>
  h(
    "section",
    { key: name, class: `card card-${name}`, "aria-labelledby": `title-${name}` },
    h("h2", { id: `title-${name}` }, title),
    children,
  );

/** A moment of event time: short to read, complete on hover. */
export const moment = (seconds: number, nowSeconds: number | null): Elem =>
  h("time", { datetime: isoMoment(seconds), title: formatMoment(seconds) }, formatSince(seconds, nowSeconds));

/** Health as sign and word together. */
export const healthTag = (health: Health, word?: string): Elem =>
  h("span", { class: `tag health-${health}` }, healthIcon(health), h("span", {}, word ?? healthWords[health].label));

/** The sign an incident goes by: what it says about its service. */
export const incidentHealth = (incident: Incident): Health =>
  incident.state === "resolved" ? "healthy" : incident.verdict === "traffic" ? "traffic" : "faulty";

/** `Fault · slow code` */
export const incidentTitle = (incident: Incident): string =>
  incident.verdict === "traffic" ? "Traffic, not fault" : `Fault · ${kindWords[incident.kind]}`;

export const serviceLink = (node: string): Elem =>
  link({ page: "service", node, range: "15m" }, { class: "service-link" }, node);

/** Term and value, one a line. */
export const facts = (rows: readonly (readonly [Child, Child] | null)[]): Elem =>
  h(
    "dl",
    { class: "facts" },
    rows
      .filter((row) => row !== null)
      .map(([term, value]) => h("div", { class: "fact" }, h("dt", {}, term), h("dd", {}, value))),
  );

/** A table that scrolls sideways by itself when the screen is narrow; reachable by keyboard for that. */
export const scrolled = (label: string, table: Elem): Elem =>
  h("div", { class: "scrolled", tabindex: 0, role: "group", "aria-label": label }, table);

export const columnHeads = (...names: readonly (string | { readonly name: string; readonly class: string })[]): Elem =>
  h(
    "thead",
    {},
    h(
      "tr",
      {},
      names.map((name) =>
        typeof name === "string"
          ? h("th", { scope: "col" }, name)
          : h("th", { scope: "col", class: name.class }, name.name),
      ),
    ),
  );

/** Text to copy, with the button that does. */
export const snippet = (text: string, what: string, act: Act): Elem =>
  h(
    "div",
    { class: "snippet" },
    h("pre", { tabindex: 0, "aria-label": what }, h("code", {}, text)),
    h(
      "button",
      {
        type: "button",
        class: "button small",
        "aria-label": `Copy ${what}`,
        on: { click: () => act.copy(text, `Copied ${what}`) },
      },
      "Copy",
    ),
  );

/** In place of content that is on its way, missing or refused. */
export const pending = (error: string | null, what: string): Elem =>
  error === null
    ? h("p", { class: "pending", role: "status" }, `Loading ${what}…`)
    : h(
        "p",
        { class: "pending failed", role: "alert" },
        `${what[0]?.toUpperCase() ?? ""}${what.slice(1)} cannot be shown: ${error}.`,
      );

export const progress = (done: number, all: number, label: string): Elem =>
  h("progress", {
    class: "progress",
    max: Math.max(1, all),
    value: Math.min(done, Math.max(1, all)),
    "aria-label": label,
  });
