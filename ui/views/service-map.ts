import type { MapEdge, MapNode, ServiceMap } from "../../src/contracts/api.ts";
import { type Elem, h, remember } from "../dom/element.ts";
import { healthsByWeight, healthWords } from "../format/words.ts";
import { wayKey } from "../layout/columns.ts";
import type { Graph } from "../layout/layers.ts";
import { type Direction, nearestInDirection } from "../layout/nearest.ts";
import { type Flow, type Layout, placeNodes } from "../layout/place.ts";
import { mapEdge } from "../marks/map-edge.ts";
import { mapNode } from "../marks/map-node.ts";
import type { Route } from "../state/route.ts";
import { type AppState, nowhere } from "../state/state.ts";
import type { Act } from "./act.ts";
import { attachCamera, type ZoomWish, zoomWishEvent } from "./camera.ts";
import { controls, legend, tooltip } from "./map-overlay.ts";
import { measured } from "./measure.ts";

type HomeRoute = Extract<Route, { page: "home" }>;

/** Below this width requests run down instead of to the right. */
const narrowWidth = 560;

const layouts = new WeakMap<Graph, Partial<Record<Flow, Layout>>>();

/** The layout of a graph, computed once: the graph keeps its identity while nothing is added. */
function layoutOf(graph: Graph, flow: Flow): Layout {
  const known = layouts.get(graph) ?? {};
  const layout =
    known[flow] ?? placeNodes(graph, flow, flow === "right" ? { column: 168, row: 118 } : { column: 128, row: 100 });
  layouts.set(graph, { ...known, [flow]: layout });
  return layout;
}

/** The map with its controls, legend and tooltip. */
export function serviceMap(state: AppState, route: HomeRoute, act: Act): Elem {
  const map = state.map;
  const flow: Flow = (state.widths["map"] ?? narrowWidth) < narrowWidth ? "down" : "right";
  return h(
    "section",
    { key: "map", class: "map", "aria-labelledby": "title-map" },
    h(
      "div",
      { class: "section-head" },
      h("h2", { id: "title-map" }, "Service map"),
      map === null ? null : h("span", { class: "muted" }, summaryOf(map)),
    ),
    h(
      "div",
      { class: "map-frame", mounted: measured("map", act.dispatch) },
      map === null || map.nodes.length === 0
        ? h("p", { class: "pending" }, "No service has been seen yet.")
        : picture(map, state.graph, flow, route, act),
      map === null || map.nodes.length === 0 ? null : controls(),
      map === null ? null : tooltip(state, map),
    ),
    legend(),
  );
}

/** `11 nodes, 1 faulty, 2 affected` */
function summaryOf(map: ServiceMap): string {
  const counts = healthsByWeight.map((health) => ({
    health,
    count: map.nodes.filter((node) => node.health === health).length,
  }));
  const named = counts
    .filter(({ count }) => count > 0)
    .map(({ health, count }) => `${count} ${healthWords[health].label}`);
  return [`${map.nodes.length} nodes`, ...named].join(" · ");
}

const picture = remember((map: ServiceMap, graph: Graph, flow: Flow, route: HomeRoute, act: Act): Elem => {
  const layout = layoutOf(graph, flow);
  const byName = new Map(map.nodes.map((node) => [node.name, node]));
  const selected = route.node !== null && byName.has(route.node) ? route.node : null;
  const select = (node: string | null): void => act.go({ ...route, node });
  return h(
    "svg",
    {
      key: "picture",
      class: "map-picture",
      role: "group",
      "aria-label": "Service map. Tab reaches the nodes, arrows move between them, Enter selects.",
      "data-bounds": `${layout.width} ${layout.height}`,
      mounted: (element) =>
        attachCamera(element as SVGSVGElement, () => act.dispatch({ type: "pointed", pointed: nowhere })),
      on: {
        click: (event: MouseEvent) => {
          const node = nodeOf(event.target);
          if (node !== null) select(node === selected ? null : node);
        },
        keydown: (event: KeyboardEvent) => keyed(event, layout, byName, select),
        pointerover: (event: PointerEvent) => point(event, act),
        pointerleave: () => act.dispatch({ type: "pointed", pointed: nowhere }),
        focusin: (event: FocusEvent) => point(event, act),
        focusout: () => act.dispatch({ type: "pointed", pointed: nowhere }),
      },
    },
    h("defs", {}, arrow("arrow"), arrow("arrow-path")),
    h(
      "g",
      { class: "viewport" },
      h(
        "g",
        { class: "edges" },
        [...map.edges].sort(byPath(byName)).flatMap((edge) => edgeMark(edge, layout, flow, byName, selected)),
      ),
      h(
        "g",
        { class: "nodes" },
        readingOrder(map.nodes, layout, flow).flatMap((node) => {
          const place = layout.places.get(node.name);
          return place === undefined
            ? []
            : [mapNode(node, { isSelected: node.name === selected, isAside: false }, place)];
        }),
      ),
    ),
  );
});

