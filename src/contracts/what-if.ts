/**
 * A question to the twin and its answer: plain data, so that a browser can ask it and a worker can answer. Names are
 * those of the service map; an edge runs from a caller to a callee. Durations in seconds, rates per second.
 */

/** All calls from one service to another. Either end is a service ("cart") or one operation of it ("cart GET /carts/{user}"). */
export interface EdgeTarget {
  readonly from: string;
  readonly to: string;
}

/** How long something takes, instead of what was learned. `variation` is standard deviation / mean. */
export type DurationDistribution =
  | { readonly family: "constant"; readonly meanSeconds: number }
  | { readonly family: "exponential"; readonly meanSeconds: number }
  | { readonly family: "lognormal" | "gamma"; readonly meanSeconds: number; readonly variation: number }
  | { readonly family: "uniform"; readonly fromSeconds: number; readonly toSeconds: number };

export type BalancingPolicy = "random" | "round-robin" | "least-outstanding" | "power-of-two";

/** One thing that would be different. */
export type Change =
  /** `operation` null: every entry operation. `ratePerSecond` instead of a factor is the sum over what it applies to. */
  | {
      readonly verb: "traffic";
      readonly operation: string | null;
      readonly to: { readonly factor: number } | { readonly ratePerSecond: number };
    }
  /** Share of this entry operation in all requests; those not named keep their proportions in what is left. */
  | { readonly verb: "mix"; readonly operation: string; readonly share: number }
  | { readonly verb: "replicas"; readonly service: string; readonly count: number }
  | { readonly verb: "balancing"; readonly service: string; readonly policy: BalancingPolicy }
  /**
   * Own work only, calls left out, of a service ("cart") or one operation of it ("cart GET /carts/{user}"). A mean keeps
   * the shape of the learned distribution.
   */
  | {
      readonly verb: "serviceTime";
      readonly target: string;
      readonly to: { readonly factor: number } | { readonly meanSeconds: number };
    }
  | { readonly verb: "device"; readonly service: string; readonly distribution: DurationDistribution }
  | { readonly verb: "servers"; readonly service: string; readonly count: number }
  | { readonly verb: "workers"; readonly service: string; readonly count: number }
  | { readonly verb: "queueCapacity"; readonly service: string; readonly count: number }
  | {
      readonly verb: "throttle";
      readonly service: string;
      readonly quotaSeconds: number;
      readonly periodSeconds: number;
    }
  | {
      readonly verb: "pause";
      readonly service: string;
      readonly durationSeconds: number;
      readonly intervalSeconds: number;
    }
  /** Share of the visits of a service, or of one operation of it, that find what they need: the calls of a miss are not made. */
  | { readonly verb: "cacheHit"; readonly target: string; readonly share: number }
  | { readonly verb: "pool"; readonly edge: EdgeTarget; readonly connectionCount: number }
  | { readonly verb: "timeout"; readonly edge: EdgeTarget; readonly seconds: number }
  | {
      readonly verb: "retry";
      readonly edge: EdgeTarget;
      readonly attemptsMax: number;
      readonly backoffSeconds: number;
      readonly backoffFactor: number;
    }
  /** Added to the round trip of every call; may be negative. */
  | { readonly verb: "edgeDelay"; readonly edge: EdgeTarget; readonly addedSeconds: number }
  /** The service stands somewhere else: added to the round trip of every call to it and from it. */
  | { readonly verb: "placement"; readonly service: string; readonly addedSeconds: number }
  | {
      readonly verb: "edgeLoss";
      readonly edge: EdgeTarget;
      readonly probability: number;
      readonly retransmitSeconds: number;
    };

/** Changes made together, in this order. */
export interface Scenario {
  readonly changes: readonly Change[];
}

/** 5 %, 50 % and 95 % over replications: the middle, and the ends of a 90 % interval. */
export type Band = readonly [low: number, middle: number, high: number];

