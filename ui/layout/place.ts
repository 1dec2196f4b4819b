import { forceCollide, forceSimulation, forceX, forceY, type SimulationNodeDatum } from "d3";
import { columnsOf, wayKey } from "./columns.ts";
import type { Graph } from "./layers.ts";

export interface Place {
  readonly x: number;
  readonly y: number;
}

export type Flow = "right" | "down";

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  /** Points an edge goes through on its way past the columns in between, by `wayKey`. */
  readonly ways: ReadonlyMap<string, readonly Place[]>;
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
  /** Room it takes in its column; a passing edge needs less than a node. */
  readonly room: number;
  y: number;
}

const relaxationSteps = 24;
const passingShare = 0.5;

/**
 * Where every node stands: entries first, leaves last, callers near their callees, no overlap, and long edges led
 * between the nodes they pass.
 *
 * The same graph gives the same places, whatever the order of its parts and however often it is asked: people
 * remember where a service is. `flow` says whether requests run to the right or, on narrow screens, down.
 */
export function placeNodes(graph: Graph, flow: Flow, spacing: Spacing): Layout {
  const { columns, neighbours, passing } = columnsOf(graph);
  const slots = relaxed(columns, neighbours, passing, spacing);
  const first = slots.reduce(
    (least, slot) => (passing.has(slot.name) ? least : Math.min(least, slot.y)),
    Number.POSITIVE_INFINITY,
  );
  const places = new Map<string, Place>();
  const ways = new Map<string, Place[]>();
  let width = 0;
  let height = 0;
  for (const slot of slots) {
    const along = slot.column * spacing.column;
    const across = Math.round(slot.y - first);
    const place = flow === "right" ? { x: along, y: across } : { x: across, y: along };
    const edge = passing.get(slot.name);
    if (edge === undefined) {
      places.set(slot.name, place);
      width = Math.max(width, place.x);
      height = Math.max(height, place.y);
    } else ways.set(wayKey(edge.from, edge.to), [...(ways.get(wayKey(edge.from, edge.to)) ?? []), place]);
  }
  return { places, ways, width, height };
}

/** Small force relaxation across the columns: nodes lean towards their neighbours and keep their distance. */
function relaxed(
  columns: readonly (readonly string[])[],
  neighbours: ReadonlyMap<string, readonly string[]>,
  passing: ReadonlyMap<string, unknown>,
  spacing: Spacing,
): readonly Slot[] {
  // Columns stand far apart here, so that only neighbours in a column push each other.
  const apart = spacing.row * 4;
  const slots: Slot[] = columns.flatMap((names, column) =>
    names.map((name, index) => ({
      name,
      column,
      room: passing.has(name) ? spacing.row * passingShare : spacing.row,
      x: column * apart,
      y: (index - (names.length - 1) / 2) * spacing.row,
    })),
  );
  const byName = new Map(slots.map((slot) => [slot.name, slot]));
  const simulation = forceSimulation(slots)
    .randomSource(() => 0.5)
    .force("column", forceX<Slot>((slot) => slot.column * apart).strength(1))
    .force("distance", forceCollide<Slot>((slot) => slot.room / 2).strength(0.9))
    .stop();
  for (let step = 0; step < relaxationSteps; step += 1) {
    const wish = new Map(
      slots.map((slot) => [
        slot.name,
        mean((neighbours.get(slot.name) ?? []).map((other) => byName.get(other)?.y ?? 0)) ?? slot.y,
      ]),
    );
    simulation.force("lean", forceY<Slot>((slot) => wish.get(slot.name) ?? 0).strength(0.25));
    simulation.tick();
  }
  for (const column of columns.keys()) spread(slots.filter((slot) => slot.column === column));
  return slots;
}

/** Pushes the slots of one column apart to the room they need, keeping their order and their common centre. */
function spread(column: readonly Slot[]): void {
  const sorted = [...column].sort((a, b) => a.y - b.y || (a.name < b.name ? -1 : 1));
  const centre = mean(sorted.map((slot) => slot.y)) ?? 0;
  for (const [index, slot] of sorted.entries()) {
    const above = sorted[index - 1];
    if (above !== undefined) slot.y = Math.max(slot.y, above.y + (above.room + slot.room) / 2);
  }
  const shift = centre - (mean(sorted.map((slot) => slot.y)) ?? 0);
  for (const slot of sorted) slot.y += shift;
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
