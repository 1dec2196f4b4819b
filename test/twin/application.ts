import type { Observation, Topology } from "../../src/contracts/observation.ts";
import { WindowBuilder } from "../../src/topology/window-builder.ts";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { exponential, lognormal, stream } from "../../twin/kernel/random.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec, OperationSpec, SimulatedVisits, StationSpec } from "../../twin/kernel/spec.ts";

/** web → alpha and beta in parallel; alpha and beta each read from db. Alpha is a worker pool, beta has two replicas. */
export const WEB = 0;
export const ALPHA = 1;
export const BETA = 2;
export const DB = 3;

export const ALPHA_SERVERS = 2;
export const WINDOW_SECONDS = 10;
export const USUAL_RATE = 25;

const NAMES = ["web", "alpha", "beta", "db"] as const;
/** Operation k < 4 is the one of node k, except that db has one a caller: 3 is alpha's, 4 is beta's. */
const OPERATION_NODE = [WEB, ALPHA, BETA, DB, DB];
const OPERATION_NAMES = ["GET /", "price", "stock", "SELECT prices", "SELECT stock"];
export const EDGES = { webToAlpha: 0, webToBeta: 1, alphaToDb: 2, betaToDb: 3 } as const;
const EDGE_ENDS = [
  [0, 1],
  [0, 2],
  [1, 3],
  [2, 4],
] as const;
const FIRST_INSTANCE = [0, 1, 2, 4];
/** Instances of beta in the order in which they were started: the usual two, a third, and three of its next version. */
export const BETA_INSTANCES = [2, 3, 5] as const;
export const NEXT_BETA_INSTANCES = [6, 7, 8] as const;
/** Programs 0–4 are the usual ones of each operation; 5 is alpha's when it answers without the database. */
export const ALPHA_READS = 1;
export const ALPHA_REMEMBERS = 5;

export const TOPOLOGY: Topology = {
  nodes: NAMES.map((name, index) => ({ index, name, kind: index === DB ? "database" : "service" })),
  instances: [WEB, ALPHA, BETA, BETA, DB, BETA, BETA, BETA, BETA].map((node, index) => ({
    index,
    name: `${NAMES[node]}-${index}`,
    node,
    version: node === BETA ? (index >= NEXT_BETA_INSTANCES[0] ? "2.0" : "1.0") : "",
  })),
  operations: OPERATION_NAMES.map((name, index) => ({
    index,
    name,
    node: OPERATION_NODE[index]!,
    isEntry: index === WEB,
  })),
  edges: EDGE_ENDS.map(([callerOperation, calleeOperation], index) => ({
    index,
    callerOperation,
    calleeOperation,
    isAsync: false,
  })),
  programs: [[[0, 1]], [[2]], [[3]], [], [], []].map((groups, index) => ({
    index,
    operation: index === ALPHA_REMEMBERS ? ALPHA : index,
    groups,
    isOverflow: false,
  })),
};

/** What is different from usual while a run lasts. */
export interface Change {
  readonly ratePerSecond?: number;
  /** Factor on the work of each node, by node. */
  readonly slower?: Readonly<Record<number, number>>;
  /** Seconds added to the gap of each call, by edge. */
  readonly addedGapSeconds?: Readonly<Record<number, number>>;
  /** Share of alpha's visits that need no database; usually 0.2. */
  readonly rememberedShare?: number;
  /** Workers of alpha; usually `ALPHA_SERVERS`. */
  readonly alphaServers?: number;
  /** Which instances answer for beta; usually the first two. */
  readonly betaInstances?: readonly number[];
  /** Some of beta's visits go to other instances of it, whose work takes so many times longer. */
  readonly canary?: { readonly share: number; readonly slower: number; readonly instances: readonly number[] };
}

/** Mean own work of a visit of each operation, seconds; half of it comes before the calls. */
export const WORK_SECONDS = [0.004, 0.024, 0.012, 0.006, 0.008] as const;
const GAP_SECONDS = 0.002;
const VARIATION = 0.6;
const SAMPLE_ROWS = 2000;
const HOP = 5;

/**
 * `count` contiguous windows of the application, the first with number `from`. It has run for a while before the first,
 * so no window starts empty. Equal seeds and changes give equal windows.
 */
