import type { NetworkSpec, OperationSpec, StationSpec } from "../kernel/spec.ts";
import { type LayeredSaturation, saturation } from "../theory/layered-saturation.ts";
import { layeredNetwork, layeredRates } from "./network-means.ts";

/** Something a visit takes and gives back, of which there is only so much. */
export interface Resource {
  readonly kind: "servers" | "workers" | "connections";
  readonly station: number;
  /** Index of the pool of connections, −1 for the others. */
  readonly pool: number;
}

export interface ResourceLoad {
  readonly resource: Resource;
  /** Share of it in use at the given rates; above 1 it cannot keep up. */
  readonly utilization: number;
}

export interface Headroom {
  /** How many times the given rates the network can take; Infinity when nothing limits it. */
  readonly factor: number;
  /** What is used up first; null when nothing is. */
  readonly bottleneck: Resource | null;
}

/** Calls deeper than this are a circle: what lies below is left out, as the simulator does. */
const MAX_DEPTH = 100;

/**
 * The load the network can take, with what queueing below adds to the time that servers, workers and connections are
 * held. Timeouts, retries and refusals are left out: calls tried again come on top.
 *
 * @param ratePerSecond exogenous visits by operation
 */
export function headroom(spec: NetworkSpec, ratePerSecond: Float64Array): Headroom {
  const network = layeredNetwork(spec);
  const { factor, bottleneck } = saturation(network, layeredRates(network, ratePerSecond));
  return { factor, bottleneck: bottleneck === null ? null : resourceOf(spec, bottleneck) };
}

function resourceOf(spec: NetworkSpec, { station, resource }: NonNullable<LayeredSaturation["bottleneck"]>): Resource {
  const pool = station - spec.stations.length;
  if (pool >= 0) {
    return { kind: "connections", station: spec.pools![pool]!.station, pool };
  }
  // What a FIFO station has are servers, though they are held as workers are.
  const kind = spec.stations[station]!.discipline === "fifo" ? "servers" : resource;
  return { kind, station, pool: -1 };
}

/**
 * Utilisation of everything in the network that is limited, at these rates, by the utilisation law U = λ D / c. The demand
 * D of a shared processor is own work; a FIFO server, a worker and a connection are held over the calls made meanwhile,
 * here as long as in an unloaded network: what queueing below adds comes on top (see `headroom`).
 */
export function resourceLoads(spec: NetworkSpec, ratePerSecond: Float64Array): ResourceLoad[] {
  const visits = visitRates(spec, ratePerSecond);
  const holding = holdingSeconds(spec);
  const loads: ResourceLoad[] = [];
  spec.stations.forEach((station, index) => {
    const own = sumOver(spec, index, (operation) => visits[operation]! * holding.own[operation]!);
    const held = sumOver(spec, index, (operation) => visits[operation]! * holding.whole[operation]!);
    const share = busiestShare(station);
    const resource = { station: index, pool: -1 };
    if (station.discipline !== "delay") {
      const demand = station.discipline === "fifo" ? held / (station.batch?.sizeMax ?? 1) : own;
      loads.push({ resource: { ...resource, kind: "servers" }, utilization: (demand * share) / workRate(station) });
    }
    if (station.workerCount !== undefined) {
      loads.push({ resource: { ...resource, kind: "workers" }, utilization: (held * share) / station.workerCount });
    }
  });
  spec.pools?.forEach((pool, index) => {
    const held = spec.operations.reduce((sum, operation, caller) => {
      return sum + visits[caller]! * pooledSeconds(spec, operation, index, holding);
    }, 0);
    const used = held * busiestShare(spec.stations[pool.station]!);
    const resource: Resource = { kind: "connections", station: pool.station, pool: index };
    loads.push({ resource, utilization: used / pool.connectionCount });
  });
  return loads;
}

interface HoldingTimes {
  /** Mean own work of a visit, by operation. */
  readonly own: Float64Array;
  /** Mean time from the start of a visit's work to its end, awaited calls included. */
  readonly whole: Float64Array;
  /** Mean time of one call, by edge. */
  readonly call: Float64Array;
}

