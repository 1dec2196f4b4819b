import type { Observation } from "../../src/contracts/observation.ts";
import { invert } from "../identification/invert.ts";
import type { NodeKnowledge, StructureService } from "../learning/knowledge.ts";
import { ResidualAccumulator } from "../learning/residual.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import { EARLIER_WINDOW_ROW, type InstanceJobs } from "../learning/window-jobs.ts";
import { ownTimeWindows } from "./own-time.ts";
import type { SimulatedWindow } from "./simulated-window.ts";
import type { StructureWindow } from "./structure-window.ts";

/** All that one window, or several joined, said about a node, still as sums. */
export interface NodeWindow {
  readonly windowSeconds: number;
  readonly visitCount: number;
  /** In the order of the node's plausible structures. */
  readonly structures: readonly StructureWindow[];
  readonly sojourn: ResidualAccumulator;
  /** Variance of the mean PIT of sojourn times among replicates. */
  readonly sojournVariance: number;
  readonly lag: ResidualAccumulator;
  readonly gapIn: ResidualAccumulator;
  readonly gapOut: ResidualAccumulator;
  readonly gapsByCallee: ReadonlyMap<number, ResidualAccumulator>;
  /** Predicted latency of all requests that reach the node, summed; 0 when no entry waits for it. */
  readonly reachedLatencySeconds: number;
}

/** Gaps of one window's calls against what was learned of each edge, by the nodes at both ends. */
export interface WindowGaps {
  readonly into: ReadonlyMap<number, ResidualAccumulator>;
  readonly outOf: ReadonlyMap<number, ReadonlyMap<number, ResidualAccumulator>>;
}

/** Sums up what a window shows of a node. */
export function measureNode(parts: {
  node: NodeKnowledge;
  observation: Observation;
  rows: readonly number[];
  jobs: readonly InstanceJobs[];
  gaps: WindowGaps;
  simulated: SimulatedWindow;
  reachedLatencySeconds: number;
  traffic: TrafficEstimate;
  seed: number;
  isExtrapolating: boolean;
}): NodeWindow {
  const { node, observation, rows, simulated } = parts;
  const { visits } = observation;
  const sojourn = new ResidualAccumulator();
  const lag = new ResidualAccumulator();
  for (const row of rows) {
    const operation = simulated.operations.get(visits.operation[row]!);
    if (operation !== undefined && operation.pooled.count > 0) {
      sojourn.add(visits.sojournSeconds[row]!, operation.pooled);
    }
    if (node.lag !== null && visits.lagSeconds[row]! > 0) {
      lag.add(visits.lagSeconds[row]!, node.lag);
    }
  }
  const gapsByCallee = parts.gaps.outOf.get(node.node) ?? new Map<number, ResidualAccumulator>();
  return {
    windowSeconds: observation.endSeconds - observation.startSeconds,
    visitCount: rows.length,
    structures:
      node.basis === "matching"
        ? ownTimeWindows(parts)
        : plausibleAt(node, parts.isExtrapolating).map((known) => measureStructure(known, parts.jobs)),
    sojourn,
    sojournVariance: varianceOfReplicates(node, simulated),
    lag,
    gapIn: parts.gaps.into.get(node.node) ?? new ResidualAccumulator(),
    gapOut: joinAccumulators([...gapsByCallee.values()]),
    gapsByCallee,
    reachedLatencySeconds: parts.reachedLatencySeconds,
  };
}

/** What may be behind the node: beyond the load learned from, also what that load could not tell apart. */
function plausibleAt(node: NodeKnowledge, isExtrapolating: boolean): readonly StructureService[] {
  return isExtrapolating ? [...node.structures, ...(node.spare ?? [])] : node.structures;
}

function measureStructure(known: StructureService, jobs: readonly InstanceJobs[]): StructureWindow {
  const byInstance = new Map<number, ResidualAccumulator>();
  const samples: number[] = [];
  let busySeconds = 0;
  for (const run of jobs) {
    const own = accumulatorOf(byInstance, run.instance);
    const { arrivalSeconds, departureSeconds, childSeconds, selfIntervals } = run;
    const seconds = invert(known.structure, arrivalSeconds, departureSeconds, childSeconds, selfIntervals);
    for (let i = 0; i < seconds.length; i++) {
      const reference = known.service.get(run.operation[i]!);
      if (run.rows[i] === EARLIER_WINDOW_ROW || reference === undefined) {
        continue;
      }
      own.add(seconds[i]!, reference);
      samples.push(Math.max(0, seconds[i]!));
      // A FIFO server is held while its visit waits for calls; a shared processor is not.
      const heldForCalls = known.structure.discipline === "fifo" ? childSeconds[i]! : 0;
      busySeconds += Math.max(0, seconds[i]!) + heldForCalls;
    }
  }
  return { all: joinAccumulators([...byInstance.values()]), byInstance, samples, busySeconds, shiftVariance: 0 };
}

