import type { CallColumns, Observation, Topology, VisitColumns } from "../../contracts/observation.ts";
import type { MetricPoint } from "../../contracts/telemetry.ts";
import { ValueReader } from "../checkpoint/value-reader.ts";
import { ValueWriter } from "../checkpoint/value-writer.ts";

/** What one partition of the keyed topic saw of one window, or a piece of it when there is much. */
export interface WindowPiece {
  readonly windowIndex: number;
  readonly piece: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  /** Numbers are of this partition's assembler; texts are what they stand for. */
  readonly topology: Topology;
  readonly visits: VisitColumns;
  readonly calls: CallColumns;
  readonly traceIds: Uint32Array;
  readonly metrics: readonly MetricPoint[];
}

/** One record of the topic of windows. */
export interface WindowRecord {
  readonly partition: number;
  readonly partitionCount: number;
  /** With this record the partition has given all it has of the windows before this one. */
  readonly completeBefore: number;
  readonly window: WindowPiece | null;
}

/** Nothing in it is shared with anything else. */
const ALONE = {
  anchorOf: () => undefined,
  pieceOf: () => 0,
  anchor: () => {
    throw new RangeError("a window refers to nothing outside of it");
  },
  piece: () => {
    throw new RangeError("a window refers to nothing outside of it");
  },
  classes: [],
};

export function encodeWindow(record: WindowRecord): Buffer {
  return Buffer.from(new ValueWriter(ALONE).write(record));
}

/** @throws {RangeError} when the bytes are no such record */
export function decodeWindow(bytes: Uint8Array): WindowRecord {
  const record = new ValueReader(bytes, ALONE).read() as Partial<WindowRecord> | null;
  if (typeof record !== "object" || record === null || typeof record.completeBefore !== "number") {
    throw new RangeError("no record of a topic of windows");
  }
  return record as WindowRecord;
}

/** Visits of one piece: some 700 kB. */
const PIECE_VISITS = 4000;

/**
 * Cuts a window into pieces of whole fragments, so that each fits into a record.
 *
 * @param knownEdges edges told before: newer ones go along even when no visit used them
 */
export function piecesOf(window: Observation, knownEdges: number): WindowPiece[] {
  const pieces: WindowPiece[] = [];
  const { visits, calls } = window;
  let from = 0;
  let callFrom = 0;
  do {
    let to = Math.min(from + PIECE_VISITS, visits.count);
    while (to < visits.count && visits.trace[to] === visits.trace[to - 1]) to++;
    let callTo = callFrom;
    while (callTo < calls.count && calls.callerVisit[callTo]! < to) callTo++;
    const isFirst = pieces.length === 0;
    pieces.push({
      windowIndex: window.windowIndex,
      piece: pieces.length,
      startSeconds: window.startSeconds,
      endSeconds: window.endSeconds,
      ...rowsOf(window, from, to, callFrom, callTo, isFirst ? knownEdges : window.topology.edges.length),
      metrics: isFirst ? window.metrics : [],
    });
    from = to;
    callFrom = callTo;
  } while (from < visits.count);
  return pieces;
}

function rowsOf(window: Observation, from: number, to: number, callFrom: number, callTo: number, knownEdges: number) {
  const { visits, calls, traceIds, topology } = window;
  const segments = [visits.segmentStart[from] ?? 0, visits.segmentStart[to] ?? 0] as const;
  const firstTrace = from < visits.count ? visits.trace[from]! : 0;
  const lastTrace = to > from ? visits.trace[to - 1]! : firstTrace - 1;
  const visitRows: VisitColumns = {
    count: to - from,
    operation: visits.operation.slice(from, to),
    instance: visits.instance.slice(from, to),
    arrivalSeconds: visits.arrivalSeconds.slice(from, to),
    sojournSeconds: visits.sojournSeconds.slice(from, to),
    lagSeconds: visits.lagSeconds.slice(from, to),
    selfSeconds: visits.selfSeconds.slice(from, to),
    program: visits.program.slice(from, to),
    isError: visits.isError.slice(from, to),
    isRoot: visits.isRoot.slice(from, to),
    isPartial: visits.isPartial.slice(from, to),
    weight: visits.weight.slice(from, to),
    trace: visits.trace.slice(from, to).map((trace) => trace - firstTrace),
    segmentStart: visits.segmentStart.slice(from, to + 1).map((start) => start - segments[0]),
    segmentSeconds: visits.segmentSeconds.slice(segments[0], segments[1]),
    groupSeconds: visits.groupSeconds.slice(segments[0] - from, segments[1] - to),
  };
  const callRows: CallColumns = {
    count: callTo - callFrom,
    edge: calls.edge.slice(callFrom, callTo),
    callerVisit: calls.callerVisit.slice(callFrom, callTo).map((visit) => visit - from),
    calleeVisit: calls.calleeVisit.slice(callFrom, callTo).map((visit) => (visit < 0 ? visit : visit - from)),
    durationSeconds: calls.durationSeconds.slice(callFrom, callTo),
    gapSeconds: calls.gapSeconds.slice(callFrom, callTo),
    isError: calls.isError.slice(callFrom, callTo),
    resendCount: calls.resendCount.slice(callFrom, callTo),
  };
  return {
    topology: usedTopology(topology, visitRows, callRows, knownEdges),
    visits: visitRows,
    calls: callRows,
    traceIds: traceIds.slice(4 * firstTrace, 4 * (lastTrace + 1)),
  };
}

/** What the rows refer to, and the edges from `knownEdges` on. Entries keep their numbers. */
function usedTopology(all: Topology, visits: VisitColumns, calls: CallColumns, knownEdges: number): Topology {
  const operations = new Set(visits.operation);
  const edges = new Set(calls.edge);
  const programs = [...new Set(visits.program)].map((program) => all.programs[program]!);
  for (const { groups } of programs) for (const group of groups) for (const edge of group) edges.add(edge);
  for (let edge = knownEdges; edge < all.edges.length; edge++) edges.add(edge);
  for (const edge of edges) {
    operations.add(all.edges[edge]!.callerOperation);
    operations.add(all.edges[edge]!.calleeOperation);
  }
  const nodes = new Set([...operations].map((operation) => all.operations[operation]!.node));
  return {
    nodes: [...nodes].map((node) => ({ ...all.nodes[node]! })),
    instances: [...new Set(visits.instance)].map((instance) => ({ ...all.instances[instance]! })),
    operations: [...operations].map((operation) => ({ ...all.operations[operation]! })),
    edges: [...edges].map((edge) => ({ ...all.edges[edge]! })),
    programs: programs.map((program) => ({ ...program })),
  };
}
