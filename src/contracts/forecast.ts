import type { Observation } from "./observation.ts";

export type Discipline = "fifo" | "ps" | "delay";

/** One plausible structure of a station. `serverCount` is Infinity for `delay`. */
export interface StationStructure {
  readonly discipline: Discipline;
  readonly serverCount: number;
}

/** How far the twin has come to know a node. */
export interface NodeReadiness {
  readonly node: number;
  readonly visitsLearned: number;
  readonly visitsNeeded: number;
  readonly isReady: boolean;
  /** How far its mean service time has moved from its anchor without a deployment: 0.2 is a fifth slower; 0 while unknown. */
  readonly driftShare: number;
  /** True when that is beyond the budget: what moved is then not learned, so that it stays visible. */
  readonly isDrifting: boolean;
  /** Copies that take its visits now; 0 while nothing is known of it. */
  readonly instanceCount: number;
  /** Spans of it that arrived / spans that the calls into it promise. */
  readonly completeness: number;
  /** Visits seen / all visits: sampling and losses together. */
  readonly sampledShare: number;
  /** What keeps the twin from knowing it as well as it might, in words; empty when nothing does. */
  readonly limitation: string;
}

/** How much of what was learned is remembered, and what was given up for its limits. */
export interface MemoryFill {
  readonly visits: number;
  readonly instances: number;
  readonly forgottenInstances: number;
  /** Samples and counts that were not kept. */
  readonly refused: number;
}

/** A version of a service that the twin has not yet made its own, in one window. */
export interface Deployment {
  readonly node: number;
  readonly version: string;
  /** What ran before; several, sorted and joined by ", ", while several did. */
  readonly previousVersion: string;
  /** First visit of the new version. Unix seconds, event time. */
  readonly atSeconds: number;
  /**
   * new: seen for the first time in this window; watched: held against what was learned of the versions before;
   * adopted: now known by its own visits; withdrawn: gone before that.
   */
  readonly state: "new" | "watched" | "adopted" | "withdrawn";
  readonly windowsLearned: number;
  readonly windowsNeeded: number;
  /** Service time of its instances against that of the versions before. */
  readonly service: Residual | null;
  /** The same for the instances of those versions that still run: what moved both is not the deployment's doing. */
  readonly previousService: Residual | null;
}

/**
 * Observed against expected for one quantity in one window. All residuals are dimensionless.
 * `shift` = mean PIT − ½ in [−½, ½]. `shiftZ` and `meanZ` divide the shift, and the logarithm of observed / expected mean,
 * by their standard deviations under "nothing is wrong". The shift cannot be fooled by one outlier but ends at ½; the mean
 * tells how much. `z` is the evidence of both: the larger, as long as the shift agrees.
 */
export interface Residual {
  readonly sampleCount: number;
  readonly observedMeanSeconds: number;
  readonly expectedMeanSeconds: number;
  readonly shift: number;
  /** Share of samples above the 95th percentile of the expectation, − 0.05. */
  readonly tail: number;
  readonly shiftZ: number;
  readonly meanZ: number;
  readonly z: number;
}

/** The twin's view of one node in one window. Absent residuals (null) are absent data, never evidence. */
export interface NodeForecast {
  readonly node: number;
  readonly visitCount: number;
  readonly arrivalRatePerSecond: number;
  /** Servers busy / servers, from inverted service times; NaN while the structure is not identified. */
  readonly utilization: number;
  readonly structures: readonly StationStructure[];
  /** Inverted service time: load-free by construction. Least extreme over the plausible structures. */
  readonly service: Residual | null;
  /** Sojourn time against the simulated one, at this window's own arrivals. */
  readonly sojourn: Residual | null;
  /** Gap of the calls into this node, pooled over its callers. */
  readonly gapIn: Residual | null;
  /** Gap of the calls out of this node. */
  readonly gapOut: Residual | null;
  /** Share of its callees whose gaps rose: 1 when whatever it calls seems far away, so the cause is at this end. */
  readonly gapOutBreadth: number;
  readonly calleeCount: number;
  /** Waiting explicitly seen in front of it (consumer lag). */
  readonly lag: Residual | null;
  /** Shift of the worst instance − shift of the median instance; 0 with fewer than two instances. */
  readonly instanceSpread: number;
  /** Instance index with the largest shift, −1 when there is one only. */
  readonly worstInstance: number;
  /** Share of service times of the slowest tenth in the total, observed − expected: a pause shows here. */
  readonly burstiness: number;
  /** Share of its visits that failed although no call of theirs did, minus the learned share: errors passed on are not its own. */
  readonly errorExcess: number;
  /** Share of calls into it that were never seen to arrive, minus the learned share. */
  readonly missingExcess: number;
  /** Mean resends of calls into it, minus the learned mean. */
  readonly resendExcess: number;
  /** Total variation distance between observed and learned call programs, less what chance gives. */
  readonly programShift: number;
  /** log(arrival rate / rate implied by the entry operations' rates); 0 when as implied. */
  readonly arrivalResidual: number;
  /** `process.cpu.utilization` − learned, NaN without that metric. */
  readonly cpuExcess: number;
  /** Seconds of delay this node added beyond expectation, per second of time: own work, gaps into it, and its own gaps out. */
  readonly excessSecondsPerSecond: number;
  /**
   * That excess for one request of the entry operations that reach this node, as a share of their predicted latency;
   * for a node no entry waits for, as a share of its own expected time. What users feel, roughly.
   */
  readonly impactShare: number;
}

