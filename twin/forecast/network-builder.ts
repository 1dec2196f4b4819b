import type { Observation, Topology } from "../../src/contracts/observation.ts";
import type { CallSpec, EdgeSpec, NetworkSpec, OperationSpec, ProgramSpec, StationSpec } from "../kernel/spec.ts";
import type {
  Knowledge,
  NodeKnowledge,
  OperationKnowledge,
  ProgramKnowledge,
  StructureKnowledge,
} from "../learning/knowledge.ts";

/** Visits of one station that follow each other keep company in the bootstrap. */
const BLOCK_LENGTH = 8;
const NO_GAP = new Float64Array([0]);

/** A network the simulator can run, and how its numbers relate to the topology's. */
export interface BuiltNetwork {
  readonly spec: NetworkSpec;
  /** Network operation by topology operation, −1 when nothing is known of it. */
  readonly operationIndex: Int32Array;
  /** Topology operation by network operation. */
  readonly topologyOperation: Uint32Array;
  /** Topology node of each station. */
  readonly stationNode: Uint32Array;
  /** Place of a topology's program among those of its network operation, −1 when it was left out. */
  readonly programIndex: Int32Array;
  /** Replica of its station by topology instance, −1 when nothing is known of it. */
  readonly replicaIndex: Int32Array;
}

/** Replaces what the twin knows of a node or an edge by what a window showed, to ask "what if only this were so". */
export interface Overrides {
  /** By node, then operation: its programs as observed, waiting included, so that nothing queues there. */
  readonly nodes: ReadonlyMap<number, ReadonlyMap<number, OperationKnowledge>>;
  readonly gaps: ReadonlyMap<number, Float64Array>;
}

export const NO_OVERRIDES: Overrides = { nodes: new Map(), gaps: new Map() };

/** Which of the numbers that the learned visits do not contradict are taken for true. */
export interface Reading {
  /** One of the node's plausible structures. */
  structureOf(node: NodeKnowledge): StructureKnowledge;
  /** Factor on all self times of a program. */
  scaleOf(program: ProgramKnowledge): number;
}

/** The most plausible structures, and means as they were learned. */
export const BEST_READING: Reading = { structureOf: (node) => node.structures[0]!, scaleOf: () => 1 };

/** Lays out what is known as a network of stations: one station a node, one replica an instance. */
export function buildNetwork(
  knowledge: Knowledge,
  topology: Topology,
  overrides: Overrides,
  reading: Reading = BEST_READING,
): BuiltNetwork {
  const stations: StationSpec[] = [];
  const operations: OperationSpec[] = [];
  const operationIndex = new Int32Array(topology.operations.length).fill(-1);
  const topologyOperation: number[] = [];
  const known: { node: NodeKnowledge; operation: OperationKnowledge; station: number }[] = [];
  const replicaIndex = new Int32Array(topology.instances.length).fill(-1);
  for (const node of knowledge.nodes.values()) {
    node.instances.forEach(({ instance }, replica) => {
      replicaIndex[instance] = replica;
    });
    const observed = overrides.nodes.get(node.node);
    const read = reading.structureOf(node);
    const structure = observed === undefined ? read.structure : DELAY;
    const station = stations.length;
    stations.push({ ...structure, replicaWeights: node.instances.map((each) => each.weight), balancing: "random" });
    for (const operation of node.operations.values()) {
      operationIndex[operation.operation] = known.length;
      topologyOperation.push(operation.operation);
      const programs = read.programs.get(operation.operation) ?? operation.programs;
      known.push({ node, operation: observed?.get(operation.operation) ?? { ...operation, programs }, station });
    }
  }
  const edges = edgeSpecs(knowledge, topology, operationIndex, overrides);
  const asyncEdgesOf = asyncEdges(topology, operationIndex);
  const programIndex = new Int32Array(topology.programs.length).fill(-1);
  for (const { operation, station } of known) {
    usablePrograms(operation, topology).forEach(({ program }, index) => {
      programIndex[program] = index;
    });
    const forks = asyncEdgesOf.get(operation.operation) ?? [];
    operations.push({ station, programs: programSpecs(operation, topology, operationIndex, forks, reading) });
  }
  return {
    spec: { stations, operations, edges },
    operationIndex,
    topologyOperation: Uint32Array.from(topologyOperation),
    stationNode: Uint32Array.from(knowledge.nodes.keys()),
    programIndex,
    replicaIndex,
  };
}