/** Gaps of the window's calls by callee, and by caller and callee. */
export function measureGaps(
  observation: Observation,
  gapOf: (edge: number) => Parameters<ResidualAccumulator["add"]>[1] | undefined,
): WindowGaps {
  const { calls, topology } = observation;
  const into = new Map<number, ResidualAccumulator>();
  const outOf = new Map<number, Map<number, ResidualAccumulator>>();
  for (let row = 0; row < calls.count; row++) {
    const gap = calls.gapSeconds[row]!;
    const edge = topology.edges[calls.edge[row]!]!;
    const reference = gapOf(edge.index);
    if (Number.isNaN(gap) || reference === undefined || reference.count === 0) {
      continue;
    }
    const callee = topology.operations[edge.calleeOperation]!.node;
    const caller = topology.operations[edge.callerOperation]!.node;
    const ofCaller = outOf.get(caller) ?? new Map<number, ResidualAccumulator>();
    outOf.set(caller, ofCaller);
    accumulatorOf(into, callee).add(Math.max(0, gap), reference);
    accumulatorOf(ofCaller, callee).add(Math.max(0, gap), reference);
  }
  return { into, outOf };
}

/** Several windows of a node as one, the latest last. All must be of the same knowledge. */
export function joinNodeWindows(windows: readonly NodeWindow[]): NodeWindow {
  const last = windows[windows.length - 1]!;
  if (windows.length === 1) {
    return last;
  }
  const total = windows.reduce((sum, each) => sum + each.sojourn.count, 0);
  const weighted = windows.reduce((sum, each) => sum + each.sojourn.count ** 2 * each.sojournVariance, 0);
  return {
    windowSeconds: windows.reduce((sum, each) => sum + each.windowSeconds, 0),
    visitCount: windows.reduce((sum, each) => sum + each.visitCount, 0),
    structures: last.structures.map((_, k) => joinStructures(windows.flatMap((each) => each.structures[k] ?? []))),
    sojourn: joinAccumulators(windows.map((each) => each.sojourn)),
    sojournVariance: total === 0 ? 0 : weighted / (total * total),
    lag: joinAccumulators(windows.map((each) => each.lag)),
    gapIn: joinAccumulators(windows.map((each) => each.gapIn)),
    gapOut: joinAccumulators(windows.map((each) => each.gapOut)),
    gapsByCallee: joinMaps(windows.map((each) => each.gapsByCallee)),
    reachedLatencySeconds: windows.reduce((sum, each) => sum + each.reachedLatencySeconds, 0),
  };
}

function joinStructures(windows: readonly StructureWindow[]): StructureWindow {
  return {
    all: joinAccumulators(windows.map((each) => each.all)),
    byInstance: joinMaps(windows.map((each) => each.byInstance)),
    samples: windows.flatMap((each) => each.samples),
    busySeconds: windows.reduce((sum, each) => sum + each.busySeconds, 0),
    shiftVariance: weightedVariance(windows),
  };
}

/** Of the mean over all samples, when the windows are independent. */
function weightedVariance(windows: readonly StructureWindow[]): number {
  const total = windows.reduce((sum, { all }) => sum + all.count, 0);
  const weighted = windows.reduce((sum, { all, shiftVariance }) => sum + all.count ** 2 * shiftVariance, 0);
  return total === 0 ? 0 : weighted / (total * total);
}

function joinMaps(maps: readonly ReadonlyMap<number, ResidualAccumulator>[]): Map<number, ResidualAccumulator> {
  const joined = new Map<number, ResidualAccumulator>();
  for (const [key, accumulator] of maps.flatMap((map) => [...map])) {
    accumulatorOf(joined, key).join(accumulator);
  }
  return joined;
}

function joinAccumulators(accumulators: readonly ResidualAccumulator[]): ResidualAccumulator {
  const joined = new ResidualAccumulator();
  for (const accumulator of accumulators) {
    joined.join(accumulator);
  }
  return joined;
}

function accumulatorOf(accumulators: Map<number, ResidualAccumulator>, key: number): ResidualAccumulator {
  let accumulator = accumulators.get(key);
  if (accumulator === undefined) {
    accumulator = new ResidualAccumulator();
    accumulators.set(key, accumulator);
  }
  return accumulator;
}

/** How far a replicate's mean PIT strays from the pool's: sampling, Monte Carlo and queueing autocorrelation in one. */
function varianceOfReplicates(node: NodeKnowledge, simulated: SimulatedWindow): number {
  const sums: number[] = [];
  const counts: number[] = [];
  for (const operation of node.operations.keys()) {
    const found = simulated.operations.get(operation);
    found?.replicates.forEach((samples, replicate) => {
      for (const sample of samples) {
        sums[replicate] = (sums[replicate] ?? 0) + found.pooled.pit(sample) - 0.5;
      }
      counts[replicate] = (counts[replicate] ?? 0) + samples.length;
    });
  }
  const shifts = sums.flatMap((sum, replicate) => ((counts[replicate] ?? 0) > 0 ? [sum / counts[replicate]!] : []));
  const mean = shifts.reduce((sum, shift) => sum + shift * shift, 0) / Math.max(1, shifts.length);
  return mean * (1 + 1 / Math.max(1, shifts.length));
}
