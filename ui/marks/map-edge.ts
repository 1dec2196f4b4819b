import { curveBumpX, curveBumpY, line } from "d3";
import type { MapEdge } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";
import type { Flow, Place } from "../layout/place.ts";

export interface MapEdgeOptions {
  readonly flow: Flow;
  /** The edge lies on the way a fault spreads, from the slow caller to its cause. */
  readonly isOnPath: boolean;
  readonly isAside: boolean;
  /** Points to lead it through, past the nodes in between. */
  readonly way: readonly Place[];
}

/** Radius kept free around a node, so that arrows end at its ring. */
const clearance = 34;

/** A call between two nodes: wide when busy, dashed when asynchronous, an arrow at the callee. */
export function mapEdge(edge: MapEdge, options: MapEdgeOptions, from: Place, to: Place): Elem {
  const classes = [
    "map-edge",
    edge.isAsync ? "async" : "",
    options.isOnPath ? "on-path" : "",
    options.isAside ? "aside" : "",
  ];
  return h("path", {
    key: `${edge.from}→${edge.to}${edge.isAsync ? "~" : ""}`,
    class: classes.filter(Boolean).join(" "),
    d: edgePath(from, to, options),
    "stroke-width": edgeWidth(edge.ratePerSecond),
    "marker-end": `url(#${options.isOnPath ? "arrow-path" : "arrow"})`,
  });
}

/** 1.2 to 5 px, by the logarithm of the rate: a hundredfold rate is not a hundredfold line. */
export const edgeWidth = (ratePerSecond: number): number =>
  Math.round((1.2 + Math.min(3.8, Math.log10(1 + Math.max(0, ratePerSecond)) * 1.2)) * 10) / 10;

function edgePath(from: Place, to: Place, { flow, way }: MapEdgeOptions): string {
  const isRight = flow === "right";
  if ((isRight ? to.x - from.x : to.y - from.y) <= 0) return backPath(from, to, flow);
  // Names stand beneath the nodes: an edge that runs down leaves below them.
  const start: Place = isRight ? { x: from.x + clearance, y: from.y } : { x: from.x, y: from.y + clearance + 34 };
  const end: Place = isRight ? { x: to.x - clearance - 4, y: to.y } : { x: to.x, y: to.y - clearance - 4 };
  const path = line<Place>()
    .x((point) => point.x)
    .y((point) => point.y)
    .curve(isRight ? curveBumpX : curveBumpY);
  return (path([start, ...way, end]) ?? "").replace(/(\.\d)\d+/g, "$1");
}

/** A call back up the flow, or within a column, bows out beside the nodes in between. */
function backPath(from: Place, to: Place, flow: Flow): string {
  const bow = 56;
  if (flow === "right") {
    const down = to.y >= from.y ? 1 : -1;
    const isSameColumn = from.x === to.x;
    if (isSameColumn)
      return `M${from.x + 24} ${from.y + down * 24}C${from.x + bow + 24} ${from.y + down * 48},${to.x + bow + 24} ${to.y - down * 48},${to.x + 27} ${to.y - down * 27}`;
    return `M${from.x} ${from.y - clearance}C${from.x} ${from.y - clearance - bow},${to.x} ${to.y - clearance - bow},${to.x} ${to.y - clearance - 4}`;
  }
  return `M${from.x + clearance} ${from.y}C${from.x + clearance + bow} ${from.y},${to.x + clearance + bow} ${to.y},${to.x + clearance + 4} ${to.y}`;
}
