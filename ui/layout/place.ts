import { forceCollide, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3";
import { type Graph, layersOf } from "./layers.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}

export type Flow = "right" | "down";

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  /** Bounds of the nodes' centres. */
  readonly width: number;
  readonly height: number;
}

export interface Spacing {
  /** Between the centres of neighbouring columns, in map units. */
  readonly column: number;
  /** Between the centres of neighbours in a column. */
  readonly row: number;
}

interface Slot extends SimulationNodeDatum {
  readonly name: string;
  readonly column: number;
  y: number;
}

/**
 * Where every node stands: entries first, leaves last, callers near their callees, no overlap.
 *
 * The same graph gives the same places, whatever the order of its parts and however often it is asked: people
 * remember where a service is. `flow` says whether requests run to the right or, on narrow screens, down.
 */
export function placeNodes(graph: Graph, flow: Flow, spacing: Spacing): Layout {
  const columns = orderedColumns(graph);
  const slots = relaxed(columns, graph, spacing);
  const lowest = Math.min(0, ...slots.map((slot) => slot.y));
  const places = new Map<string, Place>();
  let width = 0;
  let height = 0;
  for (const slot of slots) {
    const along = slot.column * spacing.column;
    const across = Math.round(slot.y - lowest);
    const place = flow === "right" ? { x: along, y: across } : { x: across, y: along };
    places.set(slot.name, place);
    width = Math.max(width, place.x);
    height = Math.max(height, place.y);
  }
  return { places, width, height };
}

/** Layers as columns, each ordered so that edges cross little; a layer too tall to read is folded into several columns. */
function orderedColumns(graph: Graph): readonly (readonly string[])[] {
  const layer = layersOf(graph);
  const layers: string[][] = [];
  for (const name of [...layer.keys()].sort()) {
    const index = layer.get(name) ?? 0;
    while (layers.length <= index) layers.push([]);
    layers[index]?.push(name);
  }
  const neighbours = neighboursOf(graph);
  const rank = new Map<string, number>();
  const rankAll = (): void => {
    for (const names of layers) for (const [index, name] of names.entries()) rank.set(name, (index + 0.5) / names.length);
  };
  rankAll();
  // Barycentre sweeps, down and up; a fixed number, so that the result is a function of the graph alone.
  for (let sweep = 0; sweep < 8; sweep += 1) {
    const order = sweep % 2 === 0 ? layers : [...layers].reverse();
    for (const names of order) {
      const weight = new Map(names.map((name) => [name, mean((neighbours.get(name) ?? []).map((other) => rank.get(other) ?? 0.5)) ?? rank.get(name) ?? 0.5]));
      names.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0) || (a < b ? -1 : 1));
      rankAll();
    }
  }
  const tallest = Math.max(6, Math.ceil(Math.sqrt(graph.nodes.length * 1.1)));
  return layers.flatMap((names) => folded(names, tallest));
}

function folded(names: readonly string[], tallest: number): readonly (readonly string[])[] {
  const parts = Math.ceil(names.length / tallest);
  return Array.from({ length: parts }, (_, part) => names.filter((_name, index) => index % parts === part));
}

/** Small force relaxation across the columns: nodes lean towards their neighbours and keep their distance. */
function relaxed(columns: readonly (readonly string[])[], graph: Graph, spacing: Spacing): readonly Slot[] {
  const slots: Slot[] = columns.flatMap((names, column) =>
    names.map((name, index) => ({ name, column, x: column * spacing.column * 4, y: (index - (names.length - 1) / 2) * spacing.row })),
  );
  const byName = new Map(slots.map((slot) => [slot.name, slot]));
  const neighbours = neighboursOf(graph);
  const simulation = forceSimulation(slots)
    .randomSource(() => 0.5)
    .force("column", forceX<Slot>((slot) => slot.column * spacing.column * 4).strength(1))
    .force("distance", forceCollide<Slot>(spacing.row / 2).strength(0.9))
    .stop();
  for (let step = 0; step < 24; step += 1) {
    // Columns stand far apart here, so that only neighbours in a column push each other.
    const wish = new Map(slots.map((slot) => [slot.name, mean((neighbours.get(slot.name) ?? []).map((other) => byName.get(other)?.y ?? 0)) ?? slot.y]));
    simulation.force("lean", forceY<Slot>((slot) => wish.get(slot.name) ?? 0).strength(0.2));
    simulation.tick();
  }
  for (const column of columns.keys()) spread(slots.filter((slot) => slot.column === column), spacing.row);
  return slots;
}

/** Pushes the nodes of one column apart to at least `row`, keeping their order and their common centre. */
function spread(column: readonly Slot[], row: number): void {
  const sorted = [...column].sort((a, b) => a.y - b.y || (a.name < b.name ? -1 : 1));
  const centre = mean(sorted.map((slot) => slot.y)) ?? 0;
  for (const [index, slot] of sorted.entries()) {
    const above = sorted[index - 1];
    if (above !== undefined) slot.y = Math.max(slot.y, above.y + row);
  }
  const shift = centre - (mean(sorted.map((slot) => slot.y)) ?? 0);
  for (const slot of sorted) slot.y += shift;
}

function neighboursOf(graph: Graph): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, string[]>(graph.nodes.map((name) => [name, []]));
  const edges = [...graph.edges].sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.to < b.to ? -1 : 1));
  for (const { from, to } of edges) {
    if (from === to || !neighbours.has(from) || !neighbours.has(to)) continue;
    neighbours.get(from)?.push(to);
    neighbours.get(to)?.push(from);
  }
  return neighbours;
}

const mean = (values: readonly number[]): number | null => (values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length);
