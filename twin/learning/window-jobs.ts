import type { Observation } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";
import { SelfIntervalList, type SelfIntervals } from "../identification/self-intervals.ts";

/** Visits of one instance, sorted by arrival. */
export interface InstanceJobs {
  readonly instance: number;
  readonly node: number;
  /** Rows of the observation's visits. */
  readonly rows: Uint32Array;
  readonly arrivalSeconds: Float64Array;
  readonly departureSeconds: Float64Array;
  /** Part of the visit spent waiting for calls. */
  readonly childSeconds: Float64Array;
  readonly operation: Uint32Array;
  /** When each visit did own work; `visit` counts the jobs of this list. */
  readonly selfIntervals: SelfIntervals;
}

/**
 * The window's visits by instance, instances in order of their number. Pieces of visits whose beginning was lost are left
 * out: two of one visit would seem to hold two servers. Where there is nothing but pieces, they stand for the visits.
 */
export function jobsByInstance(observation: Observation): InstanceJobs[] {
  const { visits, topology } = observation;
  const byInstance = new Map<number, number[]>();
  for (let row = 0; row < visits.count; row++) {
    const instance = visits.instance[row]!;
    pushTo(byInstance, instance, row);
  }
  const jobs: InstanceJobs[] = [];
  for (const instance of [...byInstance.keys()].sort((a, b) => a - b)) {
    const rows = wholeOnes(byInstance.get(instance)!, visits.isPartial);
    rows.sort((a, b) => visits.arrivalSeconds[a]! - visits.arrivalSeconds[b]! || a - b);
    const n = rows.length;
    const arrivalSeconds = new Float64Array(n);
    const departureSeconds = new Float64Array(n);
    const childSeconds = new Float64Array(n);
    const operation = new Uint32Array(n);
    const selfIntervals = new SelfIntervalList();
    for (let i = 0; i < n; i++) {
      const row = rows[i]!;
      arrivalSeconds[i] = visits.arrivalSeconds[row]!;
      departureSeconds[i] = visits.arrivalSeconds[row]! + visits.sojournSeconds[row]!;
      childSeconds[i] = Math.max(0, visits.sojournSeconds[row]! - visits.lagSeconds[row]! - visits.selfSeconds[row]!);
      operation[i] = visits.operation[row]!;
      const first = visits.segmentStart[row]!;
      const end = visits.segmentStart[row + 1]!;
      const segments = visits.segmentSeconds.subarray(first, end);
      const groups = visits.groupSeconds.subarray(first - row, end - row - 1);
      selfIntervals.add(i, arrivalSeconds[i]!, departureSeconds[i]!, segments, groups);
    }
    const node = topology.instances[instance]!.node;
    jobs.push({
      instance,
      node,
      rows: Uint32Array.from(rows),
      arrivalSeconds,
      departureSeconds,
      childSeconds,
      operation,
      selfIntervals: selfIntervals.sorted(),
    });
  }
  return jobs;
}

function wholeOnes(rows: number[], isPartial: Uint8Array): number[] {
  const whole = rows.filter((row) => isPartial[row] === 0);
  return whole.length > 0 ? whole : rows;
}

/** Two runs of jobs of one instance, the earlier first, as one. */
export function joinJobs(earlier: InstanceJobs | undefined, later: InstanceJobs): InstanceJobs {
  if (earlier === undefined) {
    return later;
  }
  const n = earlier.rows.length + later.rows.length;
  const order = Array.from({ length: n }, (_, i) => i);
  const arrival = joined(earlier.arrivalSeconds, later.arrivalSeconds);
  order.sort((a, b) => arrival[a]! - arrival[b]! || a - b);
  const pick = (all: Float64Array): Float64Array => Float64Array.from(order, (i) => all[i]!);
  // Rows of the earlier window do not exist in this one: they are marked with the highest number.
  const rows = new Uint32Array(n).fill(0xffffffff);
  rows.set(later.rows, earlier.rows.length);
  const operation = new Uint32Array(n);
  operation.set(earlier.operation);
  operation.set(later.operation, earlier.operation.length);
  const rankOf = new Uint32Array(n);
  order.forEach((i, rank) => {
    rankOf[i] = rank;
  });
  const selfIntervals = new SelfIntervalList();
  selfIntervals.addAll(earlier.selfIntervals, rankOf);
  selfIntervals.addAll(later.selfIntervals, rankOf.subarray(earlier.rows.length));
  return {
    instance: later.instance,
    node: later.node,
    rows: Uint32Array.from(order, (i) => rows[i]!),
    arrivalSeconds: pick(arrival),
    departureSeconds: pick(joined(earlier.departureSeconds, later.departureSeconds)),
    childSeconds: pick(joined(earlier.childSeconds, later.childSeconds)),
    operation: Uint32Array.from(order, (i) => operation[i]!),
    selfIntervals: selfIntervals.sorted(),
  };
}

/** Mark in `rows` of a job that belongs to the window before. */
export const EARLIER_WINDOW_ROW = 0xffffffff;

function joined(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
