import type { ChoiceTable } from "./choice-table.ts";

/** Disciplines as the simulator's numbers. */
export const FIFO = 0;
export const PS = 1;
export const DELAY = 2;

/** How the replica of a visit is chosen. */
export const ONLY_ONE = 0;
export const BY_WEIGHT = 1;
export const IN_TURN = 2;
export const LEAST_OUTSTANDING = 3;
export const POWER_OF_TWO = 4;

// What a station needs besides the plain path, as bits.
/** A visit needs a server or worker, and waits for one in the accept queue. */
export const ADMITS = 4;
/** Its servers take several visits at once. */
export const BATCHES = 8;
/** Its balancing asks how many visits are present. */
export const COUNTS_PRESENT = 16;
/** Pauses or throttling make its work stand still. */
export const STALLS = 32;

/**
 * A network as columns, ready to simulate any number of times; nothing in it changes while it runs.
 * Replicas, programs, groups and calls are numbered through the whole network; `…First` has one entry more than its
 * owner has rows, so the rows of owner i are `first[i] … first[i + 1] − 1`.
 */
export interface CompiledNetwork extends CompiledEdges {
  readonly stationCount: number;
  /** Discipline and needs of each station in one word. */
  readonly stationTraits: Int32Array;
  readonly serverCount: Float64Array;
  /** Servers of a FIFO station, workers of another; Infinity where visits are not held. */
  readonly admittedCount: Float64Array;
  /** Infinity: no limit. */
  readonly queueCapacity: Float64Array;
  readonly batchSizeMax: Int32Array;
  /** Infinity: never paused. */
  readonly pauseIntervalSeconds: Float64Array;
  readonly pauseDurationSeconds: Float64Array;
  /** Infinity: never throttled. */
  readonly throttlePeriodSeconds: Float64Array;
  readonly throttleQuotaSeconds: Float64Array;
  readonly balancing: Uint8Array;
  readonly replicaFirst: Int32Array;
  /** Station of each replica. */
  readonly replicaStation: Int32Array;
  /** Weights within the station. */
  readonly replicaChoice: ChoiceTable;
  readonly operationStation: Int32Array;
  readonly programFirst: Int32Array;
  /** Probabilities within the operation. */
  readonly programChoice: ChoiceTable;
  /** Segments of all programs; those of a program start at its `programSampleFirst`. Programs may share samples. */
  readonly samples: Float64Array;
  readonly programSampleFirst: Int32Array;
  readonly programRows: Int32Array;
  readonly programBlockLength: Int32Array;
  readonly groupFirst: Int32Array;
  /** 1 when a call of the group can be lost, fail, time out or wait for a connection. */
  readonly groupIsGuarded: Uint8Array;
  readonly callFirst: Int32Array;
  readonly callEdge: Int32Array;
  readonly poolStation: Int32Array;
  readonly poolConnectionCount: Int32Array;
}

/** By edge. */
export interface CompiledEdges {
  readonly edgeCallee: Int32Array;
  readonly edgeIsAsync: Uint8Array;
  /** Gaps of all edges; those of an edge start at its `edgeGapFirst` and are `edgeGapCount`. */
  readonly gaps: Float64Array;
  readonly edgeGapFirst: Int32Array;
  readonly edgeGapCount: Int32Array;
  readonly edgeLossProbability: Float64Array;
  readonly edgeRetransmitSeconds: Float64Array;
  /** Infinity: no limit. */
  readonly edgeTimeoutSeconds: Float64Array;
  readonly edgeAttemptsMax: Int32Array;
  readonly edgeBackoffSeconds: Float64Array;
  readonly edgeBackoffFactor: Float64Array;
  readonly edgeIsRequired: Uint8Array;
  /** −1: none. */
  readonly edgePool: Int32Array;
}