/** One quantity before and after; the difference is taken within each replication, under the same dice. */
export interface Compared {
  /** Null when nothing came through. */
  readonly before: Band | null;
  readonly after: Band | null;
  readonly difference: Band | null;
}

export interface OperationAnswer {
  readonly service: string;
  readonly operation: string;
  readonly isEntry: boolean;
  /** What the recording shows at the base load; null for operations that are no entries. */
  readonly measured: { readonly p50Seconds: number; readonly p95Seconds: number; readonly p99Seconds: number } | null;
  /** Latency of the visits that succeeded. */
  readonly p50Seconds: Compared;
  readonly p95Seconds: Compared;
  readonly p99Seconds: Compared;
  /** Successful visits per second. */
  readonly throughputPerSecond: Compared;
  /** Share of the finished visits that failed. */
  readonly failureShare: Compared;
  /** Range of p95 after the changes over the plausible structures of all stations; null when each has one only. */
  readonly p95OverStructuresSeconds: readonly [number, number] | null;
}

export interface StructureName {
  readonly discipline: "fifo" | "ps" | "delay";
  /** Null for "delay". */
  readonly serverCount: number | null;
}

export interface StationAnswer {
  readonly service: string;
  /** Busy share of its servers; null where nothing is ever waited for. */
  readonly utilization: Compared;
  /** Those that what was learned does not contradict, the best first. */
  readonly structures: readonly StructureName[];
  readonly isIdentified: boolean;
}

/** What is used up first as traffic grows with the mix kept. */
export interface Saturation {
  /** Requests per second over all entry operations; null when no station limits them. The high end may be null alone. */
  readonly ratePerSecond: readonly [low: number | null, middle: number | null, high: number | null];
  readonly bottleneck: Bottleneck | null;
  /** How often each was the first over replications, the likeliest first. */
  readonly candidates: readonly { readonly bottleneck: Bottleneck; readonly share: number }[];
}

export interface Bottleneck {
  readonly service: string;
  readonly resource: "servers" | "workers" | "connections";
  /** The other end of the connections; null otherwise. */
  readonly to: string | null;
  /** False when no request waits for it: it does what messages ask for, and only their queue grows. */
  readonly isAwaited: boolean;
}

/** A station whose structure is not known well enough, and what the answer owes to it. */
export interface Unidentified {
  readonly service: string;
  readonly structures: readonly StructureName[];
  /** p95 after the change of the entry operation it matters most to, over its structures with the others at their best guess. */
  readonly operation: string;
  readonly p95Seconds: readonly [number, number];
}

/** The smallest enlargement of the bottleneck, of those tried, that undoes the slowdown. */
export interface Remedy {
  readonly service: string;
  /** The other end of the connections; null otherwise. */
  readonly to: string | null;
  readonly verb: "servers" | "workers" | "replicas" | "pool";
  readonly count: number;
  readonly operation: string;
  readonly p95Seconds: number;
}

export interface WhatIfAnswer {
  /** One sentence for a person. */
  readonly verdict: string;
  readonly scenario: Scenario;
  /** The changes in words, in their order. */
  readonly changes: readonly string[];
  /** How much normal traffic the base load was taken from. */
  readonly baseSeconds: number;
  readonly requestsPerSecond: { readonly before: number; readonly after: number };
  readonly replications: number;
  /** Simulated time that counts, of each replication. */
  readonly secondsPerReplication: number;
  readonly seed: number;
  readonly operations: readonly OperationAnswer[];
  readonly stations: readonly StationAnswer[];
  readonly saturation: { readonly before: Saturation; readonly after: Saturation };
  /** True when the load is above saturation in most replications: queues grow for as long as it lasts. */
  readonly isOverloaded: { readonly before: boolean; readonly after: boolean };
  readonly unidentified: readonly Unidentified[];
  readonly remedy: Remedy | null;
  /** What the reader must know to trust the numbers rightly. */
  readonly notes: readonly string[];
}
