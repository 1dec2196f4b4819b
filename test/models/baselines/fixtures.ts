import type { Forecast, NodeForecast, Residual } from "../../../src/contracts/forecast.ts";
import type { CallColumns, NodeKind, Topology, VisitColumns } from "../../../src/contracts/observation.ts";
import type { Scored, Scorer } from "../../../src/contracts/score.ts";

/** web → cart → stock (a database); each node has one operation of the same index; edges 0: web→cart, 1: cart→stock. */
export const WEB = 0;
export const CART = 1;
export const STOCK = 2;

const KINDS: readonly NodeKind[] = ["service", "service", "database"];
export const TOPOLOGY: Topology = {
  nodes: ["web", "cart", "stock"].map((name, index) => ({ index, name, kind: KINDS[index]! })),
  instances: ["web", "cart", "stock"].map((name, index) => ({ index, name, node: index, version: "" })),
  operations: ["GET /", "add", "SELECT"].map((name, index) => ({ index, name, node: index, isEntry: index === WEB })),
  edges: [
    { index: 0, callerOperation: WEB, calleeOperation: CART, isAsync: false },
    { index: 1, callerOperation: CART, calleeOperation: STOCK, isAsync: false },
  ],
  programs: [],
};

/** What each request of a window does; missing values are the normal ones. */
export interface WindowShape {
  readonly requests?: number;
  readonly selfSeconds?: readonly number[];
  /** Gap of the calls into cart and into stock. */
  readonly gapSeconds?: readonly [number, number];
  readonly lagSeconds?: readonly number[];
  /** Requests of the window that fail. */
  readonly failing?: number;
  readonly topology?: Topology;
}

export const NORMAL_SELF = [0.004, 0.006, 0.01] as const;
export const NORMAL_GAP = [0.001, 0.002] as const;
export const WINDOW_SECONDS = 10;

/** A window in which every request visits web, cart and stock in a chain. `jitter` scales times, to give normal a spread. */
export function window(index: number, shape: WindowShape = {}, jitter = 1): Forecast {
  const requests = shape.requests ?? 20;
  const own = (shape.selfSeconds ?? NORMAL_SELF).map((seconds) => seconds * jitter);
  const gaps = (shape.gapSeconds ?? NORMAL_GAP).map((seconds) => seconds * jitter);
  const lags = shape.lagSeconds ?? [0, 0, 0];
  const stock = own[2]! + lags[2]!;
  const cart = own[1]! + gaps[1]! + stock + lags[1]!;
  const sojourns = [own[0]! + gaps[0]! + cart + lags[0]!, cart, stock];
  const rows = requests * 3;
  const column = (value: (node: number, request: number) => number) =>
    Float64Array.from({ length: rows }, (_, i) => value(i % 3, Math.floor(i / 3)));
  const startSeconds = index * WINDOW_SECONDS;
  const visits: VisitColumns = {
    count: rows,
    operation: Uint32Array.from(column((node) => node)),
    instance: Uint32Array.from(column((node) => node)),
    arrivalSeconds: column((_, request) => startSeconds + request / requests),
    sojournSeconds: column((node) => sojourns[node]!),
    lagSeconds: column((node) => lags[node]!),
    selfSeconds: column((node) => own[node]!),
    program: new Uint32Array(rows),
    isError: Uint8Array.from(column((node, request) => (node === WEB && request < (shape.failing ?? 0) ? 1 : 0))),
    isPartial: new Uint8Array(rows),
    isRoot: Uint8Array.from(column((node) => (node === WEB ? 1 : 0))),
    weight: new Float64Array(rows).fill(1),
    trace: new Uint32Array(rows),
    segmentStart: new Uint32Array(rows + 1),
    segmentSeconds: new Float64Array(0),
    groupSeconds: new Float64Array(0),
  };
  return forecastOf(index, shape.topology ?? TOPOLOGY, visits, callsOf(requests, gaps, sojourns));
}

function callsOf(requests: number, gaps: readonly number[], sojourns: readonly number[]): CallColumns {
  const rows = requests * 2;
  const edges = Array.from({ length: rows }, (_, i) => i % 2);
  return {
    count: rows,
    edge: Uint32Array.from(edges),
    callerVisit: Uint32Array.from(edges, (edge, i) => Math.floor(i / 2) * 3 + edge),
    calleeVisit: Int32Array.from(edges, (edge, i) => Math.floor(i / 2) * 3 + edge + 1),
    durationSeconds: Float64Array.from(edges, (edge) => sojourns[edge + 1]! + gaps[edge]!),
    gapSeconds: Float64Array.from(edges, (edge) => gaps[edge]!),
    isError: new Uint8Array(rows),
    resendCount: new Uint8Array(rows),
  };
}

function forecastOf(index: number, topology: Topology, visits: VisitColumns, calls: CallColumns): Forecast {
  return {
    observation: {
      windowIndex: index,
      startSeconds: index * WINDOW_SECONDS,
      endSeconds: (index + 1) * WINDOW_SECONDS,
      topology,
      visits,
      calls,
      traceIds: new Uint32Array(4),
      metrics: [],
    },
    isReady: true,
    readiness: [],
    nodes: [],
    operations: [],
    stations: [],
    edges: [],
    entryRatePerSecond: visits.count / 3 / WINDOW_SECONDS,
    usualEntryRatePerSecond: visits.count / 3 / WINDOW_SECONDS,
    capacity: null,
    deployments: [],
  };
}

/** ±2 % around normal, repeating every five windows. */
export function normalJitter(index: number): number {
  return 1 + 0.02 * (((index * 2) % 5) / 2 - 1);
}

/** Feeds normal windows `from` … `to` − 1 and returns what the last was scored. */
export function feedNormal(scorer: Scorer, from: number, to: number): Scored {
  let last: Scored | undefined;
  for (let index = from; index < to; index++) last = scorer.score(window(index, {}, normalJitter(index)));
  return last!;
}

export function probabilities(scored: Scored): number[] {
  return scored.nodes.map((node) => node.probability);
}

export function residual(z: number, sampleCount = 30): Residual {
  return {
    sampleCount,
    observedMeanSeconds: 0.02,
    expectedMeanSeconds: 0.01,
    shift: 0.2,
    tail: 0.1,
    shiftZ: z,
    meanZ: z,
    z,
  };
}

export function nodeForecast(node: number, rest: Partial<NodeForecast> = {}): NodeForecast {
  return {
    node,
    visitCount: 30,
    arrivalRatePerSecond: 3,
    utilization: 0.3,
    structures: [],
    service: null,
    sojourn: null,
    gapIn: null,
    gapOut: null,
    gapOutBreadth: 0,
    calleeCount: 1,
    lag: null,
    instanceSpread: 0,
    worstInstance: -1,
    burstiness: 0,
    errorExcess: 0,
    missingExcess: 0,
    resendExcess: 0,
    programShift: 0,
    arrivalResidual: 0,
    cpuExcess: Number.NaN,
    excessSecondsPerSecond: 0,
    impactShare: 0,
    ...rest,
  };
}

/** A window whose twin view is as given; nodes not named show nothing. */
export function twinView(...nodes: readonly NodeForecast[]): Forecast {
  const all = TOPOLOGY.nodes.map((node) => nodes.find((own) => own.node === node.index) ?? nodeForecast(node.index));
  return { ...window(0), nodes: all };
}
