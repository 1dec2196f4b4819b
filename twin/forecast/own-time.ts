import type { Observation } from "../../src/contracts/observation.ts";
import { poissonArrivals, type StationWork, simulateOwnTime } from "../identification/station-run.ts";
import { normal, stream } from "../kernel/random.ts";
import type { NodeKnowledge, StructureKnowledge } from "../learning/knowledge.ts";
import { Reference } from "../learning/reference.ts";
import { ResidualAccumulator } from "../learning/residual.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import type { StructureWindow } from "./structure-window.ts";

const REPLICATES = 12;
/** A window's length before each window, in which the queue fills. */
const WARM_UP_WINDOWS = 1;
/** A drawn rate is no less than this share of the one estimated. */
const RATE_SHARE_MIN = 0.2;
const ARRIVALS_MIN = 100;
const ARRIVALS_MAX = 4000;

/** What the sampled visits of a node show of one operation in a window; seconds. */
interface SeenWork {
  readonly operation: number;
  readonly rows: readonly number[];
  /** At one instance, with its standard deviation. */
  readonly ratePerSecond: number;
  readonly rateError: number;
  readonly childSeconds: Float64Array;
}

/**
 * Own time (work, waiting, sharing) of a node's sampled visits against that of its station, simulated at the rate of the
 * whole traffic under each plausible structure. What the node's callees took is the window's own: a slow callee that holds
 * this node's servers makes its visits wait in the simulation, too, and is not blamed on it.
 */
export function ownTimeWindows(parts: {
  readonly node: NodeKnowledge;
  readonly observation: Observation;
  /** Rows of the node's visits. */
  readonly rows: readonly number[];
  readonly traffic: TrafficEstimate;
  readonly seed: number;
}): StructureWindow[] {
  const seen = seenWork(parts);
  return parts.node.structures.map((known) => measure(known, seen, parts));
}

function measure(
  known: StructureKnowledge,
  seen: readonly SeenWork[],
  { node, observation, seed }: Parameters<typeof ownTimeWindows>[0],
): StructureWindow {
  const { visits, startSeconds, endSeconds } = observation;
  const work = seen.filter(({ operation }) => known.service.has(operation));
  const expected = expectedOwnTime(known, work, endSeconds - startSeconds, seed + node.node);
  const all = new ResidualAccumulator();
  const byInstance = new Map<number, ResidualAccumulator>();
  let busySeconds = 0;
  work.forEach(({ operation, rows, ratePerSecond, childSeconds }, kind) => {
    const held = known.structure.discipline === "fifo" ? mean(childSeconds) : 0;
    const service = known.service.get(operation)!.meanSeconds;
    busySeconds += ratePerSecond * node.instances.length * (endSeconds - startSeconds) * (service + held);
    const reference = expected.references[kind];
    if (reference === undefined) return;
    for (const row of rows) {
      const own = visits.selfSeconds[row]!;
      const instance = visits.instance[row]!;
      const ofInstance = byInstance.get(instance) ?? new ResidualAccumulator();
      byInstance.set(instance, ofInstance);
      all.add(own, reference);
      ofInstance.add(own, reference);
    }
  });
  const sampling = all.count === 0 ? 0 : 1 / (12 * all.count);
  return { all, byInstance, samples: [], busySeconds, shiftVariance: expected.shiftVariance + sampling };
}

function seenWork({ node, observation, rows, traffic }: Parameters<typeof ownTimeWindows>[0]): SeenWork[] {
  const { visits } = observation;
  const byOperation = new Map<number, number[]>();
  for (const row of rows) {
    const operation = visits.operation[row]!;
    const list = byOperation.get(operation) ?? [];
    byOperation.set(operation, list);
    list.push(row);
  }
  return [...byOperation].map(([operation, own]) => {
    const childSeconds = Float64Array.from(own, (row) =>
      Math.max(0, visits.sojournSeconds[row]! - visits.lagSeconds[row]! - visits.selfSeconds[row]!),
    );
    const { ratePerSecond, variance } = traffic.visits.get(operation)!;
    const instances = Math.max(1, node.instances.length);
    return {
      operation,
      rows: own,
      ratePerSecond: ratePerSecond / instances,
      rateError: Math.sqrt(variance) / instances,
      childSeconds: childSeconds.some((each) => each > 0) ? childSeconds : new Float64Array(),
    };
  });
}

/** Own times by kind of work, pooled over replicates of the window; none where the station cannot carry the load. */
function expectedOwnTime(
  known: StructureKnowledge,
  seen: readonly SeenWork[],
  windowSeconds: number,
  seed: number,
): { readonly references: readonly Reference[]; readonly shiftVariance: number } {
  const rates = seen.map(({ ratePerSecond }) => ratePerSecond);
  const rate = rates.reduce((sum, each) => sum + each, 0);
  if (!(rate > 0)) return { references: [], shiftVariance: 0 };
  const count = Math.max(ARRIVALS_MIN, Math.min(ARRIVALS_MAX, Math.ceil(rate * windowSeconds * (1 + WARM_UP_WINDOWS))));
  const warm = Math.floor((count * WARM_UP_WINDOWS) / (1 + WARM_UP_WINDOWS));
  const work = seen.map(
    ({ operation, childSeconds }): StationWork => ({
      serviceSeconds: known.service.get(operation)!.sorted,
      childSeconds,
    }),
  );
  const replicates: Float64Array[][] = [];
  for (let k = 0; k < REPLICATES; k++) {
    const error = normal(stream(seed, k, "rate"), 0, 1);
    const drawn = seen.map(({ ratePerSecond, rateError }) =>
      Math.max(RATE_SHARE_MIN * ratePerSecond, ratePerSecond + error * rateError),
    );
    const arrivals = poissonArrivals(drawn, count, seed + 7919 * k);
    const own = simulateOwnTime(known.structure, work, arrivals, seed + 7919 * k);
    if (own === null) return { references: [], shiftVariance: 0 };
    replicates.push(seen.map((_, kind) => own.filter((_, i) => i >= warm && arrivals.operation[i] === kind)));
  }
  const references = seen.map((_, kind) => new Reference(joined(replicates.map((own) => own[kind]!))));
  return { references, shiftVariance: varianceOfShift(replicates, references) };
}

/** How far the mean PIT of one replicate strays from that of all. */
function varianceOfShift(replicates: readonly Float64Array[][], references: readonly Reference[]): number {
  const shifts = replicates.map((own) => {
    let sum = 0;
    let count = 0;
    own.forEach((seconds, kind) => {
      for (const each of seconds) sum += references[kind]!.pit(each) - 0.5;
      count += seconds.length;
    });
    return count === 0 ? 0 : sum / count;
  });
  const squares = shifts.reduce((sum, shift) => sum + shift * shift, 0);
  return (squares / shifts.length) * (1 + 1 / shifts.length);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  return Float64Array.from(parts.flatMap((part) => [...part]));
}

function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}
