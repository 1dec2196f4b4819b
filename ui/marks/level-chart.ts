import { area, line } from "d3";
import { type Elem, h } from "../dom/element.ts";
import { axes, crosshairMark, type Happenings, happeningMarks, type Scales } from "./frame.ts";

export interface Level {
  readonly atSeconds: number;
  readonly value: number | null;
}

export interface LevelChartOptions {
  readonly label: string;
  /** Names the colour: `rate` or `utilization`. */
  readonly tone: string;
  readonly format: (value: number) => string;
  readonly hasTimes: boolean;
  readonly happenings: Happenings;
  readonly crosshairSeconds: number | null;
  /** A line to stay under, e.g. 1 for utilisation. */
  readonly limit: number | null;
}

/** One small curve with its area, to be read beside the chart above it. */
export function levelChart(levels: readonly Level[], options: LevelChartOptions, scales: Scales): Elem {
  const { box } = scales;
  const at = levels.find((level) => level.atSeconds === options.crosshairSeconds);
  return h(
    "svg",
    {
      class: `chart level-chart tone-${options.tone}`,
      width: box.width,
      height: box.height,
      viewBox: `0 0 ${box.width} ${box.height}`,
      role: "img",
      "aria-label": options.label,
    },
    happeningMarks(options.happenings, scales, false),
    axes(scales, options.format, options.hasTimes),
    options.limit === null
      ? null
      : h("line", {
          class: "limit-line",
          x1: box.left,
          x2: box.width - box.right,
          y1: scales.y(options.limit),
          y2: scales.y(options.limit),
        }),
    h("path", {
      class: "level-area",
      d:
        area<Level>()
          .defined((level) => level.value !== null)
          .x((level) => scales.x(level.atSeconds))
          .y0(scales.y(0))
          .y1((level) => scales.y(level.value ?? 0))([...levels]) ?? "",
    }),
    h("path", {
      class: "level-line",
      d:
        line<Level>()
          .defined((level) => level.value !== null)
          .x((level) => scales.x(level.atSeconds))
          .y((level) => scales.y(level.value ?? 0))([...levels]) ?? "",
    }),
    crosshairMark(options.crosshairSeconds, scales),
    at === undefined || at.value === null
      ? null
      : h("circle", { class: "crosshair-dot", cx: scales.x(at.atSeconds), cy: scales.y(at.value), r: 3.5 }),
  );
}
