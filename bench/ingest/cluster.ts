import type {
  Application,
  Operation,
  Program,
  Service,
  TimeDistribution,
} from "../../datasets/synthetic/application.ts";
import { visitsPerRequest } from "../../datasets/synthetic/application.ts";
import { type RandomStream, randomStream } from "../../datasets/testbed/random.ts";

/** Layers of services from the outside in: how many services, and operations of each. Every service has three copies. */
const LAYERS = [
  { serviceCount: 1, operationCount: 40 },
  { serviceCount: 3, operationCount: 24 },
  { serviceCount: 3, operationCount: 14 },
  { serviceCount: 3, operationCount: 8 },
] as const;
const SERVICE_NAMES = "frontend cart checkout catalog payment shipping pricing inventory recommendation currency".split(
  " ",
);
/** Databases and a cache, seen by their callers only. */
const LEAVES = [
  { name: "orders", operationCount: 8 },
  { name: "products", operationCount: 8 },
  { name: "sessions", operationCount: 6 },
] as const;
const REPLICAS = 3;
/** Busy share of the processors of every service at the rate asked for. */
const UTILIZATION = 0.55;
const RESOURCES = ["orders", "items", "users", "quotes", "prices", "offers", "carts", "stock"];

/**
 * Ten services with three copies each and three leaves, 200 operations in all: requests come in at 40 operations of the
 * first service, and every operation calls one to three of those further in. The servers fit the request rate.
 */
export function cluster(requestsPerSecond: number, seed: number): Application {
  const random = randomStream(seed, "cluster");
  const services: Service[] = [];
  const layerOf: number[][] = [];
  const operations: Operation[] = [];
  for (const { serviceCount, operationCount } of LAYERS) {
    const layer: number[] = [];
    for (let k = 0; k < serviceCount; k++) {
      const service = services.push(emptyService(SERVICE_NAMES[services.length]!, false)) - 1;
      for (let n = 0; n < operationCount; n++) layer.push(addOperation(operations, service, n, random));
    }
    layerOf.push(layer);
  }
  const leaves: number[] = [];
  for (const { name, operationCount } of LEAVES) {
    const service = services.push(emptyService(name, true)) - 1;
    for (let n = 0; n < operationCount; n++) leaves.push(addOperation(operations, service, n, random));
  }
  layerOf.forEach((layer, depth) => {
    layer.forEach((operation, place) => {
      const below = layerOf[depth + 1] ?? [];
      const programs = programsOf(place, below, leaves, random);
      operations[operation] = { ...operations[operation]!, programs };
    });
  });
  const entries = layerOf[0]!.map((operation) => ({ operation, share: 1 / LAYERS[0].operationCount }));
  return withServers({ services, operations, entries }, requestsPerSecond);
}

function emptyService(name: string, isLeaf: boolean): Service {
  return {
    name,
    isLeaf,
    station: { discipline: "delay" },
    replicaCount: isLeaf ? 1 : REPLICAS,
    balancing: "random",
    autocorrelation: 0,
    pause: null,
  };
}

function addOperation(operations: Operation[], service: number, place: number, random: RandomStream): number {
  const work: TimeDistribution = { shape: "lognormal", meanSeconds: 0.001 + 0.003 * random(), cv: 0.5 };
  const gap: TimeDistribution = { shape: "lognormal", meanSeconds: 0.0004, cv: 0.4 };
  const verb = place % 3 === 0 ? "POST" : "GET";
  const name = `${verb} /api/${RESOURCES[place % RESOURCES.length]}/v${Math.floor(place / RESOURCES.length)}`;
  return operations.push({ name, service, work, gap, programs: [] }) - 1;
}

/** A usual way that makes all its calls, and one that finds what it wants in a cache. */
function programsOf(
  place: number,
  below: readonly number[],
  leaves: readonly number[],
  random: RandomStream,
): Program[] {
  const leaf = leaves[Math.floor(random() * leaves.length)]!;
  if (below.length === 0) return [program(1, [[leaf]])];
  const first = below[place % below.length]!;
  const second = below[Math.floor(random() * below.length)]!;
  const groups = first === second || random() < 0.5 ? [[first]] : [[first, second]];
  const usual = random() < 0.6 ? [...groups, [leaf]] : groups;
  return usual.length === 1 ? [program(1, usual)] : [program(0.85, usual), program(0.15, [[leaf]])];
}

function program(probability: number, groups: readonly (readonly number[])[]): Program {
  return { probability, groups, workFactor: 1, workShares: Array(groups.length + 1).fill(1 / (groups.length + 1)) };
}

/** Shared processors, so many that each service is as busy as it should be. */
function withServers(application: Application, requestsPerSecond: number): Application {
  const visits = visitsPerRequest(application);
  const services = application.services.map((service, index): Service => {
    if (service.isLeaf) return service;
    const busy = application.operations.reduce(
      (sum, operation, k) => sum + (operation.service === index ? visits[k]! * operation.work.meanSeconds : 0),
      0,
    );
    const processorCount = Math.max(0.5, Math.ceil((2 * requestsPerSecond * busy) / (UTILIZATION * REPLICAS)) / 2);
    return { ...service, station: { discipline: "ps", processorCount, threadCount: 400 } };
  });
  return { ...application, services };
}

/** Spans of one request on average, inner steps (one in every second visit) included. */
export function spansPerRequest(application: Application): number {
  const visits = visitsPerRequest(application);
  return application.operations.reduce((sum, operation, k) => {
    const isLeaf = application.services[operation.service]!.isLeaf;
    const isEntry = application.entries.some((entry) => entry.operation === k);
    return sum + visits[k]! * (isLeaf ? 1 : 1 + (isEntry ? 0 : 1) + INNER_STEP_SHARE);
  }, 0);
}

/** Share of the visits that have an inner step with a span of its own. */
export const INNER_STEP_SHARE = 0.5;
