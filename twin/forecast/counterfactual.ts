import type { Counterfactual } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";
import { compileNetwork } from "../kernel/compile-network.ts";
import type { Knowledge, OperationKnowledge, ProgramKnowledge } from "../learning/knowledge.ts";
import { Reference } from "../learning/reference.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import type { JobsByNode } from "./in-flight.ts";
import { buildNetwork, NO_OVERRIDES, type Overrides } from "./network-builder.ts";
import { type SimulatedWindow, simulateWindow } from "./simulated-window.ts";

const REPLICATES = 4;
/** Fewer samples of an edge or operation than this do not make an observed distribution. */
const SAMPLES_MIN = 3;

/**
 * For each suspect: the window as observed, simulated once more with only that node (its work, its edges in) put back to
 * what was learned. The same dice are used throughout, so differences are the suspect's doing.
 */
export function counterfactuals(options: {
  knowledge: Knowledge;
  window: Observation;
  jobs: JobsByNode;
  traffic?: TrafficEstimate;
  suspects: readonly number[];
  /** True for a node whose gaps rose towards everybody it calls: then they are its own. */
  ownsGapsOut: (node: number) => boolean;
  seed: number;
}): Counterfactual[] {
  const { knowledge, window } = options;
  const observed = observedOverrides(window, knowledge);
  const entries = window.topology.operations.filter(({ isEntry }) => isEntry).map(({ index }) => index);
  const simulated = (overrides: Overrides): SimulatedWindow => {
    const network = buildNetwork(knowledge, window.topology, overrides);
    const compiled = compileNetwork(network.spec);
    const variants = Array.from({ length: REPLICATES }, () => ({ network, compiled }));
    const { jobs, seed, traffic } = options;
    return simulateWindow({ variants, window, jobs, seed, ...(traffic === undefined ? {} : { traffic }) });
  };
  const usual = simulated(NO_OVERRIDES);
  const normal = usual.entryMeanSeconds;
  const worst = worstEntry(window, entries, usual);
  const faulty = simulated(observed).entryMeanSeconds;
  const excess = faulty - normal;
  return options.suspects.map((node) => {
    const healed = simulated(withNormal(observed, node, window, options.ownsGapsOut(node)));
    const without = healed.entryMeanSeconds;
    const share = excess > 0 ? (faulty - without) / excess : 0;
    return {
      node,
      observedMeanSeconds: faulty,
      predictedMeanSeconds: normal,
      withoutItMeanSeconds: without,
      explainedShare: Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 0,
      worst: worst && { ...worst, withoutItP95Seconds: p95Of(healed, worst.operation) },
    };
  });
}

/** The entry operation whose requests lost most against the simulation without a fault, with its p95 as seen. */
function worstEntry(
  { visits }: Observation,
  entries: readonly number[],
  usual: SimulatedWindow,
): { readonly operation: number; readonly observedP95Seconds: number } | null {
  const seen = new Map<number, number[]>(entries.map((entry) => [entry, []]));
  for (let row = 0; row < visits.count; row++) {
    if (visits.isRoot[row] === 1) seen.get(visits.operation[row]!)?.push(visits.sojournSeconds[row]!);
  }
  const lost = [...seen]
    .map(([operation, seconds]) => {
      const expected = usual.operations.get(operation)?.pooled.meanSeconds ?? Number.NaN;
      const lostSeconds = seconds.reduce((sum, each) => sum + each - expected, 0);
      return { operation, lostSeconds, sojourns: new Reference(Float64Array.from(seconds)) };
    })
    .filter(({ lostSeconds, sojourns }) => sojourns.count > 0 && Number.isFinite(lostSeconds))
    .sort((a, b) => b.lostSeconds - a.lostSeconds || a.operation - b.operation);
  const [worst] = lost;
  return worst === undefined ? null : { operation: worst.operation, observedP95Seconds: worst.sojourns.p95Seconds };
}

function p95Of({ operations }: SimulatedWindow, operation: number): number {
  return operations.get(operation)?.pooled.p95Seconds ?? Number.NaN;
}

function withNormal(observed: Overrides, node: number, window: Observation, ownsGapsOut: boolean): Overrides {
  const { topology } = window;
  const nodes = new Map(observed.nodes);
  nodes.delete(node);
  const gaps = new Map(observed.gaps);
  for (const edge of observed.gaps.keys()) {
    const { callerOperation, calleeOperation } = topology.edges[edge]!;
    const isInto = topology.operations[calleeOperation]!.node === node;
    if (isInto || (ownsGapsOut && topology.operations[callerOperation]!.node === node)) {
      gaps.delete(edge);
    }
  }
  return { nodes, gaps };
}

/** Every node and edge as the window showed it: waiting is part of what was seen, so nothing queues. */
function observedOverrides(window: Observation, knowledge: Knowledge): Overrides {
  const nodes = new Map<number, Map<number, OperationKnowledge>>();
  const { visits, calls, topology } = window;
  const rowsByOperation = new Map<number, number[]>();
  for (let row = 0; row < visits.count; row++) {
    const operation = visits.operation[row]!;
    pushTo(rowsByOperation, operation, row);
  }
  for (const [operation, rows] of rowsByOperation) {
    const node = topology.operations[operation]!.node;
    const known = knowledge.nodes.get(node)?.operations.get(operation);
    if (known !== undefined && rows.length >= SAMPLES_MIN) {
      const ofNode = nodes.get(node) ?? new Map<number, OperationKnowledge>();
      nodes.set(node, ofNode);
      ofNode.set(operation, { ...known, programs: observedPrograms(window, rows) });
    }
  }
  const gapLists = new Map<number, number[]>();
  for (let row = 0; row < calls.count; row++) {
    const gap = calls.gapSeconds[row]!;
    if (!Number.isNaN(gap)) {
      pushTo(gapLists, calls.edge[row]!, Math.max(0, gap));
    }
  }
  const gaps = new Map<number, Float64Array>();
  for (const [edge, list] of gapLists) {
    if (list.length >= SAMPLES_MIN) {
      gaps.set(edge, new Reference(Float64Array.from(list)).sorted);
    }
  }
  return { nodes, gaps };
}

function observedPrograms(window: Observation, rows: readonly number[]): ProgramKnowledge[] {
  const { visits } = window;
  const byProgram = new Map<number, number[]>();
  for (const row of rows) {
    const program = visits.program[row]!;
    pushTo(byProgram, program, row);
  }
  return [...byProgram].map(([program, list]) => {
    const first = list[0]!;
    const segmentCount = visits.segmentStart[first + 1]! - visits.segmentStart[first]!;
    const segmentSamples = new Float64Array(list.length * segmentCount);
    list.forEach((row, i) => {
      segmentSamples.set(
        visits.segmentSeconds.subarray(visits.segmentStart[row]!, visits.segmentStart[row]! + segmentCount),
        i * segmentCount,
      );
    });
    return { program, count: list.length, segmentSamples, segmentCount, relativeError: 0 };
  });
}
