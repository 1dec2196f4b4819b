import { arc } from "d3";
import type { MapNode } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import { formatDuration, formatRate, formatShare, plural } from "../format/quantity.ts";
import { healthWords, nodeKindWords } from "../format/words.ts";
import type { Place } from "../layout/place.ts";
import { healthShapes } from "./health-symbol.ts";
import { kindShapes } from "./kind-shape.ts";

export interface MapNodeOptions {
  readonly isSelected: boolean;
  /** Drawn pale: something else is looked at. */
  readonly isAside: boolean;
}

const ring = arc<number>()
  .innerRadius(26)
  .outerRadius(30)
  .startAngle(0)
  .endAngle((share) => share * 2 * Math.PI)
  .cornerRadius(2);

/** Beyond this length a name is cut in the map; the tooltip, the panel and the label for readers say it in full. */
const longestName = 20;

const shortName = (name: string): string => {
  if (name.length <= longestName) return name;
  const last = name.slice(name.lastIndexOf("/") + 1);
  return last.length <= longestName - 1 && last !== name ? `…${last}` : `${name.slice(0, longestName - 1)}…`;
};

/** All that a node of the map shows, said in words; what can be read in the picture stands in it in the same order. */
export function nodeLabel(node: MapNode): string {
  const shown = shortName(node.name);
  const parts = [
    `${healthWords[node.health].label} ${nodeKindWords[node.kind]} ${shown}`,
    formatRate(node.ratePerSecond),
    node.utilization === null ? null : `${formatShare(node.utilization)} utilised`,
    node.observedP95Seconds === null ? null : `p95 ${formatDuration(node.observedP95Seconds)}`,
    node.instanceCount > 1 ? plural(node.instanceCount, "instance") : null,
    shown === node.name ? null : `in full ${node.name}`,
  ];
  return parts.filter((part) => part !== null).join(", ");
}

/** One node of the service map: kind by shape, health by colour and sign, utilisation as a ring, rate beneath. */
export function mapNode(node: MapNode, options: MapNodeOptions, place: Place): Elem {
  const share = node.utilization === null ? null : Math.min(1, Math.max(0, node.utilization));
  const classes = [
    "map-node",
    `health-${node.health}`,
    options.isSelected ? "selected" : "",
    options.isAside ? "aside" : "",
  ];
  return h(
    "g",
    {
      key: node.name,
      class: classes.filter(Boolean).join(" "),
      transform: `translate(${place.x} ${place.y})`,
      "data-node": node.name,
      tabindex: 0,
      role: "button",
      "aria-pressed": options.isSelected ? "true" : "false",
      "aria-label": nodeLabel(node),
    },
    h("circle", { class: "node-halo", r: 34 }),
    h("circle", { class: "ring-track", r: 28 }),
    share === null || share === 0
      ? null
      : h("path", { class: share >= 0.85 ? "ring high" : "ring", d: ring(share) ?? "" }),
    kindShapes(node.kind),
    node.health === "healthy"
      ? null
      : h(
          "g",
          { class: "node-badge", transform: "translate(13 -33)" },
          h("circle", { class: "badge-ground", cx: 8, cy: 8, r: 10 }),
          healthShapes(node.health),
        ),
    h("text", { class: "node-name", y: 47 }, shortName(node.name)),
    // Spaces in between, so that the words do not run together for who reads the text alone.
    " ",
    h("text", { class: "node-rate", y: 62 }, formatRate(node.ratePerSecond)),
    " ",
    h(
      "text",
      { class: "node-share", y: 4 },
      node.utilization === null ? "–" : formatShare(node.utilization).replace(" ", "\u2009"),
    ),
  );
}
