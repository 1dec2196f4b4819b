import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";
import { findInFlightLimit } from "../identification/in-flight-limit.ts";
import { invert } from "../identification/invert.ts";
import { suggestedStructures } from "../identification/resource-hints.ts";
import { SelfIntervalList } from "../identification/self-intervals.ts";
import { selectStructuresOfInstances } from "../identification/structure.ts";
import { sampledStructures } from "./calibrate-sampled.ts";
import type { History } from "./history.ts";
import type {
  Knowledge,
  NodeKnowledge,
  OperationKnowledge,
  ProgramKnowledge,
  StructureKnowledge,
  StructureService,
} from "./knowledge.ts";
import type { LearnedVisit } from "./learned-visit.ts";
import { programTables, type SortedVisits } from "./program-tables.ts";
import { Reference } from "./reference.ts";
import type { SampledLearning } from "./sampled-learning.ts";
import { spareStructures } from "./spare-structures.ts";
import { usualVisits } from "./usual-programs.ts";
import { measuredAgainstExplained } from "./utilization-check.ts";

/** Most plausible structures carried for a node; each costs one inversion a window. */
const STRUCTURES_MAX = 5;
/** Mean service times closer than this are the same. */
const SAME_SERVICE_SHARE = 0.002;

/**
 * Learns everything anew from the history. Pure: same history, same knowledge.
 *
 * @param sampled what is known of visits that were not seen; without it all of them were
 */
export function calibrate(history: History, topology: Topology, sampled?: SampledLearning): Knowledge {
  sampled?.beginCalibration();
  const instancesByNode = new Map<number, number[]>();
  for (const instance of history.visitsByInstance.keys()) {
    const node = topology.instances[instance]!.node;
    pushTo(instancesByNode, node, instance);
  }
  const nodes = new Map<number, NodeKnowledge>();
  for (const [node, instances] of instancesByNode) {
    const basis = sampled?.completeness.basis(node) ?? "inversion";
    const runs = instances.map((instance) => sortVisits(instance, history.visitsByInstance.get(instance)!));
    // A leaf's latency is taken as it is, visit by visit: none needs the others.
    const isLeaf = topology.nodes[node]!.kind !== "service";
    if (basis === "inversion" || isLeaf) nodes.set(node, invertedNode(node, runs, history, topology));
    else if (basis === "matching") nodes.set(node, matchedNode(node, runs, history, sampled!));
  }
  const gaps = new Map<number, Reference>();
  for (const [edge, ring] of history.gapsByEdge) {
    gaps.set(edge, new Reference(ring.take()));
  }
  return { nodes, gaps, entryRatePerSecond: history.entryRatePerSecond };
}

function invertedNode(
  node: number,
  runs: readonly SortedVisits[],
  history: History,
  topology: Topology,
): NodeKnowledge {
  const isLeaf = topology.nodes[node]!.kind !== "service";
  const limits = isLeaf ? null : history.resources.hints(topology.nodes[node]!.name, instanceNames(runs, topology));
  const found = plausibleStructures(runs, suggestedStructures(limits));
  const { structures, isIdentified } = isLeaf && !found.isIdentified ? LEAF : found;
  const { kept, same } = distinct(structures.map((structure) => structureService(structure, runs)));
  const known = kept.map((each): StructureKnowledge => {
    return { ...each, programs: programTables(each.structure, runs, history.programCounts) };
  });
  return {
    ...nodeKnowledge(node, runs, history, known),
    spare: isLeaf ? [] : [...same, ...spareStructures([...known, ...same], runs)],
    isIdentified,
    basis: "inversion",
    slowestTenthShare: slowestTenthShare(known[0]!, runs),
    inFlightLimit: isLeaf ? null : inFlightLimit(runs),
    utilizationCheck: measuredAgainstExplained(known[0]!.structure, runs, history.resources, topology),
  };
}

