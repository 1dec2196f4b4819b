import { choiceTable } from "./choice-table.ts";
import {
  ADMITS,
  BATCHES,
  BY_WEIGHT,
  COUNTS_PRESENT,
  type CompiledEdges,
  type CompiledNetwork,
  DELAY,
  FIFO,
  IN_TURN,
  LEAST_OUTSTANDING,
  ONLY_ONE,
  POWER_OF_TWO,
  PS,
  STALLS,
} from "./compiled-network.ts";
import { guardedEdges } from "./failure-paths.ts";
import { checkNetwork } from "./network-rules.ts";
import type { EdgeSpec, NetworkSpec, ProgramSpec, StationSpec } from "./spec.ts";

const DISCIPLINE_NUMBER = { fifo: FIFO, ps: PS, delay: DELAY } as const;

/**
 * Lays the network out for `simulate`.
 *
 * @param beside another network; gaps that are the same as its own stand in memory once
 * @throws {RangeError} naming the entry that breaks a rule of `spec.ts`.
 */
export function compileNetwork(spec: NetworkSpec, beside?: CompiledNetwork): CompiledNetwork {
  checkNetwork(spec);
  const programs = spec.operations.flatMap((operation) => operation.programs);
  const groups = programs.flatMap((program) => program.groups);
  const samples = joined(programs.map((program) => program.segmentSamples));
  const isGuarded = guardedEdges(spec);
  const { operations, pools = [] } = spec;
  return {
    ...compileStations(spec.stations),
    ...compileEdges(spec.edges, beside?.gaps),
    operationStation: Int32Array.from(operations, (operation) => operation.station),
    programFirst: offsets(operations.map((operation) => operation.programs.length)),
    programChoice: choiceTable(operations.map((operation) => operation.programs.map((program) => program.probability))),
    samples: samples.values,
    programSampleFirst: samples.first,
    programRows: Int32Array.from(programs, rowCount),
    programBlockLength: Int32Array.from(programs, (program) => program.blockLength),
    groupFirst: offsets(programs.map((program) => program.groups.length)),
    groupIsGuarded: Uint8Array.from(groups, (group) => (group.some((call) => isGuarded[call.edge]) ? 1 : 0)),
    callFirst: offsets(groups.map((group) => group.length)),
    callEdge: Int32Array.from(groups.flatMap((group) => group.map((call) => call.edge))),
    poolStation: Int32Array.from(pools, (pool) => pool.station),
    poolConnectionCount: Int32Array.from(pools, (pool) => pool.connectionCount),
  };
}

function compileStations(stations: readonly StationSpec[]) {
  const column = (of: (station: StationSpec) => number) => Float64Array.from(stations, of);
  return {
    stationCount: stations.length,
    stationTraits: Int32Array.from(stations, (station) => traitsOf(station)),
    serverCount: column((station) => station.serverCount),
    admittedCount: column(admittedCount),
    queueCapacity: column((station) => station.queueCapacity ?? Number.POSITIVE_INFINITY),
    batchSizeMax: Int32Array.from(stations, (station) => station.batch?.sizeMax ?? 1),
    pauseIntervalSeconds: column((station) =>
      isPaused(station) ? station.pause!.intervalSeconds : Number.POSITIVE_INFINITY,
    ),
    pauseDurationSeconds: column((station) => station.pause?.durationSeconds ?? 0),
    throttlePeriodSeconds: column((station) =>
      isThrottled(station) ? station.throttle!.periodSeconds : Number.POSITIVE_INFINITY,
    ),
    throttleQuotaSeconds: column((station) =>
      isThrottled(station) ? station.throttle!.quotaSeconds : Number.POSITIVE_INFINITY,
    ),
    balancing: Uint8Array.from(stations, balancingOf),
    replicaFirst: offsets(stations.map((station) => station.replicaWeights.length)),
    replicaStation: Int32Array.from(stations.flatMap((station, index) => station.replicaWeights.map(() => index))),
    replicaChoice: choiceTable(stations.map((station) => station.replicaWeights)),
  };
}

