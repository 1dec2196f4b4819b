import type { StationStructure } from "../src/contracts/forecast.ts";
import type { Topology } from "../src/contracts/observation.ts";
import { type History, type LearnedVisit } from "./history.ts";
import { invert } from "./invert.ts";
import type { Knowledge, NodeKnowledge, OperationKnowledge, ProgramKnowledge, StructureKnowledge } from "./knowledge.ts";
import { Reference } from "./reference.ts";
import { CANDIDATES, selectStructures, type StructureSelection } from "./structure.ts";

/** Most plausible structures carried for a node; each costs one inversion a window. */
const STRUCTURES_MAX = 5;
const PROGRAM_ROWS_MAX = 512;

/** Learns everything anew from the history. Pure: same history, same knowledge. */
export function calibrate(history: History, topology: Topology): Knowledge {
  const instancesByNode = new Map<number, number[]>();
  for (const instance of history.visitsByInstance.keys()) {
    const node = topology.instances[instance]!.node;
    instancesByNode.set(node, [...(instancesByNode.get(node) ?? []), instance]);
  }
  const nodes = new Map<number, NodeKnowledge>();
  for (const [node, instances] of instancesByNode) {
    nodes.set(node, calibrateNode(node, instances, history, topology));
  }
  const gaps = new Map<number, Reference>();
  for (const [edge, ring] of history.gapsByEdge) {
    gaps.set(edge, new Reference(ring.take()));
  }
  return { nodes, gaps, entryRatePerSecond: history.entryRatePerSecond };
}

interface SortedVisits {
  readonly instance: number;
  readonly visits: readonly LearnedVisit[];
  readonly arrivals: Float64Array;
  readonly departures: Float64Array;
  readonly childSeconds: Float64Array;
}

function calibrateNode(node: number, instances: readonly number[], history: History, topology: Topology): NodeKnowledge {
  const runs = instances.map((instance) => sortVisits(instance, history.visitsByInstance.get(instance)!));
  const isLeaf = topology.nodes[node]!.kind !== "service";
  const { structures, isIdentified } = isLeaf ? LEAF : plausibleStructures(runs);
  const known = structures.map((structure) => referenceFor(structure, runs));
  const total = runs.reduce((sum, run) => sum + run.visits.length, 0);
  const lag = history.lagByNode.get(node);
  return {
    node,
    visitCount: total,
    structures: known,
    isIdentified,
    operations: operationsOf(runs, known[0]!.structure, history),
    instances: runs.map((run) => ({ instance: run.instance, weight: run.visits.length / total })),
    lag: lag === undefined ? null : new Reference(lag.take()),
    slowestTenthShare: slowestTenthShare(known[0]!, runs),
  };
}

/** A leaf is seen only through its callers, holding whatever it holds: its latency is taken as it is. */
const LEAF: { readonly structures: readonly StationStructure[]; readonly isIdentified: boolean } = {
  structures: [{ discipline: "delay", serverCount: Number.POSITIVE_INFINITY }],
  isIdentified: false,
};

function sortVisits(instance: number, unsorted: readonly LearnedVisit[]): SortedVisits {
  const visits = [...unsorted].sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
  return {
    instance,
    visits,
    arrivals: Float64Array.from(visits, (visit) => visit.arrivalSeconds),
    departures: Float64Array.from(visits, (visit) => visit.departureSeconds),
    childSeconds: Float64Array.from(visits, (visit) => visit.childSeconds),
  };
}