/** A node of which only some visits are seen: simulation takes the place of inversion. */
function matchedNode(
  node: number,
  runs: readonly SortedVisits[],
  history: History,
  sampled: SampledLearning,
): NodeKnowledge {
  const visits = runs.flatMap((run) => run.visits);
  const levels = sampled.levels(node, visits, runs.length);
  const matched = sampled.match(node, levels);
  const known = sampledStructures(runs, levels, matched, history.programCounts).slice(0, STRUCTURES_MAX);
  return {
    ...nodeKnowledge(node, runs, history, known),
    isIdentified: matched?.isIdentified ?? false,
    basis: "matching",
    // Service times one by one are what a sample cannot give.
    slowestTenthShare: Number.NaN,
    inFlightLimit: null,
    utilizationCheck: null,
  };
}

function nodeKnowledge(
  node: number,
  runs: readonly SortedVisits[],
  history: History,
  known: readonly StructureKnowledge[],
): Omit<NodeKnowledge, "isIdentified" | "basis" | "slowestTenthShare" | "inFlightLimit" | "utilizationCheck"> {
  const total = runs.reduce((sum, run) => sum + run.visits.length, 0);
  const lag = history.lagByNode.get(node);
  return {
    node,
    visitCount: total,
    structures: known,
    operations: operationsOf(runs, known[0]!.programs, history),
    instances: runs.map((run) => ({ instance: run.instance, weight: run.visits.length / total })),
    lag: lag === undefined ? null : new Reference(lag.take()),
  };
}

/** A leaf is seen only through its callers: until it is seen to queue, its latency is taken as it is. */
const LEAF: { readonly structures: readonly StationStructure[]; readonly isIdentified: boolean } = {
  structures: [{ discipline: "delay", serverCount: Number.POSITIVE_INFINITY }],
  isIdentified: false,
};

function sortVisits(instance: number, unsorted: readonly LearnedVisit[]): SortedVisits {
  const visits = [...unsorted].sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
  const selfIntervals = new SelfIntervalList();
  visits.forEach(({ arrivalSeconds, departureSeconds, segments, groups }, i) => {
    selfIntervals.add(i, arrivalSeconds, departureSeconds, segments, groups);
  });
  return {
    instance,
    visits,
    arrivals: Float64Array.from(visits, (visit) => visit.arrivalSeconds),
    departures: Float64Array.from(visits, (visit) => visit.departureSeconds),
    childSeconds: Float64Array.from(visits, (visit) => visit.childSeconds),
    selfIntervals: selfIntervals.sorted(),
  };
}

function invertRun(structure: StationStructure, run: SortedVisits): Float64Array {
  return invert(structure, run.arrivals, run.departures, run.childSeconds, run.selfIntervals);
}

/** The least of the instances that show one: their limits are the same, but not each may have been reached alone. */
function inFlightLimit(runs: readonly SortedVisits[]): number | null {
  const counts = runs.flatMap((run) => findInFlightLimit(run.arrivals, run.departures)?.count ?? []);
  return counts.length === 0 ? null : Math.min(...counts);
}

function instanceNames(runs: readonly SortedVisits[], topology: Topology): string[] {
  return runs.map(({ instance }) => topology.instances[instance]!.name);
}

/** Structures that the visits of all instances together do not contradict, the best first. */
function plausibleStructures(
  runs: readonly SortedVisits[],
  suggested: readonly StationStructure[],
): { structures: StationStructure[]; isIdentified: boolean } {
  const isCompared = usualVisits(runs.map((run) => run.visits));
  const { plausible, statistics, isIdentified } = selectStructuresOfInstances(
    runs.map((run, k) => ({
      arrivals: run.arrivals,
      departures: run.departures,
      childSeconds: run.childSeconds,
      selfIntervals: run.selfIntervals,
      isCompared: isCompared[k]!,
      classes: Uint32Array.from(run.visits, (visit) => visit.operation),
    })),
    suggested,
  );
  // Of those in which nobody ever waited, one stands for all.
  const unlimited = new Set(statistics.filter((row) => row.isUnlimited).map((row) => row.structure));
  const first = plausible.find((structure) => unlimited.has(structure));
  return { structures: plausible.filter((each) => each === first || !unlimited.has(each)), isIdentified };
}

