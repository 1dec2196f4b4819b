import type { FaultKind } from "./score.ts";

export type IncidentState = "open" | "resolved";

export interface Suspect {
  readonly node: string;
  readonly nodeKind: string;
  readonly kind: FaultKind;
  /** Chance of this kind given this node, by the model. */
  readonly kindProbability: number;
  readonly probability: number;
  /** Share of the excess latency that goes away in the twin when this suspect is put back to normal, in [0, 1]. */
  readonly explainedShare: number;
  /** How much more likely the simulated fault of this kind makes what was seen: log of the ratio, nats; 0 without one. */
  readonly evidence: number;
  /** That fault in words, with its size; null when no size of it fits. */
  readonly size: string | null;
  /** Other faults of this node that were tried, and how much worse they explain what was seen. */
  readonly instead: readonly RuledOut[];
  readonly reason: string;
}

/** What the twin says of the entry operations' mean latency, weighted by their rate, at the worst window asked about. */
export interface WithoutIt {
  readonly observedMeanSeconds: number;
  readonly predictedMeanSeconds: number;
  /** With the guilty node put back to normal. */
  readonly withoutItMeanSeconds: number;
  /** The same for the operation users feel most, at that window; null when none of its requests came. */
  readonly worst: {
    readonly operation: string;
    readonly observedP95Seconds: number;
    readonly withoutItP95Seconds: number;
  } | null;
}

export interface RuledOut {
  readonly what: string;
  readonly reason: string;
}

/** A version that began to run shortly before an incident, at its guilty node or on its path. */
export interface IncidentDeployment {
  readonly node: string;
  readonly version: string;
  /** First visit of that version. Unix seconds, event time. */
  readonly atSeconds: number;
  /** From then until the onset; 0 when both fall into one window. */
  readonly secondsBeforeOnset: number;
}

/** What a person made of an incident. */
export type IncidentFeedback = "dismissed" | "confirmed" | "new-normal";

/** An operation users feel: observed against predicted at this load, at the worst window of the incident. */
export interface Impact {
  readonly operation: string;
  readonly node: string;
  readonly observedP95Seconds: number;
  readonly predictedP95Seconds: number;
  readonly arrivalRatePerSecond: number;
}

export interface Incident {
  /** Stable and derived from event time and place, so that a replay gives the same. */
  readonly id: string;
  readonly verdict: "fault" | "traffic";
  readonly state: IncidentState;
  /** When it began by the change point, not by the alarm. Unix seconds, event time. */
  readonly onsetSeconds: number;
  readonly openedSeconds: number;
  readonly resolvedSeconds: number | null;
  readonly guiltyNode: string;
  readonly kind: FaultKind | "traffic";
  readonly confidence: number;
  /** One sentence for a person. */
  readonly summary: string;
  /** Ranked when it opened. */
  readonly suspectsAtOpening: readonly Suspect[];
  /** Ranked now (or at its end). */
  readonly suspects: readonly Suspect[];
  readonly ruledOut: readonly RuledOut[];
  /** Absent (null in the API) for traffic, and when the twin could not say. */
  readonly withoutIt?: WithoutIt | null;
  readonly impact: readonly Impact[];
  readonly entryRatePerSecond: number;
  readonly bottleneck: {
    readonly node: string;
    readonly utilization: number;
    readonly saturationRatePerSecond: number;
  } | null;
  readonly evidenceTraceIds: readonly string[];
  /** Nearest first: the guilty node's own, then those of its path. Absent before the line has looked for them. */
  readonly deployments?: readonly IncidentDeployment[];
  /** Absent or null while nobody has said anything. */
  readonly feedback?: IncidentFeedback | null;
}

/** Something that happened to an incident. A "traffic" verdict is one too; it never counts as an alarm. */
export interface IncidentEvent {
  readonly type: "opened" | "updated" | "resolved";
  readonly atSeconds: number;
  readonly incident: Incident;
}
