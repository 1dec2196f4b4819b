import type { Residual } from "../src/contracts/forecast.ts";
import type { Observation } from "../src/contracts/observation.ts";
import { shareOfSlowestTenth } from "./calibrate.ts";
import { invert } from "./invert.ts";
import type { Knowledge, NodeDiscrepancies, NodeKnowledge, StructureKnowledge } from "./knowledge.ts";
import { ResidualAccumulator } from "./residual.ts";
import type { SimulatedWindow } from "./simulated-window.ts";
import { EARLIER_WINDOW_ROW, type InstanceJobs } from "./window-jobs.ts";

export interface ServiceResidual {
  readonly residual: Residual | null;
  readonly excessSeconds: number;
  readonly instanceSpread: number;
  readonly worstInstance: number;
  readonly burstiness: number;
  /** Busy time of the servers / their time; NaN for a delay station. */
  readonly utilization: number;
}

/** Inverted service times of a node against what was learned; of all plausible structures the one least surprised. */
export function serviceResidual(
  node: NodeKnowledge,
  jobs: readonly InstanceJobs[],
  windowSeconds: number,
  discrepancy: number,
): ServiceResidual | null {
  let best: ServiceResidual | null = null;
  for (const structure of node.structures) {
    const result = residualUnder(structure, node, jobs, windowSeconds, discrepancy);
    if (best === null || Math.abs(result.residual?.z ?? 0) < Math.abs(best.residual?.z ?? 0)) {
      best = result;
    }
  }
  const first = node.structures[0];
  if (best === null || first === undefined) {
    return best;
  }
  // Utilization is a statement about the structure believed in, not about the one most lenient today.
  return { ...best, utilization: utilizationUnder(first, node, jobs, windowSeconds) };
}

function residualUnder(
  known: StructureKnowledge,
  node: NodeKnowledge,
  jobs: readonly InstanceJobs[],
  windowSeconds: number,
  discrepancy: number,
): ServiceResidual {
  const all = new ResidualAccumulator();
  const shifts: { instance: number; shift: number; count: number }[] = [];
  const samples: number[] = [];
  for (const run of jobs) {
    const own = new ResidualAccumulator();
    const seconds = invert(known.structure, run.arrivalSeconds, run.departureSeconds, run.childSeconds);
    for (let i = 0; i < seconds.length; i++) {
      const reference = known.service.get(run.operation[i]!);
      if (run.rows[i] === EARLIER_WINDOW_ROW || reference === undefined) {
        continue;
      }
      all.add(seconds[i]!, reference);
      own.add(seconds[i]!, reference);
      samples.push(Math.max(0, seconds[i]!));
    }
    if (own.count >= INSTANCE_SAMPLES_MIN) {
      shifts.push({ instance: run.instance, shift: own.shift, count: own.count });
    }
  }
  const slowest = shareOfSlowestTenth(samples);
  return {
    residual: all.residual(discrepancy),
    excessSeconds: all.excessSeconds / windowSeconds,
    ...spreadOf(shifts),
    burstiness: Number.isNaN(slowest) || Number.isNaN(node.slowestTenthShare) ? 0 : slowest - node.slowestTenthShare,
    utilization: Number.NaN,
  };
}

const INSTANCE_SAMPLES_MIN = 6;

function spreadOf(shifts: { instance: number; shift: number }[]): { instanceSpread: number; worstInstance: number } {
  if (shifts.length < 2) {
    return { instanceSpread: 0, worstInstance: -1 };
  }
  const sorted = [...shifts].sort((a, b) => a.shift - b.shift || a.instance - b.instance);
  const worst = sorted[sorted.length - 1]!;
  const median = sorted[(sorted.length - 1) >> 1]!;
  return { instanceSpread: worst.shift - median.shift, worstInstance: worst.instance };
}

function utilizationUnder(
  known: StructureKnowledge,
  node: NodeKnowledge,
  jobs: readonly InstanceJobs[],
  windowSeconds: number,
): number {
  const { discipline, serverCount } = known.structure;
  if (discipline === "delay" || !node.isIdentified) {
    return Number.NaN;
  }
  let busySeconds = 0;
  for (const run of jobs) {
    const seconds = invert(known.structure, run.arrivalSeconds, run.departureSeconds, run.childSeconds);
    for (let i = 0; i < seconds.length; i++) {
      if (run.rows[i] !== EARLIER_WINDOW_ROW) {
        // A FIFO server is held while its visit waits for calls; a shared processor is not.
        busySeconds += Math.max(0, seconds[i]!) + (discipline === "fifo" ? run.childSeconds[i]! : 0);
      }
    }
  }
  return busySeconds / (serverCount * Math.max(1, node.instances.length) * windowSeconds);
}

export interface GapResiduals {
  readonly into: ReadonlyMap<number, ResidualAccumulator>;
  readonly outOf: ReadonlyMap<number, ResidualAccumulator>;
  /** By caller: share of its callees whose gaps rose, and how many callees it has. */
  readonly breadth: ReadonlyMap<number, { readonly share: number; readonly callees: number }>;
}

