import type { MetricPoint } from "./telemetry.ts";

export type NodeKind = "service" | "database" | "cache" | "queue" | "external";

/** A box of the service map: a service, or a leaf station seen only through its callers. */
export interface TopologyNode {
  readonly index: number;
  readonly name: string;
  readonly kind: NodeKind;
}

/** One running copy of a service. */
export interface TopologyInstance {
  readonly index: number;
  readonly name: string;
  readonly node: number;
  /** `service.version`, and the pod's template where the platform tells it; "" when unknown. Fixed: a new version is a new copy. */
  readonly version: string;
}

/** A kind of work a node does. A leaf station has one operation per distinct client operation name. */
export interface TopologyOperation {
  readonly index: number;
  readonly name: string;
  readonly node: number;
  /** True once it was seen as a root: requests enter the system here. */
  isEntry: boolean;
}

/** `callerOperation` calls `calleeOperation`. */
export interface TopologyEdge {
  readonly index: number;
  readonly callerOperation: number;
  readonly calleeOperation: number;
  /** Async: the caller does not wait for the answer (PRODUCER → CONSUMER, fire and forget). */
  readonly isAsync: boolean;
}

/**
 * A call program: the groups of calls an operation makes, in order; calls of one group run in parallel and are joined.
 * `groups[g]` are edge indices, sorted; async edges stand in the group in which they start and are not waited for.
 */
export interface CallProgram {
  readonly index: number;
  readonly operation: number;
  readonly groups: readonly (readonly number[])[];
  /** True for the overflow program of an operation (more variants than the cap): its groups are empty. */
  readonly isOverflow: boolean;
}

/** All that was ever seen; the arrays only grow, so an index stays what it was. */
export interface Topology {
  readonly nodes: readonly TopologyNode[];
  readonly instances: readonly TopologyInstance[];
  readonly operations: readonly TopologyOperation[];
  readonly edges: readonly TopologyEdge[];
  readonly programs: readonly CallProgram[];
}

/**
 * Visits that completed in the window: one row per execution of an operation by an instance (a SERVER, CONSUMER or
 * root span, or a leaf call). Visits of one trace fragment stand together; otherwise in no order of time.
 */
export interface VisitColumns {
  readonly count: number;
  readonly operation: Uint32Array;
  /** Instance index; leaf stations have one instance. */
  readonly instance: Uint32Array;
  /** Unix seconds. For a CONSUMER the time the message was sent (it queued from then on). */
  readonly arrivalSeconds: Float64Array;
  /** Departure − arrival. */
  readonly sojournSeconds: Float64Array;
  /** Explicitly observed waiting before work began (consumer lag); 0 elsewhere. */
  readonly lagSeconds: Float64Array;
  /** Part of the visit not covered by calls it waited for, without the lag. */
  readonly selfSeconds: Float64Array;
  /** `CallProgram` index. */
  readonly program: Uint32Array;
  readonly isError: Uint8Array;
  /** 1 when nobody visible called it: an exogenous arrival. */
  readonly isRoot: Uint8Array;
  /** 1 when it begins with a call or an inner step whose parent never came: a piece of a visit, not the whole. */
  readonly isPartial: Uint8Array;
  /** Visits that this one stands for: 1 / the probability with which its trace was kept; 1 when none was left out. */
  readonly weight: Float64Array;
  /** Row of `traceIds` (4 words a row). */
  readonly trace: Uint32Array;
  /** Self segments of visit i are rows `segmentStart[i]` … `segmentStart[i + 1] − 1`: one more than its program's groups. */
  readonly segmentStart: Uint32Array;
  readonly segmentSeconds: Float64Array;
  /**
   * How long visit i waited for each of its call groups, between its self segments: one fewer than those, so they stand
   * in rows `segmentStart[i] − i` … . Lag, segments and groups add up to the sojourn.
   */
  readonly groupSeconds: Float64Array;
}

/** Calls whose caller's fragment completed in the window. */
export interface CallColumns {
  readonly count: number;
  readonly edge: Uint32Array;
  /** Row of the caller among the window's visits. */
  readonly callerVisit: Uint32Array;
  /** Row of the callee among the window's visits, −1 when it was not seen (crashed, lost). */
  readonly calleeVisit: Int32Array;
  readonly durationSeconds: Float64Array;
  /** Caller's duration − callee's duration: network, serialisation, accept queue. NaN when the callee was not seen. */
  readonly gapSeconds: Float64Array;
  readonly isError: Uint8Array;
  readonly resendCount: Uint8Array;
}

/** Everything that completed in [startSeconds, endSeconds), event time. */
export interface Observation {
  readonly windowIndex: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly topology: Topology;
  readonly visits: VisitColumns;
  readonly calls: CallColumns;
  readonly traceIds: Uint32Array;
  readonly metrics: readonly MetricPoint[];
  /**
   * Set when more came in the window than is looked at one by one: visits and calls are then those that completed in this
   * part of it only, and rates are to be taken over its length. Which part it is has nothing to do with what came.
   */
  readonly seen?: { readonly startSeconds: number; readonly endSeconds: number };
}
