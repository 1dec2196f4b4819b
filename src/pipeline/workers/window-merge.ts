import type { Observation } from "../../contracts/observation.ts";
import type { MetricPoint } from "../../contracts/telemetry.ts";
import type { TopologyRegistry } from "../../topology/registry.ts";
import { type CallRow, type VisitRow, WindowBuilder } from "../../topology/window-builder.ts";
import type { WindowPiece } from "./partial-window.ts";

/** Visits of one piece that belong together, and the calls between them. */
interface FragmentRows {
  readonly names: PieceNames;
  readonly from: number;
  readonly to: number;
  readonly calls: number[];
}

/**
 * Makes one window of the pieces that the partitions saw of it. Fragments stand in the order of their trace's id, whichever
 * partition they come from, and names are numbered in that order: so neither the number of partitions nor who assembled them
 * shows in the window.
 */
export function mergeWindow(pieces: readonly WindowPiece[], registry: TopologyRegistry): Observation {
  const { windowIndex: index, startSeconds, endSeconds } = pieces[0]!;
  const fragments = pieces.flatMap((piece) => fragmentsOf(new PieceNames(piece, registry))).sort(byTrace);
  const builder = new WindowBuilder();
  for (const fragment of fragments) addFragment(fragment, builder);
  for (const { names } of fragments) names.takeEdges();
  const metrics = pieces.flatMap((piece) => piece.metrics).sort(byMetric);
  return builder.build({ index, startSeconds, endSeconds, topology: registry, metrics });
}

function fragmentsOf(names: PieceNames): FragmentRows[] {
  const { visits, calls } = names.piece;
  const fragments: FragmentRows[] = [];
  for (let from = 0; from < visits.count; ) {
    let to = from + 1;
    while (to < visits.count && visits.trace[to] === visits.trace[from]) to++;
    fragments.push({ names, from, to, calls: [] });
    from = to;
  }
  let fragment = 0;
  for (let row = 0; row < calls.count; row++) {
    while (fragments[fragment]!.to <= calls.callerVisit[row]!) fragment++;
    fragments[fragment]!.calls.push(row);
  }
  return fragments;
}

function addFragment({ names, from, to, calls }: FragmentRows, builder: WindowBuilder): void {
  const { visits, traceIds } = names.piece;
  const trace = builder.addTrace(traceIds, 4 * visits.trace[from]!);
  const offset = builder.visitCount - from;
  for (let row = from; row < to; row++) builder.addVisit(visitRow(names, row), trace);
  for (const row of calls) builder.addCall(callRow(names, row, offset));
}

function visitRow(names: PieceNames, row: number): VisitRow {
  const { visits } = names.piece;
  const [start, end] = [visits.segmentStart[row]!, visits.segmentStart[row + 1]!];
  return {
    operation: names.operation(visits.operation[row]!),
    instance: names.instance(visits.instance[row]!),
    arrivalSeconds: visits.arrivalSeconds[row]!,
    sojournSeconds: visits.sojournSeconds[row]!,
    lagSeconds: visits.lagSeconds[row]!,
    selfSeconds: visits.selfSeconds[row]!,
    program: names.program(visits.program[row]!),
    isError: visits.isError[row] === 1,
    isRoot: visits.isRoot[row] === 1,
    isPartial: visits.isPartial[row] === 1,
    weight: visits.weight[row]!,
    segments: [...visits.segmentSeconds.subarray(start, end)],
    groupSeconds: [...visits.groupSeconds.subarray(start - row, end - row - 1)],
  };
}

function callRow(names: PieceNames, row: number, offset: number): CallRow {
  const { calls } = names.piece;
  const callee = calls.calleeVisit[row]!;
  return {
    edge: names.edge(calls.edge[row]!),
    callerVisit: calls.callerVisit[row]! + offset,
    calleeVisit: callee < 0 ? callee : callee + offset,
    durationSeconds: calls.durationSeconds[row]!,
    gapSeconds: calls.gapSeconds[row]!,
    isError: calls.isError[row] === 1,
    resendCount: calls.resendCount[row]!,
  };
}

