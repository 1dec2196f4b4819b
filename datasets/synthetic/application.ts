/** A synthetic application: what is true of it, in the terms in which it is simulated. Nothing here is learned. */

/** A distribution of times. `bimodal`: nine in ten are short and one is long, each spread by ± 10 %. */
export interface TimeDistribution {
  readonly shape: "lognormal" | "gamma" | "bimodal";
  readonly meanSeconds: number;
  /** Standard deviation / mean; below 3 for `bimodal`. */
  readonly cv: number;
}

/**
 * What a visit needs of its instance, besides time.
 *
 * `fifo`: one of `workerCount` workers, from its turn in the queue until its answer, calls included; its span begins when it
 * comes. `ps`: one of `threadCount` threads, likewise, and a share of `processorCount` processors (a fraction is a quota)
 * while it works; its span begins when it has its thread. `delay`: nothing.
 */
export type Station =
  | { readonly discipline: "fifo"; readonly workerCount: number }
  | { readonly discipline: "ps"; readonly processorCount: number; readonly threadCount: number }
  | { readonly discipline: "delay" };

/** One way through an operation: groups of calls, one after the other, each made at once and waited for together. */
export interface Program {
  readonly probability: number;
  /** Operations called, by group. */
  readonly groups: readonly (readonly number[])[];
  /** Shares of the visit's own work before, between and after the groups; `groups.length + 1`, summing to 1. */
  readonly workShares: readonly number[];
  /** Factor on the operation's own work. */
  readonly workFactor: number;
}

export interface Operation {
  readonly name: string;
  readonly service: number;
  /** Own work of a visit, in processor seconds; of a leaf, how long it takes to answer. */
  readonly work: TimeDistribution;
  /** Network, there and back, of a call of it. */
  readonly gap: TimeDistribution;
  readonly programs: readonly Program[];
}

/** A service, or a leaf (database), which makes no spans of its own. */
export interface Service {
  readonly name: string;
  readonly isLeaf: boolean;
  readonly station: Station;
  readonly replicaCount: number;
  readonly balancing: "random" | "round-robin";
  /** Correlation of the (normal scores of) work of one visit and the next of its operation at an instance. */
  readonly autocorrelation: number;
  /** All work of an instance stands still for so long, once an interval on average (exponential). */
  readonly pause: { readonly intervalSeconds: number; readonly durationSeconds: number } | null;
}

export interface Application {
  readonly services: readonly Service[];
  /** Callees have higher indices than their callers. */
  readonly operations: readonly Operation[];
  readonly entries: readonly { readonly operation: number; readonly share: number }[];
}

/** Mean visits of each operation a request, by operation. */
export function visitsPerRequest(application: Application): Float64Array {
  const visits = new Float64Array(application.operations.length);
  for (const entry of application.entries) visits[entry.operation]! += entry.share;
  application.operations.forEach((operation, index) => {
    for (const program of operation.programs)
      for (const callee of program.groups.flat()) visits[callee]! += visits[index]! * program.probability;
  });
  return visits;
}

/** What identification should find out about a service. */
export interface StationTruth {
  readonly name: string;
  readonly discipline: Station["discipline"];
  /** Of one replica; Infinity for `delay`. */
  readonly serverCount: number;
  readonly replicaCount: number;
  /** Mean own work of a visit, over its operations as often as they are visited. */
  readonly meanServiceSeconds: number;
}

/** One row a service, in their order. */
export function stationTruths(application: Application): StationTruth[] {
  const visits = visitsPerRequest(application);
  return application.services.map((service, index) => {
    let visitSum = 0;
    let workSum = 0;
    application.operations.forEach((operation, k) => {
      if (operation.service !== index) return;
      visitSum += visits[k]!;
      workSum += visits[k]! * meanWorkSeconds(operation);
    });
    return {
      name: service.name,
      discipline: service.station.discipline,
      serverCount: serverCountOf(service.station),
      replicaCount: service.replicaCount,
      meanServiceSeconds: workSum / visitSum,
    };
  });
}

/** Mean own work of a visit of the operation, over its programs. */
export function meanWorkSeconds(operation: Operation): number {
  return operation.programs.reduce(
    (sum, program) => sum + program.probability * program.workFactor * operation.work.meanSeconds,
    0,
  );
}

/** What a visit holds one of, calls included, of one instance: workers or threads; Infinity for `delay`. */
export function workerCountOf(station: Station): number {
  if (station.discipline === "delay") return Number.POSITIVE_INFINITY;
  return station.discipline === "fifo" ? station.workerCount : station.threadCount;
}

/** Servers of one instance: workers or processors; Infinity for `delay`. */
export function serverCountOf(station: Station): number {
  if (station.discipline === "delay") return Number.POSITIVE_INFINITY;
  return station.discipline === "fifo" ? station.workerCount : station.processorCount;
}