/** Mean PIT above ½ at which an edge's gap counts as risen, with at least so many calls. */
const RISEN_SHIFT_MIN = 0.2;
const RISEN_SAMPLES_MIN = 3;

/** Gaps of the window's calls against what was learned of each edge, pooled by callee and by caller. */
export function gapResiduals(observation: Observation, knowledge: Knowledge): GapResiduals {
  const { calls, topology } = observation;
  const into = new Map<number, ResidualAccumulator>();
  const outOf = new Map<number, ResidualAccumulator>();
  const pairs = new Map<number, Map<number, ResidualAccumulator>>();
  for (let row = 0; row < calls.count; row++) {
    const gap = calls.gapSeconds[row]!;
    const edge = topology.edges[calls.edge[row]!]!;
    const reference = knowledge.gaps.get(edge.index);
    if (Number.isNaN(gap) || reference === undefined || reference.count === 0) {
      continue;
    }
    const callee = topology.operations[edge.calleeOperation]!.node;
    const caller = topology.operations[edge.callerOperation]!.node;
    const ofCaller = pairs.get(caller) ?? new Map<number, ResidualAccumulator>();
    pairs.set(caller, ofCaller);
    for (const accumulator of [accumulatorOf(into, callee), accumulatorOf(outOf, caller), accumulatorOf(ofCaller, callee)]) {
      accumulator.add(Math.max(0, gap), reference);
    }
  }
  return { into, outOf, breadth: new Map([...pairs].map(([caller, callees]) => [caller, breadthOf(callees)])) };
}

/** Gaps that rose towards (nearly) everybody a node calls, and it calls several, are the node's own doing. */
export function ownsGapsOut(breadth: { readonly share: number; readonly callees: number } | undefined): boolean {
  return breadth !== undefined && breadth.callees >= 2 && breadth.share >= 0.75;
}

function breadthOf(callees: ReadonlyMap<number, ResidualAccumulator>): { share: number; callees: number } {
  const counted = [...callees.values()].filter((each) => each.count >= RISEN_SAMPLES_MIN);
  const risen = counted.filter((each) => each.shift >= RISEN_SHIFT_MIN).length;
  return { share: counted.length === 0 ? 0 : risen / counted.length, callees: counted.length };
}

function accumulatorOf(accumulators: Map<number, ResidualAccumulator>, node: number): ResidualAccumulator {
  let accumulator = accumulators.get(node);
  if (accumulator === undefined) {
    accumulator = new ResidualAccumulator();
    accumulators.set(node, accumulator);
  }
  return accumulator;
}

/** Sojourn times of a node against the simulated ones, with the variance the replicates show among themselves. */
export function sojournResidual(
  node: NodeKnowledge,
  observation: Observation,
  rows: readonly number[],
  simulated: SimulatedWindow,
  discrepancy: number,
): Residual | null {
  const { visits } = observation;
  const all = new ResidualAccumulator();
  for (const row of rows) {
    const operation = simulated.operations.get(visits.operation[row]!);
    if (operation !== undefined && operation.pooled.count > 0) {
      all.add(visits.sojournSeconds[row]!, operation.pooled);
    }
  }
  return all.residual(discrepancy, varianceOfReplicates(node, simulated));
}

function varianceOfReplicates(node: NodeKnowledge, simulated: SimulatedWindow): number {
  const shifts: number[] = [];
  for (const operation of node.operations.keys()) {
    const replicates = simulated.operations.get(operation);
    replicates?.replicates.forEach((samples, replicate) => {
      for (const sample of samples) {
        shifts[2 * replicate] = (shifts[2 * replicate] ?? 0) + replicates.pooled.pit(sample) - 0.5;
        shifts[2 * replicate + 1] = (shifts[2 * replicate + 1] ?? 0) + 1;
      }
    });
  }
  let sum = 0;
  let count = 0;
  for (let replicate = 0; 2 * replicate < shifts.length; replicate++) {
    const n = shifts[2 * replicate + 1] ?? 0;
    if (n > 0) {
      sum += ((shifts[2 * replicate] ?? 0) / n) ** 2;
      count++;
    }
  }
  return count === 0 ? 0 : (sum / count) * (1 + 1 / count);
}

/** Consumer lag against the learned one; null for nodes that consume nothing. */
export function lagResidual(
  node: NodeKnowledge,
  observation: Observation,
  rows: readonly number[],
  discrepancies: NodeDiscrepancies,
): Residual | null {
  if (node.lag === null) {
    return null;
  }
  const all = new ResidualAccumulator();
  for (const row of rows) {
    const lag = observation.visits.lagSeconds[row]!;
    if (lag > 0) {
      all.add(lag, node.lag);
    }
  }
  return all.residual(discrepancies.lag.value);
}