function compileEdges(edges: readonly EdgeSpec[], gapsBeside: Float64Array | undefined): CompiledEdges {
  const column = (of: (edge: EdgeSpec) => number) => Float64Array.from(edges, of);
  const gaps = joined(edges.map((edge) => edge.gapSamples));
  return {
    edgeCallee: Int32Array.from(edges, (edge) => edge.calleeOperation),
    edgeIsAsync: Uint8Array.from(edges, (edge) => (edge.isAsync ? 1 : 0)),
    gaps: gapsBeside !== undefined && isEqual(gapsBeside, gaps.values) ? gapsBeside : gaps.values,
    edgeGapFirst: gaps.first,
    edgeGapCount: Int32Array.from(edges, (edge) => edge.gapSamples.length),
    edgeLossProbability: column((edge) => edge.lossProbability ?? 0),
    edgeRetransmitSeconds: column((edge) => edge.retransmitSeconds ?? 0),
    edgeTimeoutSeconds: column((edge) => edge.timeoutSeconds ?? Number.POSITIVE_INFINITY),
    edgeAttemptsMax: Int32Array.from(edges, (edge) => edge.retry?.attemptsMax ?? 1),
    edgeBackoffSeconds: column((edge) => edge.retry?.backoffSeconds ?? 0),
    edgeBackoffFactor: column((edge) => edge.retry?.backoffFactor ?? 1),
    edgeIsRequired: Uint8Array.from(edges, (edge) => ((edge.isRequired ?? true) ? 1 : 0)),
    edgePool: Int32Array.from(edges, (edge) => edge.pool ?? -1),
  };
}

function isEqual(a: Float64Array, b: Float64Array): boolean {
  return a.length === b.length && a.every((value, k) => Object.is(value, b[k]));
}

function rowCount(program: ProgramSpec): number {
  return program.segmentSamples.length / (program.groups.length + 1);
}

function offsets(lengths: readonly number[]): Int32Array {
  const first = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i++) first[i + 1] = first[i]! + lengths[i]!;
  return first;
}

/** The columns one behind the other, and where each starts; a column that comes again is not copied again. */
function joined(columns: readonly Float64Array[]): { values: Float64Array; first: Int32Array } {
  const places = new Map<Float64Array, number>();
  let length = 0;
  for (const column of columns) {
    if (places.has(column)) continue;
    places.set(column, length);
    length += column.length;
  }
  const values = new Float64Array(length);
  for (const [column, place] of places) values.set(column, place);
  return { values, first: Int32Array.from(columns, (column) => places.get(column)!) };
}

/** Unequal weights cannot be taken in turn: they are drawn, whatever the balancing says. */
function balancingOf({ balancing, replicaWeights }: StationSpec): number {
  if (replicaWeights.length === 1) return ONLY_ONE;
  if (balancing === "least-outstanding") return LEAST_OUTSTANDING;
  if (balancing === "power-of-two") return POWER_OF_TWO;
  const isEven = replicaWeights.every((weight) => Math.abs(weight - replicaWeights[0]!) < 1e-9);
  return balancing === "round-robin" && isEven ? IN_TURN : BY_WEIGHT;
}

function admittedCount(station: StationSpec): number {
  return station.discipline === "fifo" ? station.serverCount : (station.workerCount ?? Number.POSITIVE_INFINITY);
}

function isPaused({ pause }: StationSpec): boolean {
  return pause !== undefined && pause.durationSeconds > 0;
}

/** A quota that all servers together cannot use up is none. */
function isThrottled({ throttle, serverCount }: StationSpec): boolean {
  return throttle !== undefined && throttle.quotaSeconds < serverCount * throttle.periodSeconds;
}

function traitsOf(station: StationSpec): number {
  const balancing = balancingOf(station);
  let traits: number = DISCIPLINE_NUMBER[station.discipline];
  if (admittedCount(station) < Number.POSITIVE_INFINITY) traits |= ADMITS;
  if ((station.batch?.sizeMax ?? 1) > 1) traits |= BATCHES;
  if (balancing === LEAST_OUTSTANDING || balancing === POWER_OF_TWO) traits |= COUNTS_PRESENT;
  if (isPaused(station) || isThrottled(station)) traits |= STALLS;
  return traits;
}
