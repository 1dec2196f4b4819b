import { type Graph, layersOf } from "./layers.ts";

type Edge = Graph["edges"][number];

export interface Columns {
  /** Names from top to bottom: nodes, and places where a long edge passes. */
  readonly columns: readonly (readonly string[])[];
  /** What each name is joined to in the columns beside it. */
  readonly neighbours: ReadonlyMap<string, readonly string[]>;
  /** The names that are no nodes, with the edge that passes there. */
  readonly passing: ReadonlyMap<string, Edge>;
}

/** Passing places a node, on average, past which edges are drawn straight: they would need more room than the nodes. */
const passingShareLimit = 1;
const passingAlways = 16;
const sweepCount = 12;

export const wayKey = (from: string, to: string): string => `${from}\n${to}`;

/**
 * The graph in columns, each ordered so that edges cross little (Sugiyama, Tagawa, Toda 1981: layers, places for long
 * edges, barycentre sweeps). A layer too tall to read is folded into several columns.
 */
export function columnsOf(graph: Graph): Columns {
  const edges = distinct(graph);
  const layers = layerLists(graph);
  sweep(
    layers,
    joined(
      layers.flat(),
      edges.map(({ from, to }) => [from, to]),
    ),
  );
  const tallest = Math.max(6, Math.ceil(Math.sqrt(graph.nodes.length * 1.1)));
  const columns = layers.flatMap((names) => folded(names, tallest));
  const column = new Map(columns.flatMap((names, index) => names.map((name) => [name, index] as const)));
  const span = ({ from, to }: Edge): number => (column.get(to) ?? 0) - (column.get(from) ?? 0);
  const wanted = edges.reduce((sum, edge) => sum + Math.max(0, span(edge) - 1), 0);
  const isLed = wanted <= Math.max(passingAlways, graph.nodes.length * passingShareLimit);
  const passing = new Map<string, Edge>();
  const pairs: (readonly [string, string])[] = [];
  for (const edge of edges) {
    const from = column.get(edge.from) ?? 0;
    let last = edge.from;
    for (let at = from + 1; isLed && at < from + span(edge); at += 1) {
      const name = `${wayKey(edge.from, edge.to)}\n${at}`;
      passing.set(name, edge);
      columns[at]?.push(name);
      pairs.push([last, name]);
      last = name;
    }
    pairs.push([last, edge.to]);
  }
  const neighbours = joined(columns.flat(), pairs);
  sweep(columns, neighbours);
  return { columns, neighbours, passing };
}

/** Edges between known, different nodes, each once, in an order of their own. */
function distinct(graph: Graph): readonly Edge[] {
  const known = new Set(graph.nodes);
  const byKey = new Map(
    graph.edges
      .filter(({ from, to }) => from !== to && known.has(from) && known.has(to))
      .map((edge) => [wayKey(edge.from, edge.to), edge]),
  );
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}

function layerLists(graph: Graph): string[][] {
  const layer = layersOf(graph);
  const lists: string[][] = [];
  for (const name of [...layer.keys()].sort()) {
    const index = layer.get(name) ?? 0;
    while (lists.length <= index) lists.push([]);
    lists[index]?.push(name);
  }
  return lists;
}

function joined(
  names: readonly string[],
  pairs: readonly (readonly [string, string])[],
): ReadonlyMap<string, readonly string[]> {
  const neighbours = new Map<string, string[]>(names.map((name) => [name, []]));
  for (const [one, other] of pairs) {
    neighbours.get(one)?.push(other);
    neighbours.get(other)?.push(one);
  }
  return neighbours;
}

/** Barycentre sweeps to and fro; a fixed number, so that the result is a function of the graph alone. */
function sweep(lists: string[][], neighbours: ReadonlyMap<string, readonly string[]>): void {
  const rank = new Map<string, number>();
  const rankOf = (names: readonly string[]): void => {
    for (const [index, name] of names.entries()) rank.set(name, (index + 0.5) / names.length);
  };
  for (const names of lists) rankOf(names);
  for (let round = 0; round < sweepCount; round += 1) {
    for (const names of round % 2 === 0 ? lists : [...lists].reverse()) {
      const weight = new Map(names.map((name) => [name, barycentre(name, neighbours, rank)]));
      names.sort((a, b) => (weight.get(a) ?? 0) - (weight.get(b) ?? 0) || (a < b ? -1 : 1));
      rankOf(names);
    }
  }
}

function barycentre(
  name: string,
  neighbours: ReadonlyMap<string, readonly string[]>,
  rank: ReadonlyMap<string, number>,
): number {
  const others = neighbours.get(name) ?? [];
  if (others.length === 0) return rank.get(name) ?? 0.5;
  return others.reduce((sum, other) => sum + (rank.get(other) ?? 0.5), 0) / others.length;
}

function folded(names: readonly string[], tallest: number): readonly string[][] {
  const parts = Math.ceil(names.length / tallest);
  return Array.from({ length: parts }, (_, part) => names.filter((_name, index) => index % parts === part));
}