/** The numbers of a piece as the whole system counts. A name gets its number when it is first needed. */
class PieceNames {
  readonly piece: WindowPiece;
  readonly #registry: TopologyRegistry;
  readonly #nodes;
  readonly #instances;
  readonly #operations;
  readonly #edges;
  readonly #programs;
  readonly #numbers = {
    node: new Numbers(),
    instance: new Numbers(),
    operation: new Numbers(),
    edge: new Numbers(),
    program: new Numbers(),
  };
  #hasTakenEdges = false;

  constructor(piece: WindowPiece, registry: TopologyRegistry) {
    this.piece = piece;
    this.#registry = registry;
    const { nodes, instances, operations, edges, programs } = piece.topology;
    this.#nodes = byIndex(nodes);
    this.#instances = byIndex(instances);
    this.#operations = byIndex(operations);
    this.#edges = byIndex(edges);
    this.#programs = byIndex(programs);
  }

  operation(number: number): number {
    return this.#numbers.operation.of(number, () => {
      const { node, name, isEntry } = this.#operations.get(number)!;
      const operation = this.#registry.operation(this.#node(node), name);
      if (isEntry) this.#registry.operations[operation]!.isEntry = true;
      return operation;
    });
  }

  instance(number: number): number {
    return this.#numbers.instance.of(number, () => {
      const { node, name, version } = this.#instances.get(number)!;
      return this.#registry.instance(this.#node(node), name, version);
    });
  }

  edge(number: number): number {
    return this.#numbers.edge.of(number, () => {
      const { callerOperation, calleeOperation, isAsync } = this.#edges.get(number)!;
      return this.#registry.edge(this.operation(callerOperation), this.operation(calleeOperation), isAsync);
    });
  }

  program(number: number): number {
    return this.#numbers.program.of(number, () => {
      const { operation, groups, isOverflow } = this.#programs.get(number)!;
      const owner = this.operation(operation);
      if (isOverflow) return this.#registry.overflowProgram(owner);
      return this.#registry.program(
        owner,
        groups.map((group) => group.map((edge) => this.edge(edge)).sort((a, b) => a - b)),
      );
    });
  }

  /** Takes in the edges that no call or program named. */
  takeEdges(): void {
    if (this.#hasTakenEdges) return;
    this.#hasTakenEdges = true;
    for (const edge of this.#edges.keys()) this.edge(edge);
  }

  #node(number: number): number {
    return this.#numbers.node.of(number, () => {
      const { name, kind } = this.#nodes.get(number)!;
      return this.#registry.node(name, kind);
    });
  }
}

/** Numbers of a piece, each with the one it is given. A list: there is one look into it for every visit. */
class Numbers {
  readonly #given: number[] = [];

  of(number: number, register: () => number): number {
    const known = this.#given[number];
    if (known !== undefined) return known;
    const given = register();
    this.#given[number] = given;
    return given;
  }
}

function byIndex<Entry extends { readonly index: number }>(entries: readonly Entry[]): ReadonlyMap<number, Entry> {
  return new Map(entries.map((entry) => [entry.index, entry]));
}

function byTrace(a: FragmentRows, b: FragmentRows): number {
  const [mine, other] = [a.names.piece, b.names.piece];
  for (let k = 0; k < 4; k++) {
    const order =
      mine.traceIds[4 * mine.visits.trace[a.from]! + k]! - other.traceIds[4 * other.visits.trace[b.from]! + k]!;
    if (order !== 0) return order;
  }
  return mine.visits.arrivalSeconds[a.from]! - other.visits.arrivalSeconds[b.from]!;
}

function byMetric(a: MetricPoint, b: MetricPoint): number {
  return a.timeSeconds - b.timeSeconds || compare(metricKey(a), metricKey(b));
}

function metricKey({ service, instance, name, attributes }: MetricPoint): string {
  return `${service}\n${instance}\n${name}\n${attributes}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