/**
 * Few of many plausible structures: those that imply the same service times as one before say nothing new at this load
 * (more servers than were ever busy at once are as good as endless ones). These are `same`.
 */
function distinct(plausible: readonly StructureService[]): {
  kept: StructureService[];
  same: StructureService[];
} {
  const kept: StructureService[] = [];
  const same: StructureService[] = [];
  const possible = plausible.filter(isPossible);
  for (const candidate of possible.length > 0 ? possible : plausible) {
    const mean = meanServiceSeconds(candidate);
    const isNew = kept.every((each) => Math.abs(meanServiceSeconds(each) - mean) > SAME_SERVICE_SHARE * mean);
    (isNew ? kept : same).push(candidate);
  }
  return { kept: kept.slice(0, STRUCTURES_MAX), same };
}

/** No kind of work takes less than no time on average. */
function isPossible(known: StructureService): boolean {
  return [...known.service.values()].every((reference) => reference.meanSeconds >= 0);
}

function meanServiceSeconds(known: StructureService): number {
  let sum = 0;
  let count = 0;
  for (const reference of known.service.values()) {
    sum += reference.meanSeconds * reference.count;
    count += reference.count;
  }
  return count === 0 ? 0 : sum / count;
}

function structureService(structure: StationStructure, runs: readonly SortedVisits[]): StructureService {
  const samples = new Map<number, number[]>();
  for (const run of runs) {
    const serviceSeconds = invertRun(structure, run);
    for (let i = 0; i < serviceSeconds.length; i++) {
      const operation = run.visits[i]!.operation;
      pushTo(samples, operation, serviceSeconds[i]!);
    }
  }
  const service = new Map<number, Reference>();
  for (const [operation, list] of samples) {
    service.set(operation, new Reference(Float64Array.from(list)));
  }
  return { structure, service };
}

function operationsOf(
  runs: readonly SortedVisits[],
  programs: ReadonlyMap<number, readonly ProgramKnowledge[]>,
  history: History,
): Map<number, OperationKnowledge> {
  const visitCounts = new Map<number, number>();
  for (const { visits } of runs) {
    for (const { operation } of visits) {
      visitCounts.set(operation, (visitCounts.get(operation) ?? 0) + 1);
    }
  }
  const operations = new Map<number, OperationKnowledge>();
  for (const [operation, known] of programs) {
    const sojourn = history.sojournByOperation.get(operation);
    operations.set(operation, {
      operation,
      visitCount: visitCounts.get(operation)!,
      programs: known,
      visitsPerEntry: visitsPerEntry(operation, history),
      sojourn: new Reference(sojourn === undefined ? new Float64Array() : sojourn.take()),
    });
  }
  return operations;
}

function visitsPerEntry(operation: number, history: History): Map<number, number> {
  const ratios = new Map<number, number>();
  for (const [entry, count] of history.visitCounts.get(operation) ?? []) {
    const entries = history.entryCounts.get(entry) ?? 0;
    if (entries > 0) {
      ratios.set(entry, count / entries);
    }
  }
  return ratios;
}

function slowestTenthShare(known: StructureKnowledge, runs: readonly SortedVisits[]): number {
  const all: number[] = [];
  for (const run of runs) {
    for (const seconds of invertRun(known.structure, run)) {
      all.push(Math.max(0, seconds));
    }
  }
  return shareOfSlowestTenth(all);
}

/** Share of the largest tenth in the sum; NaN with fewer than ten samples. */
export function shareOfSlowestTenth(samples: readonly number[]): number {
  if (samples.length < 10) {
    return Number.NaN;
  }
  const sorted = [...samples].sort((a, b) => b - a);
  const tenth = Math.max(1, Math.floor(sorted.length / 10));
  let top = 0;
  let total = 0;
  for (let i = 0; i < sorted.length; i++) {
    total += sorted[i]!;
    top += i < tenth ? sorted[i]! : 0;
  }
  return total > 0 ? top / total : Number.NaN;
}
