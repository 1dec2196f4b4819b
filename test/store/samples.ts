import type { DeploymentMarker, SeriesPoint, TraceView } from "../../src/contracts/api.ts";
import type { Feedback } from "../../src/contracts/feedback.ts";
import type { Incident } from "../../src/contracts/incident.ts";
import type { SeriesRow } from "../../src/contracts/store.ts";

/** A full incident of a shop; every optional thing is present unless overridden. */
export function anIncident(changes: Partial<Incident> = {}): Incident {
  return {
    id: "pricing-slow-code-1700000000",
    verdict: "fault",
    state: "open",
    onsetSeconds: 1_700_000_000,
    openedSeconds: 1_700_000_015,
    resolvedSeconds: null,
    guiltyNode: "pricing",
    kind: "slow-code",
    confidence: 0.93,
    summary: "pricing is slow: 3.1 × its own work at unchanged load",
    suspectsAtOpening: [],
    suspects: [
      {
        node: "pricing",
        nodeKind: "service",
        kind: "slow-code",
        kindProbability: 0.8,
        probability: 0.95,
        explainedShare: 0.91,
        evidence: 40,
        size: "its own work takes 2.0 times as long",
        instead: [],
        reason: "its own work takes 3.1 × as long",
      },
    ],
    withoutIt: { observedMeanSeconds: 0.4, predictedMeanSeconds: 0.15, withoutItMeanSeconds: 0.17, worst: null },
    ruledOut: [{ what: "traffic", reason: "the load explains 4 % of the excess" }],
    impact: [
      {
        operation: "POST /checkout",
        node: "front",
        observedP95Seconds: 0.9,
        predictedP95Seconds: 0.3,
        arrivalRatePerSecond: 12.5,
      },
    ],
    entryRatePerSecond: 22.5,
    bottleneck: { node: "pricing", utilization: 0.87, saturationRatePerSecond: 41 },
    evidenceTraceIds: ["0af7651916cd43dd8448eb211c80319c"],
    deployments: [{ node: "pricing", version: "1.8.2", atSeconds: 1_699_999_960, secondsBeforeOnset: 40 }],
    feedback: null,
    ...changes,
  };
}

/** "Not a fault", of `anIncident`. */
export function aFeedback(changes: Partial<Omit<Feedback, "id">> = {}): Omit<Feedback, "id"> {
  return {
    type: "not-a-fault",
    givenSeconds: 1_700_000_060,
    incidentId: anIncident().id,
    node: "pricing",
    kind: "slow-code",
    fromSeconds: 1_700_000_000,
    toSeconds: 1_700_000_060,
    strength: 7.5,
    silentUntilSeconds: 1_700_086_460,
    note: "price lists were reloaded",
    ...changes,
  };
}

export function aDeployment(changes: Partial<DeploymentMarker> = {}): DeploymentMarker {
  return {
    node: "pricing",
    version: "1.8.2",
    previousVersion: "1.8.1",
    atSeconds: 1_699_999_960,
    state: "watched",
    ...changes,
  };
}

export function aPoint(atSeconds: number, changes: Partial<SeriesPoint> = {}): SeriesPoint {
  return {
    atSeconds,
    ratePerSecond: 20.25,
    observedP50Seconds: 0.0123,
    observedP95Seconds: 0.0456,
    predictedP50Seconds: [0.01, 0.012, 0.014],
    predictedP95Seconds: [0.03, 0.04, 0.05],
    utilization: 0.5,
    probability: 0.01,
    ...changes,
  };
}

export function aRow(node: string, operation: string, atSeconds: number): SeriesRow {
  return { node, operation, point: aPoint(atSeconds) };
}

export function aTrace(traceId: string, spanCount = 2): TraceView {
  return {
    traceId,
    spans: Array.from({ length: spanCount }, (_, index) => ({
      spanId: index.toString(16).padStart(16, "0"),
      parentSpanId: index === 0 ? null : "0".repeat(16),
      service: "front",
      operation: "POST /checkout",
      kind: "server",
      startSeconds: 1_700_000_000 + index / 1000,
      durationSeconds: 0.25,
      isError: false,
    })),
  };
}