const DELAY = { discipline: "delay", serverCount: Number.POSITIVE_INFINITY } as const;

function edgeSpecs(
  knowledge: Knowledge,
  topology: Topology,
  operationIndex: Int32Array,
  overrides: Overrides,
): EdgeSpec[] {
  return topology.edges.map((edge) => ({
    // An edge to an unknown operation is never called: programs leave it out.
    calleeOperation: Math.max(0, operationIndex[edge.calleeOperation]!),
    gapSamples: overrides.gaps.get(edge.index) ?? knowledge.gaps.get(edge.index)?.sorted ?? NO_GAP,
    isAsync: edge.isAsync,
  }));
}

/** Edges from a queue to its consumers: the queue's visit forks them. */
function asyncEdges(topology: Topology, operationIndex: Int32Array): Map<number, number[]> {
  const byCaller = new Map<number, number[]>();
  for (const edge of topology.edges) {
    const caller = topology.operations[edge.callerOperation]!;
    if (edge.isAsync && topology.nodes[caller.node]!.kind === "queue" && operationIndex[edge.calleeOperation]! >= 0) {
      byCaller.set(caller.index, [...(byCaller.get(caller.index) ?? []), edge.index]);
    }
  }
  return byCaller;
}

function usablePrograms(operation: OperationKnowledge, topology: Topology): readonly ProgramKnowledge[] {
  const usable = operation.programs.filter((each) => !topology.programs[each.program]!.isOverflow && each.count > 0);
  return usable.length > 0 ? usable : operation.programs;
}

function programSpecs(
  operation: OperationKnowledge,
  topology: Topology,
  operationIndex: Int32Array,
  forks: readonly number[],
  reading: Reading,
): ProgramSpec[] {
  const chosen = usablePrograms(operation, topology);
  const total = chosen.reduce((sum, each) => sum + each.count, 0);
  return chosen.map((each) => {
    const groups = topology.programs[each.program]!.groups.map((group) => knownCalls(group, topology, operationIndex));
    const withForks = forks.length === 0 ? groups : [...groups, forks.map((edge): CallSpec => ({ edge }))];
    return {
      probability: each.count / total,
      segmentSamples: scaled(
        padColumns(each.segmentSamples, each.segmentCount, withForks.length + 1),
        reading.scaleOf(each),
      ),
      groups: withForks,
      blockLength: BLOCK_LENGTH,
    };
  });
}

function knownCalls(group: readonly number[], topology: Topology, operationIndex: Int32Array): CallSpec[] {
  return group.filter((edge) => operationIndex[topology.edges[edge]!.calleeOperation]! >= 0).map((edge) => ({ edge }));
}

function scaled(samples: Float64Array, factor: number): Float64Array {
  return factor === 1 ? samples : samples.map((sample) => sample * factor);
}

/** The same rows with more columns, the new ones 0. */
function padColumns(samples: Float64Array, columns: number, wanted: number): Float64Array {
  if (columns === wanted) {
    return samples;
  }
  const rows = samples.length / columns;
  const padded = new Float64Array(rows * wanted);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < Math.min(columns, wanted); column++) {
      padded[row * wanted + column] = samples[row * columns + column]!;
    }
  }
  return padded;
}

/** Requests that came in the window, in order of time, as arrivals of the network; seconds since the window began. */
export function arrivalsOf(
  { visits, startSeconds, endSeconds }: Observation,
  operationIndex: Int32Array,
): { timeSeconds: Float64Array; operation: Uint32Array } {
  const found: { time: number; operation: number }[] = [];
  for (let row = 0; row < visits.count; row++) {
    const operation = visits.isRoot[row] === 1 ? (operationIndex[visits.operation[row]!] ?? -1) : -1;
    const time = visits.arrivalSeconds[row]! - startSeconds;
    if (operation >= 0 && time >= 0 && time < endSeconds - startSeconds) {
      found.push({ time, operation });
    }
  }
  found.sort((a, b) => a.time - b.time);
  return {
    timeSeconds: Float64Array.from(found, (each) => each.time),
    operation: Uint32Array.from(found, (each) => each.operation),
  };
}