const arrow = (id: string): Elem =>
  h(
    "marker",
    {
      id,
      class: id,
      viewBox: "0 0 8 8",
      refX: 6,
      refY: 4,
      markerWidth: 8,
      markerHeight: 8,
      markerUnits: "userSpaceOnUse",
      orient: "auto",
    },
    h("path", { d: "M0 .5L7.5 4L0 7.5z" }),
  );

const isTroubled = (node: MapNode | undefined): boolean =>
  node !== undefined && (node.health === "faulty" || node.health === "affected");

const isOnPath = (edge: MapEdge, byName: ReadonlyMap<string, MapNode>): boolean =>
  isTroubled(byName.get(edge.from)) && isTroubled(byName.get(edge.to));

/** Edges on a fault's path are drawn last, over the others. */
const byPath =
  (byName: ReadonlyMap<string, MapNode>) =>
  (a: MapEdge, b: MapEdge): number =>
    Number(isOnPath(a, byName)) - Number(isOnPath(b, byName)) || (`${a.from} ${a.to}` < `${b.from} ${b.to}` ? -1 : 1);

function edgeMark(
  edge: MapEdge,
  layout: Layout,
  flow: Flow,
  byName: ReadonlyMap<string, MapNode>,
  selected: string | null,
): readonly Elem[] {
  const from = layout.places.get(edge.from);
  const to = layout.places.get(edge.to);
  if (from === undefined || to === undefined || edge.from === edge.to) return [];
  const isAside = selected !== null && edge.from !== selected && edge.to !== selected;
  const way = layout.ways.get(wayKey(edge.from, edge.to)) ?? [];
  return [mapEdge(edge, { flow, isOnPath: isOnPath(edge, byName), isAside, way }, from, to)];
}

/** Tab goes through the map as requests do. */
const readingOrder = (nodes: readonly MapNode[], layout: Layout, flow: Flow): readonly MapNode[] =>
  [...nodes].sort((a, b) => {
    const one = layout.places.get(a.name);
    const other = layout.places.get(b.name);
    if (one === undefined || other === undefined) return 0;
    return flow === "right" ? one.x - other.x || one.y - other.y : one.y - other.y || one.x - other.x;
  });

const nodeOf = (target: EventTarget | null): string | null =>
  target instanceof Element ? (target.closest("[data-node]")?.getAttribute("data-node") ?? null) : null;

const directions: Readonly<Record<string, Direction>> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};
const wishes: Readonly<Record<string, ZoomWish>> = { "+": "in", "=": "in", "-": "out", "−": "out", "0": "fit" };

function keyed(
  event: KeyboardEvent,
  layout: Layout,
  byName: ReadonlyMap<string, MapNode>,
  select: (node: string) => void,
): void {
  const node = nodeOf(event.target);
  const svg = event.currentTarget as SVGSVGElement;
  const direction = directions[event.key];
  const wish = wishes[event.key];
  if (node !== null && (event.key === "Enter" || event.key === " ")) select(node);
  else if (node !== null && direction !== undefined) {
    const places = new Map([...layout.places].filter(([name]) => byName.has(name)));
    const next = nearestInDirection(places, node, direction);
    if (next !== null)
      [...svg.querySelectorAll<SVGGElement>("[data-node]")].find((one) => one.dataset["node"] === next)?.focus();
  } else if (wish !== undefined) svg.dispatchEvent(new CustomEvent<ZoomWish>(zoomWishEvent, { detail: wish }));
  else return;
  event.preventDefault();
}

/** Says where the tooltip goes: over the node, inside the frame. */
function point(event: Event, act: Act): void {
  const node = nodeOf(event.target);
  const mark = event.target instanceof Element ? event.target.closest("[data-node]") : null;
  const frame = mark?.closest(".map-frame");
  if (node === null || mark === null || frame === null || frame === undefined) {
    act.dispatch({ type: "pointed", pointed: nowhere });
    return;
  }
  const around = frame.getBoundingClientRect();
  const box = (mark.querySelector(".ring-track") ?? mark).getBoundingClientRect();
  const x = Math.min(around.width - 132, Math.max(132, box.left + box.width / 2 - around.left));
  act.dispatch({ type: "pointed", pointed: { node, x: Math.round(x), y: Math.round(box.top - around.top) } });
}
