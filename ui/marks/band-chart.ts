import { area, line } from "d3";
import type { SeriesPoint } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatDuration } from "../format/quantity.ts";
import { axes, crosshairMark, type Happenings, happeningMarks, type Scales } from "./frame.ts";

export interface BandChartOptions {
  readonly label: string;
  readonly happenings: Happenings;
  readonly crosshairSeconds: number | null;
}

/** Above the band, within it, or below; null when one of the two is unknown. */
export type Standing = "above" | "within" | "below";

export function standing(point: SeriesPoint): Standing | null {
  if (point.observedP95Seconds === null || point.predictedP95Seconds === null) return null;
  if (point.observedP95Seconds > point.predictedP95Seconds[2]) return "above";
  return point.observedP95Seconds < point.predictedP95Seconds[0] ? "below" : "within";
}

/** The value the vertical axis must reach, in seconds. */
export const bandTopSeconds = (points: readonly SeriesPoint[]): number =>
  points.reduce((top, point) => Math.max(top, point.observedP95Seconds ?? 0, point.predictedP95Seconds?.[2] ?? 0), 0) *
  1.08;

/** Observed p95 over the band the twin predicts for it (5 % to 95 % of replicates); what leaves the band upwards is marked. */
export function bandChart(points: readonly SeriesPoint[], options: BandChartOptions, scales: Scales): Elem {
  const { box } = scales;
  const at = points.find((point) => point.atSeconds === options.crosshairSeconds);
  return h(
    "svg",
    {
      class: "chart band-chart",
      width: box.width,
      height: box.height,
      viewBox: `0 0 ${box.width} ${box.height}`,
      role: "img",
      "aria-label": options.label,
    },
    happeningMarks(options.happenings, scales, true),
    axes(scales, formatDuration, false),
    h("path", { class: "band", d: bandPath(points, scales) }),
    h("path", { class: "band-middle", d: middlePath(points, scales) }),
    h("path", { class: "observed", d: observedPath(points, scales) }),
    h("path", { class: "observed above", d: abovePath(points, scales) }),
    points.flatMap((point, index) => observedDot(points, point, index, scales)),
    crosshairMark(options.crosshairSeconds, scales),
    at === undefined || at.observedP95Seconds === null
      ? null
      : h("circle", {
          class: standing(at) === "above" ? "crosshair-dot above" : "crosshair-dot",
          cx: scales.x(at.atSeconds),
          cy: scales.y(at.observedP95Seconds),
          r: 4.5,
        }),
  );
}

const bandPath = (points: readonly SeriesPoint[], scales: Scales): string =>
  area<SeriesPoint>()
    .defined((point) => point.predictedP95Seconds !== null)
    .x((point) => scales.x(point.atSeconds))
    .y0((point) => scales.y(point.predictedP95Seconds?.[0] ?? 0))
    .y1((point) => scales.y(point.predictedP95Seconds?.[2] ?? 0))([...points]) ?? "";

const middlePath = (points: readonly SeriesPoint[], scales: Scales): string =>
  line<SeriesPoint>()
    .defined((point) => point.predictedP95Seconds !== null)
    .x((point) => scales.x(point.atSeconds))
    .y((point) => scales.y(point.predictedP95Seconds?.[1] ?? 0))([...points]) ?? "";

const observedPath = (points: readonly SeriesPoint[], scales: Scales): string =>
  line<SeriesPoint>()
    .defined((point) => point.observedP95Seconds !== null)
    .x((point) => scales.x(point.atSeconds))
    .y((point) => scales.y(point.observedP95Seconds ?? 0))([...points]) ?? "";

/** Only the stretches between two neighbours of which one at least is above the band. */
function abovePath(points: readonly SeriesPoint[], scales: Scales): string {
  const parts: string[] = [];
  for (const [index, point] of points.entries()) {
    const next = points[index + 1];
    if (next === undefined || point.observedP95Seconds === null || next.observedP95Seconds === null) continue;
    if (standing(point) !== "above" || standing(next) !== "above") continue;
    parts.push(
      `M${scales.x(point.atSeconds)} ${scales.y(point.observedP95Seconds)}L${scales.x(next.atSeconds)} ${scales.y(next.observedP95Seconds)}`,
    );
  }
  return parts.join("");
}

/** A dot where the line alone would say nothing: above the band, or without neighbours. */
function observedDot(
  points: readonly SeriesPoint[],
  point: SeriesPoint,
  index: number,
  scales: Scales,
): readonly Elem[] {
  if (point.observedP95Seconds === null) return [];
  const isAlone = points[index - 1]?.observedP95Seconds == null && points[index + 1]?.observedP95Seconds == null;
  const isAbove = standing(point) === "above";
  if (!isAlone && !isAbove) return [];
  return [
    h("circle", {
      class: isAbove ? "observed-dot above" : "observed-dot",
      cx: scales.x(point.atSeconds),
      cy: scales.y(point.observedP95Seconds),
      r: 2.5,
    }),
  ];
}
