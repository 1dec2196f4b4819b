import type { SeriesPoint } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatClock } from "../format/moment.ts";
import { formatDuration, formatRate, formatShare } from "../format/quantity.ts";
import { bandChart, bandTopSeconds, standing } from "../marks/band-chart.ts";
import { type Box, chartScales, type Happenings, type Scales } from "../marks/frame.ts";
import { levelChart } from "../marks/level-chart.ts";
import type { TimeRange } from "../state/needs.ts";
import type { AppState } from "../state/state.ts";
import type { Act } from "./act.ts";
import { measured } from "./measure.ts";
import { columnHeads, scrolled } from "./parts.ts";

export interface ChartStackOptions {
  /** What the series is of, for headings and readers. */
  readonly subject: string;
  readonly range: TimeRange;
  readonly happenings: Happenings;
}

const edges = { left: 64, right: 20 } as const;

/** Observed p95 over its predicted band, with rate and utilisation beneath, all on one time axis and one crosshair. */
export function chartStack(
  state: AppState,
  points: readonly SeriesPoint[],
  options: ChartStackOptions,
  act: Act,
): Elem {
  const width = Math.max(280, state.widths["charts"] ?? 720);
  const time: readonly [number, number] = [options.range.fromSeconds, options.range.toSeconds];
  const scalesOf = (box: Pick<Box, "height" | "top" | "bottom">, top: number, ticks: number): Scales =>
    chartScales({ width, ...edges, ...box }, time, top, ticks);
  const band = scalesOf({ height: 240, top: 8, bottom: 12 }, bandTopSeconds(points), 5);
  const rate = scalesOf(
    { height: 88, top: 8, bottom: 12 },
    Math.max(...points.map((point) => point.ratePerSecond), 0) * 1.05,
    2,
  );
  const utilization = scalesOf({ height: 104, top: 8, bottom: 28 }, 1, 2);
  const crosshairSeconds = state.pointed.atSeconds;
  const shared = { happenings: options.happenings, crosshairSeconds };
  return h(
    "div",
    { class: "chart-stack" },
    readout(points, crosshairSeconds),
    h(
      "div",
      {
        class: "charts",
        tabindex: 0,
        role: "group",
        "aria-label": `Charts of ${options.subject}. Left and right arrows move the crosshair.`,
        mounted: measured("charts", act.dispatch),
        on: {
          pointermove: (event: PointerEvent) => pointAt(event, points, band, act),
          pointerleave: () => act.dispatch({ type: "pointed", pointed: { atSeconds: null } }),
          keydown: (event: KeyboardEvent) => step(event, points, crosshairSeconds, act),
        },
      },
      h("h3", { class: "chart-title" }, "Latency, p95"),
      bandChart(points, { ...shared, label: describe(points, options.subject) }, band),
      h("h3", { class: "chart-title" }, "Load, calls per second"),
      levelChart(
        points.map((point) => ({ atSeconds: point.atSeconds, value: point.ratePerSecond })),
        { ...shared, label: `Load of ${options.subject}`, tone: "rate", format: String, hasTimes: false, limit: null },
        rate,
      ),
      h("h3", { class: "chart-title" }, "Utilisation"),
      levelChart(
        points.map((point) => ({
          atSeconds: point.atSeconds,
          value: point.utilization === null ? null : Math.min(1, point.utilization),
        })),
        {
          ...shared,
          label: `Utilisation of ${options.subject}`,
          tone: "utilization",
          format: formatShare,
          hasTimes: true,
          limit: 1,
        },
        utilization,
      ),
    ),
    dataTable(points, options.subject),
  );
}

