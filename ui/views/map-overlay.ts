import type { MapNode, ServiceMap } from "../../src/contracts/api.ts";
import { type Elem, h, remember } from "../dom/element.ts";
import { formatDuration, formatRate, formatShare } from "../format/quantity.ts";
import { nodeKindWords } from "../format/words.ts";
import { kindIcon } from "../marks/kind-shape.ts";
import type { AppState } from "../state/state.ts";
import { type ZoomWish, zoomWishEvent } from "./camera.ts";
import { healthTag } from "./parts.ts";

/** What the pointed node is, in numbers; the panel and the label for readers say the same. */
export function tooltip(state: AppState, map: ServiceMap): Elem | null {
  const node = map.nodes.find((one) => one.name === state.pointed.node);
  if (node === undefined) return null;
  const { x, y } = state.pointed;
  const isBelow = y < 170;
  return h(
    "div",
    {
      key: "tooltip",
      class: isBelow ? "tooltip below" : "tooltip",
      "aria-hidden": "true",
      style: { left: `${x}px`, top: `${y}px` },
    },
    h(
      "div",
      { class: "tooltip-head" },
      h("strong", {}, node.name),
      h("span", { class: "muted" }, nodeKindWords[node.kind]),
    ),
    healthTag(node.health),
    h("div", {}, `${formatRate(node.ratePerSecond)} · utilisation ${formatShare(node.utilization)}`),
    h(
      "div",
      {},
      `p95 ${formatDuration(node.observedP95Seconds)}`,
      node.predictedP95Seconds === null
        ? ""
        : `, expected ${formatDuration(node.predictedP95Seconds[0])} to ${formatDuration(node.predictedP95Seconds[2])}`,
    ),
    node.errorShare > 0 ? h("div", {}, `errors ${formatShare(node.errorShare)}`) : null,
  );
}

export const controls = (): Elem =>
  h(
    "div",
    { class: "map-controls", role: "group", "aria-label": "Zoom" },
    (
      [
        ["in", "+", "Zoom in"],
        ["out", "−", "Zoom out"],
        ["fit", "⤢", "Fit the map"],
      ] as const
    ).map(([wish, sign, label]) =>
      h(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": label,
          title: label,
          on: { click: (event: MouseEvent) => send(event, wish) },
        },
        sign,
      ),
    ),
  );

function send(event: MouseEvent, wish: ZoomWish): void {
  const frame = (event.currentTarget as Element).closest(".map-frame");
  frame?.querySelector(".map-picture")?.dispatchEvent(new CustomEvent<ZoomWish>(zoomWishEvent, { detail: wish }));
}

const kinds: readonly MapNode["kind"][] = ["service", "database", "cache", "queue", "external"];

/** What shapes, rings and dashes mean. */
export const legend = remember(
  (): Elem =>
    h(
      "div",
      { class: "legend", "aria-hidden": "true" },
      kinds.map((kind) => h("span", { class: "legend-item" }, kindIcon(kind), nodeKindWords[kind])),
      h(
        "span",
        { class: "legend-item" },
        h(
          "svg",
          { class: "legend-ring", viewBox: "0 0 16 16", width: 16, height: 16 },
          h("circle", { class: "ring-track", cx: 8, cy: 8, r: 6 }),
          h("path", { class: "ring-arc", d: "M8 2a6 6 0 0 1 0 12" }),
        ),
        "utilisation",
      ),
      h(
        "span",
        { class: "legend-item" },
        h(
          "svg",
          { class: "legend-line", viewBox: "0 0 24 8", width: 24, height: 8 },
          h("path", { d: "M0 4h24", class: "async" }),
        ),
        "asynchronous",
      ),
    ),
);