/** Structures no instance contradicts, the best over all instances first. */
function plausibleStructures(runs: readonly SortedVisits[]): { structures: StationStructure[]; isIdentified: boolean } {
  // When calls are made inside a visit, sharing cannot be told from waiting for them; then only queues are considered.
  const makesCalls = runs.some((run) => run.childSeconds.some((seconds) => seconds > 0));
  const candidates = makesCalls ? CANDIDATES.filter((each) => each.discipline !== "ps") : CANDIDATES;
  const selections: StructureSelection[] = runs.map((run) =>
    selectStructures({
      candidates,
      arrivals: run.arrivals,
      departures: run.departures,
      childSeconds: run.childSeconds,
      classes: Uint32Array.from(run.visits, (visit) => visit.operation),
    }),
  );
  const votes = new Map<string, { structure: StationStructure; count: number; statistic: number }>();
  for (const selection of selections) {
    for (const candidate of selection.statistics) {
      const key = `${candidate.structure.discipline} ${candidate.structure.serverCount}`;
      const vote = votes.get(key) ?? { structure: candidate.structure, count: 0, statistic: 0 };
      const isPlausible = selection.plausible.some((structure) => sameStructure(structure, candidate.structure));
      vote.count += isPlausible ? 1 : 0;
      vote.statistic += Number.isFinite(candidate.statistic) ? candidate.statistic : 10;
      votes.set(key, vote);
    }
  }
  const ranked = [...votes.values()].sort((a, b) => b.count - a.count || a.statistic - b.statistic);
  const unanimous = ranked.filter((vote) => vote.count === ranked[0]!.count).slice(0, STRUCTURES_MAX);
  return {
    structures: unanimous.map((vote) => vote.structure),
    isIdentified: selections.some((selection) => selection.isIdentified),
  };
}

function sameStructure(a: StationStructure, b: StationStructure): boolean {
  return a.discipline === b.discipline && a.serverCount === b.serverCount;
}

function referenceFor(structure: StationStructure, runs: readonly SortedVisits[]): StructureKnowledge {
  const samples = new Map<number, number[]>();
  for (const run of runs) {
    const serviceSeconds = invert(structure, run.arrivals, run.departures, run.childSeconds);
    for (let i = 0; i < serviceSeconds.length; i++) {
      const operation = run.visits[i]!.operation;
      const list = samples.get(operation);
      if (list === undefined) {
        samples.set(operation, [serviceSeconds[i]!]);
      } else {
        list.push(serviceSeconds[i]!);
      }
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
  structure: StationStructure,
  history: History,
): Map<number, OperationKnowledge> {
  const rowsByProgram = new Map<number, Map<number, Float64Array[]>>();
  const visitCounts = new Map<number, number>();
  for (const run of runs) {
    const serviceSeconds = invert(structure, run.arrivals, run.departures, run.childSeconds);
    for (let i = 0; i < run.visits.length; i++) {
      const visit = run.visits[i]!;
      visitCounts.set(visit.operation, (visitCounts.get(visit.operation) ?? 0) + 1);
      let programs = rowsByProgram.get(visit.operation);
      if (programs === undefined) {
        programs = new Map();
        rowsByProgram.set(visit.operation, programs);
      }
      let rows = programs.get(visit.program);
      if (rows === undefined) {
        rows = [];
        programs.set(visit.program, rows);
      }
      rows.push(withoutWaiting(visit, serviceSeconds[i]!, structure));
    }
  }
  const operations = new Map<number, OperationKnowledge>();
  for (const [operation, programs] of rowsByProgram) {
    const known: ProgramKnowledge[] = [];
    for (const [program, rows] of programs) {
      known.push(programKnowledge(program, history.programCounts.get(program) ?? rows.length, rows));
    }
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

/** The visit's self segments with the time it waited for a server taken out of the first (FIFO) or of all (PS). */
function withoutWaiting(visit: LearnedVisit, serviceSeconds: number, structure: StationStructure): Float64Array {
  const segments = visit.segments.slice();
  let self = 0;
  for (const segment of segments) {
    self += segment;
  }
  const service = Math.max(0, serviceSeconds);
  if (structure.discipline === "ps") {
    const stretch = self > 0 ? service / self : 0;
    for (let k = 0; k < segments.length; k++) {
      segments[k] = segments[k]! * stretch;
    }
    return segments;
  }
  // What service is more than self time is lag that no server explains (polling); it stays in the first segment.
  segments[0] = Math.max(0, segments[0]! + service - self);
  return segments;
}

function programKnowledge(program: number, count: number, rows: readonly Float64Array[]): ProgramKnowledge {
  const recent = rows.slice(-PROGRAM_ROWS_MAX);
  const segmentCount = recent[0]!.length;
  const segmentSamples = new Float64Array(recent.length * segmentCount);
  recent.forEach((row, i) => {
    segmentSamples.set(row.subarray(0, segmentCount), i * segmentCount);
  });
  return { program, count, segmentSamples, segmentCount };
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
    for (const seconds of invert(known.structure, run.arrivals, run.departures, run.childSeconds)) {
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