/** What the charts say where the crosshair stands; the legend of the band chart while it stands nowhere. */
function readout(points: readonly SeriesPoint[], atSeconds: number | null): Elem {
  const point = points.find((one) => one.atSeconds === atSeconds);
  if (point === undefined) {
    return h(
      "p",
      { class: "readout" },
      h("span", { class: "key key-observed" }, "observed"),
      h("span", { class: "key key-above" }, "above the band"),
      h("span", { class: "key key-band" }, "expected at this load, 5 to 95 %"),
    );
  }
  const predicted = point.predictedP95Seconds;
  const where = standing(point);
  return h(
    "p",
    { class: "readout" },
    h("strong", {}, `${formatClock(point.atSeconds)} UTC`),
    h(
      "span",
      { class: where === "above" ? "is-above" : "" },
      `p95 ${formatDuration(point.observedP95Seconds)}${where === "above" ? " ▲ above" : ""}`,
    ),
    h(
      "span",
      {},
      predicted === null
        ? "no expectation"
        : `expected ${formatDuration(predicted[0])} to ${formatDuration(predicted[2])}`,
    ),
    h("span", {}, formatRate(point.ratePerSecond)),
    h("span", {}, `utilisation ${formatShare(point.utilization)}`),
  );
}

function describe(points: readonly SeriesPoint[], subject: string): string {
  const above = points.filter((point) => standing(point) === "above").length;
  const worst = points.reduce<number | null>(
    (top, point) => (point.observedP95Seconds === null ? top : Math.max(top ?? 0, point.observedP95Seconds)),
    null,
  );
  return `p95 latency of ${subject} over the predicted band: ${points.length} windows, ${above} above the band, highest ${formatDuration(worst)}`;
}

function pointAt(event: PointerEvent, points: readonly SeriesPoint[], scales: Scales, act: Act): void {
  const left = (event.currentTarget as Element).getBoundingClientRect().left;
  const seconds = scales.timeAt(event.clientX - left);
  const nearest = points.reduce<SeriesPoint | null>(
    (best, point) =>
      best === null || Math.abs(point.atSeconds - seconds) < Math.abs(best.atSeconds - seconds) ? point : best,
    null,
  );
  act.dispatch({ type: "pointed", pointed: { atSeconds: nearest?.atSeconds ?? null } });
}

function step(event: KeyboardEvent, points: readonly SeriesPoint[], atSeconds: number | null, act: Act): void {
  if (event.key === "Escape") {
    act.dispatch({ type: "pointed", pointed: { atSeconds: null } });
    return;
  }
  const way = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
  if (way === 0 || points.length === 0) return;
  event.preventDefault();
  const index = points.findIndex((point) => point.atSeconds === atSeconds);
  const next =
    index < 0
      ? way > 0
        ? 0
        : points.length - 1
      : Math.min(points.length - 1, Math.max(0, index + way * (event.shiftKey ? 10 : 1)));
  act.dispatch({ type: "pointed", pointed: { atSeconds: points[next]?.atSeconds ?? null } });
}

/** The same numbers as a table, for who cannot or will not read the chart. */
const dataTable = (points: readonly SeriesPoint[], subject: string): Elem =>
  h(
    "details",
    { class: "data-table" },
    h("summary", {}, "The same as a table"),
    scrolled(
      `Windows of ${subject}`,
      h(
        "table",
        {},
        columnHeads(
          "Time (UTC)",
          { name: "p95", class: "number" },
          { name: "Expected 5 %", class: "number" },
          { name: "50 %", class: "number" },
          { name: "95 %", class: "number" },
          { name: "Load", class: "number" },
          { name: "Utilisation", class: "number" },
        ),
        h(
          "tbody",
          {},
          points.map((point) =>
            h(
              "tr",
              { class: standing(point) === "above" ? "is-above" : "" },
              [
                formatClock(point.atSeconds),
                formatDuration(point.observedP95Seconds),
                ...[0, 1, 2].map((index) => formatDuration(point.predictedP95Seconds?.[index])),
                formatRate(point.ratePerSecond),
                formatShare(point.utilization),
              ].map((text, index) =>
                index === 0 ? h("th", { scope: "row" }, text) : h("td", { class: "number" }, text),
              ),
            ),
          ),
        ),
      ),
    ),
  );
