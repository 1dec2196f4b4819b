import { exponential, lognormal, type RandomStream, stream } from "../../twin/kernel/random.ts";
import type {
  Arrivals,
  CallSpec,
  EdgeSpec,
  NetworkSpec,
  OperationSpec,
  ProgramSpec,
  StationSpec,
} from "../../twin/kernel/spec.ts";

/**
 * Applications of services that call each other: "fifo" with worker pools held while a call is out, "ps" with shared CPUs
 * behind such pools.
 */
export interface RpcSize {
  readonly discipline: "fifo" | "ps";
  /** Each with an entry of its own; their services have nothing to do with each other. */
  readonly applicationCount: number;
  readonly servicesPerApplication: number;
  /** Of all applications together. */
  readonly spansPerSecond: number;
}

export interface RpcNetwork {
  readonly spec: NetworkSpec;
  readonly spansPerRequest: number;
  readonly requestsPerSecond: number;
  /** Entry operations, taken evenly. */
  readonly entries: Uint32Array;
  readonly instanceCount: number;
}

/** 20 services on 37 instances, 18 spans a request, the busiest station at about 0.7 of its servers. */
export const rpcSize = { applicationCount: 1, servicesPerApplication: 20, spansPerSecond: 3000 } as const;

/** Workers wait for callees as well, who queue: what is planned without that is exceeded. */
const PLANNED_UTILIZATION = { fifo: 0.58, ps: 0.7 } as const;
const WORKERS = 64;
const ROWS = 1024;
const BLOCK_LENGTH = 50;
/** Part of the visits that call all they can; the others do without the last call, as after a cache hit. */
const FULL_SHARE = 0.9;
const GAP_SECONDS = 0.0005;

interface Service {
  readonly replicaCount: number;
  readonly callees: readonly number[];
  readonly isParallel: boolean;
  readonly selfSeconds: number;
  /** Mean visits a request. */
  readonly visitRatio: number;
  /** Mean time a worker is held when nobody waits. */
  readonly holdSeconds: number;
}

export function rpcNetwork(size: RpcSize): RpcNetwork {
  const services = layOut(size.servicesPerApplication);
  const spansPerRequest = services.reduce((sum, service) => sum + service.visitRatio, 0);
  const requestsPerSecond = size.spansPerSecond / spansPerRequest;
  const stations: StationSpec[] = [];
  const operations: OperationSpec[] = [];
  const edges: EdgeSpec[] = [];
  const random = stream(1, "rpc", "samples");
  for (let application = 0; application < size.applicationCount; application++) {
    const first = operations.length;
    for (const service of services) {
      const ratePerSecond = (requestsPerSecond / size.applicationCount) * service.visitRatio;
      stations.push(stationOf(service, ratePerSecond, size.discipline));
      const calls = service.callees.map((callee): CallSpec => {
        const gapSamples = Float64Array.from({ length: ROWS }, () => lognormal(random, GAP_SECONDS, 0.5));
        edges.push({ calleeOperation: first + callee, gapSamples, isAsync: false });
        return { edge: edges.length - 1 };
      });
      operations.push({ station: operations.length, programs: programsOf(service, calls, random) });
    }
  }
  return {
    spec: { stations, operations, edges },
    spansPerRequest,
    requestsPerSecond,
    entries: Uint32Array.from({ length: size.applicationCount }, (_, i) => i * size.servicesPerApplication),
    instanceCount: stations.reduce((sum, station) => sum + station.replicaWeights.length, 0),
  };
}

/** Poisson arrivals, each at an entry drawn evenly. */
export function rpcArrivals(network: RpcNetwork, requestCount: number, seed: number): Arrivals {
  const times = stream(seed, "requests", "arrivals");
  const entries = stream(seed, "requests", "entry");
  const timeSeconds = new Float64Array(requestCount);
  const operation = new Uint32Array(requestCount);
  let seconds = 0;
  for (let request = 0; request < requestCount; request++) {
    seconds += exponential(times, 1 / network.requestsPerSecond);
    timeSeconds[request] = seconds;
    operation[request] = network.entries[entries.nextIndex(network.entries.length)]!;
  }
  return { timeSeconds, operation };
}

/** A tree in which service i calls 2i + 1 and 2i + 2, at once or one after the other by turns. */
function layOut(count: number): Service[] {
  const random = stream(1, "rpc", "services");
  const selfSeconds = Float64Array.from({ length: count }, () => 0.001 + 0.007 * random.nextUniform());
  const services: Service[] = [];
  for (let service = count - 1; service >= 0; service--) {
    const callees = [2 * service + 1, 2 * service + 2].filter((callee) => callee < count);
    const isParallel = service % 2 === 0;
    const waits = callees.map((callee) => services[callee]!.holdSeconds + GAP_SECONDS);
    const waitSeconds = isParallel ? Math.max(0, ...waits) : waits.reduce((sum, wait) => sum + wait, 0);
    services[service] = {
      // 17 of 20 have two instances.
      replicaCount: service % 20 < 17 ? 2 : 1,
      callees,
      isParallel,
      selfSeconds: selfSeconds[service]!,
      visitRatio: visitRatio(service, count),
      holdSeconds: selfSeconds[service]! + waitSeconds,
    };
  }
  return services;
}

function visitRatio(service: number, count: number): number {
  if (service === 0) return 1;
  const caller = (service - 1) >> 1;
  const isLastCall = service === 2 * caller + 2 || service === count - 1;
  return visitRatio(caller, count) * (isLastCall ? FULL_SHARE : 1);
}

/** As many workers, or as much CPU, as keep it at its utilisation. */
function stationOf(service: Service, ratePerSecond: number, discipline: RpcSize["discipline"]): StationSpec {
  const { replicaCount, holdSeconds, selfSeconds } = service;
  const perReplica = ratePerSecond / replicaCount / PLANNED_UTILIZATION[discipline];
  const replicaWeights = Array.from({ length: replicaCount }, () => 1 / replicaCount);
  if (discipline === "fifo") {
    const serverCount = Math.ceil(perReplica * holdSeconds);
    return { discipline, serverCount, replicaWeights, balancing: "round-robin" };
  }
  const serverCount = perReplica * selfSeconds;
  return { discipline, serverCount, replicaWeights, balancing: "round-robin", workerCount: WORKERS };
}

function programsOf(service: Service, calls: readonly CallSpec[], random: RandomStream): ProgramSpec[] {
  const program = (made: readonly CallSpec[], probability: number): ProgramSpec => {
    const groups = service.isParallel && made.length > 0 ? [made] : made.map((call) => [call]);
    const columns = groups.length + 1;
    const segmentSamples = serviceTimes(service.selfSeconds / columns, ROWS * columns, random);
    return { probability, segmentSamples, groups, blockLength: BLOCK_LENGTH };
  };
  if (calls.length === 0) return [program([], 1)];
  return [program(calls, FULL_SHARE), program(calls.slice(0, -1), 1 - FULL_SHARE)];
}

/** Lognormal times as varied as exponential ones, scaled to have the mean exactly. */
function serviceTimes(mean: number, count: number, random: RandomStream): Float64Array {
  const times = Float64Array.from({ length: count }, () => lognormal(random, mean, 1));
  const found = times.reduce((sum, time) => sum + time, 0) / count;
  return times.map((time) => (time * mean) / found);
}