/** Latency of one operation: what came and what the twin says should have come at this load. */
export interface OperationForecast {
  readonly operation: number;
  readonly visitCount: number;
  readonly arrivalRatePerSecond: number;
  readonly observedP50Seconds: number;
  readonly observedP95Seconds: number;
  readonly observedP99Seconds: number;
  readonly observedMeanSeconds: number;
  /**
   * 5 %, 50 % and 95 % over replicates of the window's quantile: a band that holds what the window shows nine times in
   * ten. Replicates differ in their dice, in parameters within their errors, and among plausible structures.
   */
  readonly predictedP50Seconds: readonly [number, number, number];
  readonly predictedP95Seconds: readonly [number, number, number];
  readonly predictedP99Seconds: readonly [number, number, number];
  readonly predictedMeanSeconds: number;
  /** Mean at a quiet hour (the learning reference), to tell "slow because of traffic". */
  readonly referenceMeanSeconds: number;
  readonly residual: Residual | null;
}

/** What the twin says of the station of a node at the window's own arrivals; 5 %, 50 % and 95 % over replicates. */
export interface StationForecast {
  readonly node: number;
  /** Busy servers / servers; NaN where no plausible structure has a limit. */
  readonly predictedUtilization: readonly [number, number, number];
  /** Mean time a visit waits for a server, or what sharing adds to its own work. */
  readonly predictedWaitingSeconds: readonly [number, number, number];
}

/** What passes along an edge between caller and callee in one window, which no load of theirs should change. */
export interface EdgeForecast {
  readonly edge: number;
  readonly callCount: number;
  readonly observedGapP50Seconds: number;
  readonly observedGapP95Seconds: number;
  /** 5 %, 50 % and 95 % of what as many calls would show. */
  readonly predictedGapP50Seconds: readonly [number, number, number];
  readonly predictedGapP95Seconds: readonly [number, number, number];
}

/** Which station limits the system, and where it saturates if the mix stays. */
export interface Capacity {
  readonly node: number;
  readonly utilization: number;
  /** Entry requests per second at which the node's utilization reaches 1. */
  readonly saturationRatePerSecond: number;
  /** 5 % and 95 % of it, given how well the service times are known. */
  readonly saturationRangePerSecond: readonly [number, number];
}

export interface Forecast {
  readonly observation: Observation;
  readonly isReady: boolean;
  readonly readiness: readonly NodeReadiness[];
  readonly nodes: readonly NodeForecast[];
  readonly operations: readonly OperationForecast[];
  readonly stations: readonly StationForecast[];
  readonly edges: readonly EdgeForecast[];
  readonly entryRatePerSecond: number;
  /** Mean over the windows learned from; NaN before any. */
  readonly usualEntryRatePerSecond: number;
  readonly capacity: Capacity | null;
  /** Versions under observation, in the order in which they came. */
  readonly deployments: readonly Deployment[];
}

/** What the twin says a change would do: the window simulated again with one node or edge put back to normal. */
export interface Counterfactual {
  readonly node: number;
  /** Mean latency of the entry operations, weighted by their rate. */
  readonly observedMeanSeconds: number;
  readonly predictedMeanSeconds: number;
  readonly withoutItMeanSeconds: number;
  /** Share of the excess (observed − predicted) that goes away, in [0, 1]. */
  readonly explainedShare: number;
  /** The entry operation whose requests lost most in this window, all together; null when none came. */
  readonly worst: {
    readonly operation: number;
    readonly observedP95Seconds: number;
    readonly withoutItP95Seconds: number;
  } | null;
}
