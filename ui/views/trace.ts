import type { TraceView } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatMoment } from "../format/moment.ts";
import { formatDuration, plural } from "../format/quantity.ts";
import {
  type WaterfallRow,
  type WaterfallScale,
  waterfallBar,
  waterfallRows,
  waterfallScale,
} from "../marks/waterfall.ts";
import type { Route } from "../state/route.ts";
import { answerOf } from "../state/select.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { facts, pending, scrolled } from "./parts.ts";

/** Spans drawn; a longer trace says how many it leaves out. */
const shownLimit = 2000;
const toneCount = 8;

/** One trace as a waterfall. */
export function tracePage(state: AppState, route: Extract<Route, { page: "trace" }>, act: Act): Elem {
  const { value: trace, error } = answerOf(state, "trace", `trace/${route.traceId}`);
  return h(
    "div",
    { key: `trace ${route.traceId}`, class: "page trace-page" },
    h(
      "header",
      { class: "page-head" },
      h("h1", { tabindex: -1 }, "Trace ", h("span", { class: "mono" }, route.traceId)),
      h(
        "button",
        { type: "button", class: "button small", on: { click: () => act.copy(route.traceId, "Copied the trace id") } },
        "Copy id",
      ),
    ),
    trace === null ? pending(error, "the trace") : waterfall(trace),
  );
}

function waterfall(trace: TraceView): Elem {
  const rows = waterfallRows(trace.spans);
  const scale = waterfallScale(trace.spans);
  const services = [...new Set(rows.map((row) => row.span.service))];
  return h(
    "section",
    { class: "card" },
    facts([
      ["Start", formatMoment(trace.spans.length === 0 ? null : scale.startSeconds)],
      ["Duration", formatDuration(scale.durationSeconds)],
      ["Spans", plural(rows.length, "span")],
      ["Services", plural(services.length, "service")],
    ]),
    scrolled(
      "Spans of the trace",
      h(
        "table",
        { class: "waterfall" },
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            h("th", { scope: "col" }, "Service and operation"),
            h("th", { scope: "col" }, "Kind"),
            h("th", { scope: "col", class: "number" }, "Time"),
            h("th", { scope: "col" }, ruler(scale)),
          ),
        ),
        h(
          "tbody",
          {},
          rows.slice(0, shownLimit).map((row) => spanRow(row, services.indexOf(row.span.service) % toneCount, scale)),
        ),
      ),
    ),
    rows.length > shownLimit
      ? h("p", { class: "muted" }, `${rows.length - shownLimit} more spans are not shown.`)
      : null,
  );
}

const spanRow = ({ span, depth, isOrphan }: WaterfallRow, tone: number, scale: WaterfallScale): Elem =>
  h(
    "tr",
    { key: span.spanId, class: span.isError ? "has-error" : "" },
    h(
      "th",
      {
        scope: "row",
        class: "span-name",
        title: `${span.service}: ${span.operation}`,
        style: { "padding-left": `${8 + Math.min(depth, 12) * 12}px` },
      },
      h("span", { class: `span-service series-tone-${tone}` }, span.service),
      " ",
      span.operation,
      isOrphan ? h("span", { class: "muted" }, " (parent not received)") : null,
      span.isError ? h("span", { class: "error-word" }, " error") : null,
    ),
    h("td", { class: "muted" }, span.kind),
    h("td", { class: "number" }, formatDuration(span.durationSeconds)),
    h("td", { class: "bar-cell" }, waterfallBar(span, { tone }, scale)),
  );

const ruler = (scale: WaterfallScale): Elem =>
  h(
    "span",
    { class: "ruler" },
    [0, 0.25, 0.5, 0.75, 1].map((share) => h("span", {}, formatDuration(scale.durationSeconds * share))),
  );
