/** What the simulator runs: a network of stations and the call programs that wander through it. Pure data, seconds. */

/** `serverCount` real-valued > 0 (a CPU quota may be 0.5) for "ps"; whole for "fifo"; Infinity for "delay". */
export interface StationSpec {
  readonly discipline: "fifo" | "ps" | "delay";
  readonly serverCount: number;
  /**
   * Chance of a visit going to each replica, summing to 1; length = number of replicas, each with its own queue.
   * "round-robin" with weights that are equal takes them in turn.
   */
  readonly replicaWeights: readonly number[];
  readonly balancing: "random" | "round-robin";
}

/**
 * FIFO stations hold a server for the whole visit, calls included (a worker pool).
 * PS stations share their servers among running self segments only (a CPU).
 */
export interface OperationSpec {
  readonly station: number;
  /** Programs with their probabilities (sum 1). */
  readonly programs: readonly ProgramSpec[];
}

/**
 * Self segment, call group, self segment, …: `groups.length + 1` segments. Each visit draws one row of `segmentSamples`
 * (row-major, `groups.length + 1` columns), so the segments of one visit keep their correlation. Consecutive draws of a
 * station follow blocks of `blockLength` rows, which keeps autocorrelation (block bootstrap); 1 = independent.
 */
export interface ProgramSpec {
  readonly probability: number;
  readonly segmentSamples: Float64Array;
  readonly groups: readonly (readonly CallSpec[])[];
  readonly blockLength: number;
}

export interface CallSpec {
  readonly edge: number;
}

export interface EdgeSpec {
  readonly calleeOperation: number;
  /** Samples of the gap; half of a drawn gap passes before the callee and half after. For async: all before. */
  readonly gapSamples: Float64Array;
  readonly isAsync: boolean;
}

export interface NetworkSpec {
  readonly stations: readonly StationSpec[];
  readonly operations: readonly OperationSpec[];
  readonly edges: readonly EdgeSpec[];
}

/** Exogenous arrivals, sorted by time. */
export interface Arrivals {
  readonly timeSeconds: Float64Array;
  readonly operation: Uint32Array;
}

/** One row a finished visit, in order of departure (ties: order of arrival). */
export interface SimulatedVisits {
  readonly count: number;
  readonly operation: Uint32Array;
  /** Replica within the operation's station. */
  readonly replica: Uint16Array;
  /** Index of the exogenous arrival it descends from. */
  readonly root: Uint32Array;
  /** 1 for the exogenous visit itself. */
  readonly isRoot: Uint8Array;
  readonly arrivalSeconds: Float64Array;
  readonly waitingSeconds: Float64Array;
  readonly sojournSeconds: Float64Array;
  /** True when a limit (open visits, events) cut the run short: results are then incomplete. */
  readonly isTruncated: boolean;
}