export function runApplication(from: number, count: number, seed: number, change: Change = {}): Observation[] {
  const warmUp = 1;
  const origin = (from - warmUp) * WINDOW_SECONDS;
  const untilSeconds = (count + warmUp) * WINDOW_SECONDS;
  const times: number[] = [];
  const gaps = stream(seed, from, "arrivals");
  for (let at = 0; at < untilSeconds; at += exponential(gaps, 1 / (change.ratePerSecond ?? USUAL_RATE))) {
    times.push(at);
  }
  const visits = simulate(
    compileNetwork(networkOf(seed, change)),
    { timeSeconds: Float64Array.from(times), operation: new Uint32Array(times.length) },
    { seed: seed * 7919 + from },
  );
  return windowsOf(visits, times.length, origin, change).filter(
    (each) => each.windowIndex >= from && each.windowIndex < from + count,
  );
}

function networkOf(seed: number, change: Change): NetworkSpec {
  const work = (operation: number, columns: number, share = 1): Float64Array => {
    const random = stream(seed, operation, `work ${columns}`);
    const factor = change.slower?.[OPERATION_NODE[operation]!] ?? 1;
    const samples = new Float64Array(SAMPLE_ROWS * columns);
    for (let row = 0; row < SAMPLE_ROWS; row++) {
      const total = factor * share * lognormal(random, WORK_SECONDS[operation]!, VARIATION);
      samples.fill(total / columns, row * columns, (row + 1) * columns);
    }
    return samples;
  };
  const program = (segmentSamples: Float64Array, edges: readonly number[], probability = 1) => ({
    probability,
    segmentSamples,
    groups: edges.length === 0 ? [] : [edges.map((edge) => ({ edge }))],
    blockLength: 1,
  });
  const remembered = change.rememberedShare ?? 0.2;
  const own: OperationSpec[] = [
    { station: WEB, programs: [program(work(0, 2), [0, 1])] },
    {
      station: ALPHA,
      programs: [program(work(1, 2), [2], 1 - remembered), program(work(1, 1), [], remembered)].filter(
        (each) => each.probability > 0,
      ),
    },
    { station: BETA, programs: [program(work(2, 2), [3])] },
    { station: DB, programs: [program(work(3, 1), [])] },
    { station: DB, programs: [program(work(4, 1), [])] },
  ];
  // Each call passes through a hop, a visit of its own that shows when the call began and ended.
  const hops: OperationSpec[] = EDGE_ENDS.map((_, edge) => {
    const random = stream(seed, edge, "gap");
    const samples = new Float64Array(SAMPLE_ROWS * 2);
    for (let row = 0; row < SAMPLE_ROWS; row++) {
      const gap = lognormal(random, GAP_SECONDS, VARIATION) + (change.addedGapSeconds?.[edge] ?? 0);
      samples.fill(gap / 2, 2 * row, 2 * row + 2);
    }
    const canary = edge === EDGES.webToBeta ? (change.canary?.share ?? 0) : 0;
    const toCanary = program(samples, [2 * EDGE_ENDS.length], canary);
    return {
      station: DELAYS,
      programs: [program(samples, [EDGE_ENDS.length + edge], 1 - canary), toCanary].filter(
        (each) => each.probability > 0,
      ),
    };
  });
  const canaryOperation: OperationSpec = {
    station: CANARY_STATION,
    programs: [program(work(2, 2, change.canary?.slower ?? 1), [3])],
  };
  const none = new Float64Array(1);
  const call = (calleeOperation: number) => ({ calleeOperation, gapSamples: none, isAsync: false });
  return {
    stations: STATIONS.map((station, index) => ({
      ...station,
      ...(index === ALPHA ? { serverCount: change.alphaServers ?? ALPHA_SERVERS } : {}),
      replicaWeights: equalWeights(replicaCount(index, change) ?? station.replicaWeights.length),
    })),
    operations: [...own, ...hops, canaryOperation],
    edges: [
      ...EDGE_ENDS.map((_, edge) => call(HOP + edge)),
      ...EDGE_ENDS.map(([, callee]) => call(callee)),
      call(CANARY_OPERATION),
    ],
  };
}

/** How many replicas of a station a change asks for; undefined for those it does not touch. */
function replicaCount(station: number, change: Change): number | undefined {
  return station === BETA
    ? change.betaInstances?.length
    : station === CANARY_STATION
      ? change.canary?.instances.length
      : undefined;
}

function equalWeights(count: number): number[] {
  return new Array<number>(count).fill(1 / count);
}

