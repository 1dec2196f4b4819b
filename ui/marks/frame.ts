import { type ScaleLinear, type ScaleTime, scaleLinear, scaleUtc } from "d3";
import { type Elem, h } from "../dom/element.ts";
import { formatClock } from "../format/moment.ts";

/** Where the plot lies in its picture, in CSS pixels. */
export interface Box {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Time in unix seconds runs across; the value, in the chart's own unit, up. */
export interface Scales {
  readonly x: (seconds: number) => number;
  readonly y: (value: number) => number;
  readonly xTicks: readonly { readonly at: number; readonly label: string }[];
  readonly yTicks: readonly number[];
  readonly box: Box;
  /** Unix seconds at a horizontal place. */
  readonly timeAt: (x: number) => number;
}

export function chartScales(box: Box, time: readonly [number, number], top: number, yTickCount: number): Scales {
  const x: ScaleTime<number, number> = scaleUtc()
    .domain([time[0] * 1000, time[1] * 1000])
    .range([box.left, box.width - box.right]);
  const y: ScaleLinear<number, number> = scaleLinear()
    .domain([0, top > 0 ? top : 1])
    .range([box.height - box.bottom, box.top])
    .nice(yTickCount);
  const ticks = x.ticks(Math.max(2, Math.floor((box.width - box.left - box.right) / 96)));
  const isCoarse = ticks.every((tick) => tick.getUTCSeconds() === 0);
  return {
    x: (seconds) => Math.round(x(seconds * 1000) * 10) / 10,
    y: (value) => Math.round(y(value) * 10) / 10,
    xTicks: ticks.map((tick) => ({
      at: tick.getTime() / 1000,
      label: isCoarse ? formatClock(tick.getTime() / 1000).slice(0, 5) : formatClock(tick.getTime() / 1000),
    })),
    yTicks: y.ticks(yTickCount),
    box,
    timeAt: (place) => x.invert(place).getTime() / 1000,
  };
}

/** Grid lines with their values at the left, and times beneath when asked for. */
export function axes(scales: Scales, format: (value: number) => string, hasTimes: boolean): Elem {
  const { box } = scales;
  const right = box.width - box.right;
  const floor = box.height - box.bottom;
  return h(
    "g",
    { class: "axes" },
    scales.yTicks.map((tick) => [
      h("line", {
        class: tick === 0 ? "axis-line" : "grid-line",
        x1: box.left,
        x2: right,
        y1: scales.y(tick),
        y2: scales.y(tick),
      }),
      h("text", { class: "tick y", x: box.left - 8, y: scales.y(tick) + 4 }, format(tick)),
    ]),
    hasTimes
      ? scales.xTicks.map((tick) => [
          h("line", { class: "tick-line", x1: scales.x(tick.at), x2: scales.x(tick.at), y1: floor, y2: floor + 4 }),
          h("text", { class: "tick x", x: scales.x(tick.at), y: floor + 17 }, tick.label),
        ])
      : null,
  );
}

/** What happened while: the span of a fault or of a surge, and single moments. */
export interface Happenings {
  readonly verdict: "fault" | "traffic";
  readonly span: readonly [number, number] | null;
  readonly moments: readonly { readonly atSeconds: number; readonly label: string }[];
}

/** Shades the fault's time and marks its moments. `hasLabels` for the topmost chart of a stack only. */
export function happeningMarks(happenings: Happenings, scales: Scales, hasLabels: boolean): Elem {
  const { box } = scales;
  const right = box.width - box.right;
  const clamp = (x: number): number => Math.min(right, Math.max(box.left, x));
  const floor = box.height - box.bottom;
  const span = happenings.span;
  const moments = happenings.moments.filter(
    ({ atSeconds }) => scales.x(atSeconds) >= box.left && scales.x(atSeconds) <= right,
  );
  return h(
    "g",
    { class: `happenings verdict-${happenings.verdict}` },
    span === null
      ? null
      : h("rect", {
          class: "happening-span",
          x: clamp(scales.x(span[0])),
          y: box.top,
          width: Math.max(0, clamp(scales.x(span[1])) - clamp(scales.x(span[0]))),
          height: floor - box.top,
        }),
    moments.map(({ atSeconds, label }, index) => [
      h("line", { class: "moment-line", x1: scales.x(atSeconds), x2: scales.x(atSeconds), y1: box.top, y2: floor }),
      hasLabels
        ? momentLabel(
            label,
            scales.x(atSeconds),
            box,
            index,
            moments.map((one) => scales.x(one.atSeconds)),
          )
        : null,
    ]),
  );
}

/** A label turns to the side where there is room, and takes a second row when its neighbour is near. */
function momentLabel(label: string, x: number, box: Box, index: number, all: readonly number[]): Elem {
  const isRightmost = x > box.width - box.right - 72;
  const previous = all[index - 1];
  const row = previous !== undefined && x - previous < 64 ? 1 : 0;
  return h(
    "text",
    {
      class: "moment",
      x: isRightmost ? x - 4 : x + 4,
      y: box.top + 11 + row * 14,
      "text-anchor": isRightmost ? "end" : "start",
    },
    label,
  );
}

/** The shared crosshair. */
export const crosshairMark = (atSeconds: number | null, scales: Scales): Elem | null => {
  if (atSeconds === null) return null;
  const x = scales.x(atSeconds);
  return h("line", { class: "crosshair", x1: x, x2: x, y1: scales.box.top, y2: scales.box.height - scales.box.bottom });
};
