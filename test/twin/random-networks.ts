import { exponential, type RandomStream, stream } from "../../twin/kernel/random.ts";
import type { Arrivals, EdgeSpec, NetworkSpec, OperationSpec, PoolSpec, StationSpec } from "../../twin/kernel/spec.ts";

export interface RandomCase {
  readonly spec: NetworkSpec;
  readonly arrivals: Arrivals;
  readonly seed: number;
}

/** A network of 1 to 6 stations of all kinds without cycles, with calls of all kinds, and arrivals at all of them. */
export function randomCase(seed: number): RandomCase {
  const random = stream(seed, "case", "network");
  const stationCount = 1 + random.nextIndex(6);
  const stations: StationSpec[] = [];
  const operations: OperationSpec[] = [];
  const edges: EdgeSpec[] = [];
  for (let station = 0; station < stationCount; station++) {
    stations.push(makeStation(random));
    const groups: { edge: number }[][] = [];
    for (let group = random.nextIndex(3); group > 0 && station + 1 < stationCount; group--) {
      const calls: { edge: number }[] = [];
      for (let call = 1 + random.nextIndex(2); call > 0; call--) {
        calls.push({ edge: edges.length });
        edges.push({
          calleeOperation: station + 1 + random.nextIndex(stationCount - station - 1),
          gapSamples: table(random, random.nextIndex(2) * 0.01, 50),
          isAsync: random.nextUniform() < 0.25,
        });
      }
      groups.push(calls);
    }
    const segmentSamples = table(random, 0.05 / (groups.length + 1), 60 * (groups.length + 1));
    operations.push({
      station,
      programs: [{ probability: 1, segmentSamples, groups, blockLength: 1 + random.nextIndex(4) }],
    });
  }
  let seconds = 0;
  const timeSeconds = Float64Array.from({ length: 300 }, () => (seconds += exponential(random, 0.08)));
  const operation = Uint32Array.from(timeSeconds, () => random.nextIndex(stationCount));
  return { spec: { stations, operations, edges }, arrivals: { timeSeconds, operation }, seed };
}

function makeStation(random: RandomStream): StationSpec {
  const replicaWeights = random.nextUniform() < 0.4 ? [0.5, 0.5] : [1];
  const balancing = random.nextUniform() < 0.5 ? "random" : "round-robin";
  const kind = random.nextIndex(5);
  if (kind < 2) return { discipline: "fifo", serverCount: 1 + random.nextIndex(4), replicaWeights, balancing };
  if (kind < 4) return { discipline: "ps", serverCount: 0.5 + random.nextUniform() * 3, replicaWeights, balancing };
  return { discipline: "delay", serverCount: Number.POSITIVE_INFINITY, replicaWeights, balancing };
}

/** Exponential values, rounded so that exact ties occur. */
function table(random: RandomStream, mean: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => Math.round(exponential(random, Math.max(mean, 1e-9)) * 256) / 256);
}

/** The network of `randomCase` with anything else that can be said of stations and edges, short queues and timeouts among it. */
export function everyFeatureCase(seed: number): RandomCase {
  const { spec, arrivals } = randomCase(seed);
  const random = stream(seed, "case", "features");
  const pools: PoolSpec[] = [];
  const stations = spec.stations.map((station) => decorateStation(station, random));
  const edges = spec.edges.map((edge, index) => {
    const caller = spec.operations.find((each) =>
      each.programs[0]!.groups.some((group) => group.some((call) => call.edge === index)),
    )!;
    return decorateEdge(edge, caller.station, pools, random);
  });
  return { spec: { stations, operations: spec.operations, edges, pools }, arrivals, seed };
}

function decorateStation(station: StationSpec, random: RandomStream): StationSpec {
  const chance = (share: number) => random.nextUniform() < share;
  const balancing = (["random", "round-robin", "least-outstanding", "power-of-two"] as const)[random.nextIndex(4)]!;
  const isFifo = station.discipline === "fifo";
  const hasWorkers = !isFifo && chance(0.4);
  return {
    ...station,
    balancing,
    ...(hasWorkers && { workerCount: 1 + random.nextIndex(4) }),
    ...((isFifo || hasWorkers) && chance(0.4) && { queueCapacity: random.nextIndex(4) }),
    ...(isFifo && chance(0.3) && { batch: { sizeMax: 1 + random.nextIndex(4) } }),
    ...(station.discipline === "ps" &&
      chance(0.4) && { pause: { intervalSeconds: 0.3, durationSeconds: 0.1 * random.nextUniform() } }),
    ...(station.discipline === "ps" &&
      chance(0.4) && { throttle: { periodSeconds: 0.1, quotaSeconds: 0.05 + 0.1 * random.nextUniform() } }),
  };
}

function decorateEdge(edge: EdgeSpec, callerStation: number, pools: PoolSpec[], random: RandomStream): EdgeSpec {
  const chance = (share: number) => random.nextUniform() < share;
  const loss = chance(0.3) && { lossProbability: 0.3 * random.nextUniform(), retransmitSeconds: 0.02 };
  if (edge.isAsync) return { ...edge, ...loss };
  const hasPool = chance(0.4);
  if (hasPool) pools.push({ station: callerStation, connectionCount: 1 + random.nextIndex(3) });
  const retry = {
    attemptsMax: 1 + random.nextIndex(3),
    backoffSeconds: random.nextIndex(3) * 0.01,
    backoffFactor: 1 + random.nextUniform(),
  };
  return {
    ...edge,
    ...loss,
    ...(chance(0.5) && { timeoutSeconds: 0.02 + 0.3 * random.nextUniform() }),
    ...(chance(0.5) && { retry }),
    ...(chance(0.3) && { isRequired: false }),
    ...(hasPool && { pool: pools.length - 1 }),
  };
}

/** Two networks in one that know nothing of each other, with the arrivals of both. */
export function sideBySide(one: RandomCase, other: RandomCase): RandomCase {
  const { spec, arrivals } = one;
  const stationCount = spec.stations.length;
  const operationCount = spec.operations.length;
  const edgeCount = spec.edges.length;
  const poolCount = spec.pools?.length ?? 0;
  const merged = [
    ...Array.from(arrivals.timeSeconds, (time, i) => ({ time, operation: arrivals.operation[i]! })),
    ...Array.from(other.arrivals.timeSeconds, (time, i) => ({
      time,
      operation: other.arrivals.operation[i]! + operationCount,
    })),
  ].sort((a, b) => a.time - b.time);
  const operations = other.spec.operations.map(({ station, programs }) => ({
    station: station + stationCount,
    programs: programs.map((each) => ({
      ...each,
      groups: each.groups.map((group) => group.map((call) => ({ edge: call.edge + edgeCount }))),
    })),
  }));
  const edges = other.spec.edges.map((edge) => ({
    ...edge,
    calleeOperation: edge.calleeOperation + operationCount,
    ...(edge.pool !== undefined && { pool: edge.pool + poolCount }),
  }));
  const pools = other.spec.pools?.map((pool) => ({ ...pool, station: pool.station + stationCount }));
  return {
    spec: {
      stations: [...spec.stations, ...other.spec.stations],
      operations: [...spec.operations, ...operations],
      edges: [...spec.edges, ...edges],
      pools: [...(spec.pools ?? []), ...(pools ?? [])],
    },
    arrivals: {
      timeSeconds: Float64Array.from(merged, (each) => each.time),
      operation: Uint32Array.from(merged, (each) => each.operation),
    },
    seed: one.seed,
  };
}
