import type { RandomStream } from "../testbed/random.ts";
import {
  type Application,
  meanWorkSeconds,
  type Operation,
  type Service,
  type Station,
  visitsPerRequest,
} from "./application.ts";

const WORKER_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];
const PROCESSOR_COUNTS = [0.5, 1, 1.5, 2, 3, 4, 6, 8];
const REPLICA_COUNTS = [1, 2, 3];
/** What servers of web applications come with: so many are hardly ever all held. */
const THREADS = 200;
/** The work of a service is scaled by this much at most, to make its load what it should be. */
const SCALE_MIN = 0.3;
const SCALE_MAX = 3;

/**
 * Gives every service its discipline, servers and replicas, so that at the saturation rate one of them is busy all the
 * time and the others part of it. Callees come first, since workers are held while they answer. The estimate of how long
 * they take leaves waiting out: where saturation truly is must be measured (`measureCapacity`).
 */
export function drawStations(
  application: Application,
  options: {
    readonly saturationPerSecond: number;
    readonly discipline?: "fifo" | "ps" | undefined;
    readonly hasNarrowPools: boolean;
  },
  random: RandomStream,
): Application {
  const services = [...application.services];
  const operations = [...application.operations];
  const visits = visitsPerRequest(application);
  const responses = operations.map(() => 0);
  const bottleneck = Math.floor(random() * services.filter((service) => !service.isLeaf).length);
  for (let index = services.length - 1; index >= 0; index--) {
    const service = services[index]!;
    const own = operations.flatMap((operation, k) => (operation.service === index ? [k] : []));
    if (!service.isLeaf) {
      const utilization = index === bottleneck ? 1 : 0.15 + 0.65 * random();
      const discipline = options.discipline ?? (random() < 0.5 ? "fifo" : "ps");
      const demand = demandOf(own, operations, responses, visits);
      const fitted = sizeStation(demand, { ...options, discipline, utilization }, random);
      services[index] = { ...service, ...fitted.servers };
      for (const k of own) operations[k] = scaled(operations[k]!, fitted.workScale);
    }
    for (const k of own) {
      responses[k] =
        meanWorkSeconds(operations[k]!) / speedOf(services[index]!) +
        callSeconds(operations[k]!, responses) +
        operations[k]!.gap.meanSeconds;
    }
  }
  return { ...application, services, operations };
}

/** Server seconds a request, of own work and of waiting for calls. */
interface Demand {
  readonly ownSeconds: number;
  readonly callSeconds: number;
}

function demandOf(
  own: readonly number[],
  operations: readonly Operation[],
  responses: readonly number[],
  visits: Float64Array,
): Demand {
  return {
    ownSeconds: own.reduce((sum, k) => sum + visits[k]! * meanWorkSeconds(operations[k]!), 0),
    callSeconds: own.reduce((sum, k) => sum + visits[k]! * callSeconds(operations[k]!, responses), 0),
  };
}

/** Mean time a visit waits for its calls, when nothing queues. */
function callSeconds(operation: Operation, responses: readonly number[]): number {
  return operation.programs.reduce((sum, program) => {
    const seconds = program.groups.map((group) => Math.max(0, ...group.map((callee) => responses[callee]!)));
    return sum + program.probability * seconds.reduce((a, b) => a + b, 0);
  }, 0);
}

function speedOf(service: Service): number {
  return service.station.discipline === "ps" ? Math.min(1, service.station.processorCount) : 1;
}

function sizeStation(
  demand: Demand,
  wish: {
    readonly saturationPerSecond: number;
    readonly discipline: "fifo" | "ps";
    readonly utilization: number;
    readonly hasNarrowPools: boolean;
  },
  random: RandomStream,
): { servers: Pick<Service, "station" | "replicaCount">; workScale: number } {
  const { saturationPerSecond, discipline, utilization } = wish;
  const heldSeconds = discipline === "fifo" ? demand.callSeconds : 0;
  const wanted = (saturationPerSecond * (demand.ownSeconds + heldSeconds)) / utilization;
  const replicaCount = REPLICA_COUNTS[Math.floor(random() * REPLICA_COUNTS.length)]!;
  const counts = discipline === "fifo" ? WORKER_COUNTS : PROCESSOR_COUNTS;
  const count = nearest(counts, wanted / replicaCount);
  const workScale =
    ((utilization * count * replicaCount) / saturationPerSecond - heldSeconds) / Math.max(1e-9, demand.ownSeconds);
  const station: Station =
    discipline === "fifo"
      ? { discipline, workerCount: count }
      : { discipline, processorCount: count, threadCount: wish.hasNarrowPools ? Math.ceil(16 * count) : THREADS };
  return { servers: { station, replicaCount }, workScale: Math.min(SCALE_MAX, Math.max(SCALE_MIN, workScale)) };
}

/** The candidate whose ratio to the wanted number is closest to 1. */
function nearest(candidates: readonly number[], wanted: number): number {
  const distance = (candidate: number): number => Math.abs(Math.log(candidate / wanted));
  return candidates.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}

function scaled(operation: Operation, factor: number): Operation {
  return { ...operation, work: { ...operation.work, meanSeconds: operation.work.meanSeconds * factor } };
}