function holdingSeconds(spec: NetworkSpec): HoldingTimes {
  const own = Float64Array.from(spec.operations, meanOwnSeconds);
  const whole = new Float64Array(spec.operations.length).fill(Number.NaN);
  const call = new Float64Array(spec.edges.length);
  const gap = spec.edges.map((edge) => edge.gapSamples.reduce((sum, each) => sum + each, 0) / edge.gapSamples.length);
  const visit = (operation: number, depth: number): number => {
    if (depth > MAX_DEPTH) {
      return 0;
    }
    if (Number.isNaN(whole[operation]!)) {
      let seconds = own[operation]!;
      for (const program of spec.operations[operation]!.programs) {
        for (const group of program.groups) {
          const awaited = group.filter(({ edge }) => !spec.edges[edge]!.isAsync);
          const longest = Math.max(0, ...awaited.map(({ edge }) => callSeconds(edge, depth)));
          seconds += program.probability * longest;
        }
      }
      whole[operation] = seconds;
    }
    return whole[operation]!;
  };
  const callSeconds = (edge: number, depth: number): number => {
    const { calleeOperation, timeoutSeconds = Number.POSITIVE_INFINITY } = spec.edges[edge]!;
    call[edge] = Math.min(timeoutSeconds, gap[edge]! + visit(calleeOperation, depth + 1));
    return call[edge]!;
  };
  spec.operations.forEach((_, operation) => {
    visit(operation, 0);
  });
  return { own, whole, call };
}

/** Time that a visit of the operation uses connections of the pool, one call after the other. */
function pooledSeconds(spec: NetworkSpec, operation: OperationSpec, pool: number, holding: HoldingTimes): number {
  return operation.programs.reduce((sum, program) => {
    const pooled = program.groups.flat().filter(({ edge }) => spec.edges[edge]!.pool === pool);
    return sum + program.probability * pooled.reduce((all, { edge }) => all + holding.call[edge]!, 0);
  }, 0);
}

/** Visits per second by operation: those from outside and those called. */
export function visitRates(spec: NetworkSpec, ratePerSecond: Float64Array): Float64Array {
  const total = ratePerSecond.slice();
  let wave = ratePerSecond.slice();
  for (let depth = 0; depth < MAX_DEPTH && wave.some((rate) => rate > 0); depth++) {
    const next = new Float64Array(wave.length);
    spec.operations.forEach((operation, caller) => {
      for (const program of operation.programs) {
        for (const { edge } of program.groups.flat()) {
          next[spec.edges[edge]!.calleeOperation]! += wave[caller]! * program.probability;
        }
      }
    });
    next.forEach((rate, operation) => {
      total[operation]! += rate;
    });
    wave = next;
  }
  return total;
}

/** Seconds of work a replica does in a second at the most. */
function workRate(station: StationSpec): number {
  const { throttle, pause, serverCount } = station;
  const awake = pause === undefined ? 1 : 1 - pause.durationSeconds / pause.intervalSeconds;
  const quota = throttle === undefined ? Number.POSITIVE_INFINITY : throttle.quotaSeconds / throttle.periodSeconds;
  return Math.min(serverCount * awake, quota);
}

/** Share of the visits that the busiest replica gets. */
function busiestShare({ balancing, replicaWeights }: StationSpec): number {
  return balancing === "random" ? Math.max(...replicaWeights) : 1 / replicaWeights.length;
}

function meanOwnSeconds(operation: OperationSpec): number {
  return operation.programs.reduce((sum, { probability, segmentSamples, groups }) => {
    const rows = segmentSamples.length / (groups.length + 1);
    return sum + (probability * segmentSamples.reduce((all, each) => all + each, 0)) / rows;
  }, 0);
}

function sumOver(spec: NetworkSpec, station: number, value: (operation: number) => number): number {
  return spec.operations.reduce((sum, each, operation) => sum + (each.station === station ? value(operation) : 0), 0);
}