const DELAYS = 4;
const CANARY_STATION = 5;
const CANARY_OPERATION = HOP + EDGE_ENDS.length;
const endless = { discipline: "delay", serverCount: Number.POSITIVE_INFINITY } as const;
const STATIONS: readonly StationSpec[] = [
  { ...endless, replicaWeights: [1], balancing: "random" },
  { discipline: "fifo", serverCount: ALPHA_SERVERS, replicaWeights: [1], balancing: "random" },
  { discipline: "ps", serverCount: 1, replicaWeights: [0.5, 0.5], balancing: "random" },
  { ...endless, replicaWeights: [1], balancing: "random" },
  { ...endless, replicaWeights: [1], balancing: "random" },
  { discipline: "ps", serverCount: 1, replicaWeights: [1], balancing: "random" },
];

/** Rows of a request's visits by simulated operation, −1 where it made none. */
function windowsOf(visits: SimulatedVisits, requestCount: number, origin: number, change: Change): Observation[] {
  const rows = Array.from({ length: requestCount }, () => new Int32Array(HOP + EDGE_ENDS.length).fill(-1));
  for (let row = 0; row < visits.count; row++) {
    const operation = visits.operation[row]!;
    rows[visits.root[row]!]![operation === CANARY_OPERATION ? BETA : operation] = row;
  }
  const requests = rows
    .map((of, request) => ({ of, request, endSeconds: departure(visits, of[WEB]!) }))
    .sort((a, b) => a.endSeconds - b.endSeconds);
  const builders = new Map<number, WindowBuilder>();
  for (const { of, request, endSeconds } of requests) {
    const index = Math.floor((origin + endSeconds) / WINDOW_SECONDS);
    const builder = builders.get(index) ?? new WindowBuilder();
    builders.set(index, builder);
    addRequest(builder, visits, of, request, origin, change);
  }
  return [...builders].map(([index, builder]) =>
    builder.build({
      index,
      startSeconds: index * WINDOW_SECONDS,
      endSeconds: (index + 1) * WINDOW_SECONDS,
      topology: TOPOLOGY,
      metrics: [],
    }),
  );
}

function addRequest(
  builder: WindowBuilder,
  visits: SimulatedVisits,
  of: Int32Array,
  request: number,
  origin: number,
  change: Change,
): void {
  const trace = builder.addTrace(Uint32Array.of(0, Math.round(origin), 0, request), 0);
  const added = new Map<number, number>();
  for (let operation = 0; operation < HOP; operation++) {
    const row = of[operation]!;
    if (row < 0) {
      continue;
    }
    const calls = EDGE_ENDS.flatMap(([caller], edge) =>
      caller === operation && of[HOP + edge]! >= 0 ? [of[HOP + edge]!] : [],
    );
    const arrival = visits.arrivalSeconds[row]!;
    const sojournSeconds = visits.sojournSeconds[row]!;
    const first = Math.min(...calls.map((call) => visits.arrivalSeconds[call]!));
    const last = Math.max(...calls.map((call) => departure(visits, call)));
    const segments = calls.length === 0 ? [sojournSeconds] : [first - arrival, arrival + sojournSeconds - last];
    added.set(
      operation,
      builder.addVisit(
        {
          operation,
          instance: instanceOf(visits, row, operation, change),
          arrivalSeconds: origin + arrival,
          sojournSeconds,
          lagSeconds: 0,
          selfSeconds: segments.reduce((sum, each) => sum + each, 0),
          program: operation === ALPHA && calls.length === 0 ? ALPHA_REMEMBERS : operation,
          isError: false,
          isRoot: operation === WEB,
          segments,
          groupSeconds: calls.length === 0 ? [] : [last - first],
        },
        trace,
      ),
    );
  }
  EDGE_ENDS.forEach(([caller, callee], edge) => {
    const hop = of[HOP + edge]!;
    if (hop >= 0) {
      builder.addCall({
        edge,
        callerVisit: added.get(caller)!,
        calleeVisit: added.get(callee)!,
        durationSeconds: visits.sojournSeconds[hop]!,
        gapSeconds: visits.sojournSeconds[hop]! - visits.sojournSeconds[of[callee]!]!,
        isError: false,
        resendCount: 0,
      });
    }
  });
}

function instanceOf(visits: SimulatedVisits, row: number, operation: number, change: Change): number {
  const replica = visits.replica[row]!;
  if (visits.operation[row] === CANARY_OPERATION) return change.canary!.instances[replica]!;
  const node = OPERATION_NODE[operation]!;
  return node === BETA ? (change.betaInstances ?? BETA_INSTANCES)[replica]! : FIRST_INSTANCE[node]! + replica;
}

function departure(visits: SimulatedVisits, row: number): number {
  return visits.arrivalSeconds[row]! + visits.sojournSeconds[row]!;
}
