/** What the simulator runs: a network of stations and the call programs that wander through it. Pure data, seconds. */

/** `serverCount` real-valued > 0 (a CPU quota may be 0.5) for "ps"; whole for "fifo"; Infinity for "delay". */
export interface StationSpec {
  readonly discipline: "fifo" | "ps" | "delay";
  readonly serverCount: number;
  /** Chance of a visit going to each replica, summing to 1; length = number of replicas, each with its own queue. */
  readonly replicaWeights: readonly number[];
  /**
   * "round-robin" takes replicas of equal weight in turn; "least-outstanding" the one with the fewest visits present
   * (ties: the first); "power-of-two" the better of two drawn by weight.
   */
  readonly balancing: "random" | "round-robin" | "least-outstanding" | "power-of-two";
  /**
   * Visits a replica of a PS or delay station admits at once (threads): each is held until its visit departs, calls
   * included, behind a FIFO accept queue. Default: no limit. A FIFO station has its servers for that.
   */
  readonly workerCount?: number;
  /** Visits that may wait in the accept queue of a replica; who finds it full is refused (load shedding). Default: no limit. */
  readonly queueCapacity?: number;
  /** PS only: CPU seconds a replica may use in each period (CFS bandwidth control); once used up, all work stands still. */
  readonly throttle?: { readonly periodSeconds: number; readonly quotaSeconds: number };
  /** PS only: all work of a replica stands still for `durationSeconds` every `intervalSeconds` (garbage collection); each replica draws its phase. */
  readonly pause?: { readonly intervalSeconds: number; readonly durationSeconds: number };
  /** FIFO only: a server that falls free takes up to `sizeMax` waiting visits at once; the first one's program serves all, and they depart together. */
  readonly batch?: { readonly sizeMax: number };
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
  /**
   * Chance that a message of the call, there or back, is lost and sent again after `retransmitSeconds`, doubled with each
   * further loss; after 15 losses it gets through. Default 0.
   */
  readonly lossProbability?: number;
  readonly retransmitSeconds?: number;
  /**
   * The caller waits no longer than this for one attempt, the wait for a connection included; the callee works on for
   * nobody. Default: no limit. Not for async.
   */
  readonly timeoutSeconds?: number;
  /** After a timeout, a refusal or a failure of the callee: up to `attemptsMax` attempts in all, apart by `backoffSeconds` × `backoffFactor`^k. */
  readonly retry?: { readonly attemptsMax: number; readonly backoffSeconds: number; readonly backoffFactor: number };
  /** False: a caller goes on when the call has failed for good. True (default): it fails itself, at once. */
  readonly isRequired?: boolean;
  /** Index of the pool a connection is taken from for each attempt and held until its answer. Default: none. */
  readonly pool?: number;
}

/** Connections that each replica of a station may have in use at once, for the edges that name the pool; FIFO queue in front. */
export interface PoolSpec {
  /** Station of the callers. */
  readonly station: number;
  readonly connectionCount: number;
}

export interface NetworkSpec {
  readonly stations: readonly StationSpec[];
  readonly operations: readonly OperationSpec[];
  readonly edges: readonly EdgeSpec[];
  readonly pools?: readonly PoolSpec[];
}

/**
 * Visits under way when a run begins, in order of arrival; a caller stands before its callees. Columns of equal length.
 * A visit that holds no server yet is put in its queue by order of arrival.
 */
export interface InFlightVisits {
  readonly operation: Uint32Array;
  /** Replica within the operation's station. */
  readonly replica: Uint16Array;
  /** Program within its operation. */
  readonly program: Uint16Array;
  /** Row of the caller that waits for it, −1 for exogenous and async visits. */
  readonly parent: Int32Array;
  /** ≤ the first arrival's time. */
  readonly arrivalSeconds: Float64Array;
  /** Segment it runs, or ran before the call group it waits in; −1 while it has not begun. */
  readonly segment: Int16Array;
  /** 1 while it waits for the calls of the group after `segment`: those in flight stand below it, the others are answered. */
  readonly isWaiting: Uint8Array;
  /**
   * How long it has been running its segment, at a PS station how much of it is done; what is left is drawn from the
   * samples longer than that.
   */
  readonly elapsedSeconds: Float64Array;
}

/** Exogenous arrivals, sorted by time. */
export interface Arrivals {
  readonly timeSeconds: Float64Array;
  readonly operation: Uint32Array;
}

/** One row a finished visit, in order of departure (ties: order of arrival). Refused visits are rows too, with no sojourn. */
export interface SimulatedVisits {
  readonly count: number;
  readonly operation: Uint32Array;
  /** Program within the operation. */
  readonly program: Uint16Array;
  /** 1 when it was refused, or a call it needed failed for good. */
  readonly isFailed: Uint8Array;
  /** Replica within the operation's station. */
  readonly replica: Uint16Array;
  /** Index of the exogenous arrival it descends from. */
  readonly root: Uint32Array;
  /** 1 for the exogenous visit itself. */
  readonly isRoot: Uint8Array;
  readonly arrivalSeconds: Float64Array;
  readonly waitingSeconds: Float64Array;
  /** Its wait and its own work: what it did not spend waiting for calls. */
  readonly ownSeconds: Float64Array;
  readonly sojournSeconds: Float64Array;
  /** By replica, numbered through the network: server seconds used in the run (FIFO: held; PS and delay: worked). */
  readonly busySeconds: Float64Array;
  /** By edge: attempts made, those that timed out, those refused or failed, and messages lost. */
  readonly edgeAttempts: Float64Array;
  readonly edgeTimeouts: Float64Array;
  readonly edgeFailures: Float64Array;
  readonly edgeLosses: Float64Array;
  /** Latest time reached. */
  readonly endSeconds: number;
  /** True when a limit (open visits, events) cut the run short: results are then incomplete. */
  readonly isTruncated: boolean;
}
