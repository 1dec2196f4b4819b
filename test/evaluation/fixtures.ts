import type { Incident, IncidentEvent, Suspect } from "../../src/contracts/incident.ts";
import type { LabelledFault, LabelledLoad, Labels } from "../../src/contracts/labels.ts";
import type { FaultKind } from "../../src/contracts/score.ts";
import { type Cases, casesOf, DEFAULT_RULES, type EvaluationRules } from "../../src/evaluation/cases.ts";

export const RULES: EvaluationRules = { ...DEFAULT_RULES, settleSeconds: 180 };

export function fault(start: number, end: number, rest: Partial<LabelledFault> = {}): LabelledFault {
  return { start, end, service: "cart", fault: "slow-code", performance: true, ...rest };
}

/** One hour of data unless told otherwise. */
export function labels(faults: readonly LabelledFault[], rest: Partial<Labels> = {}): Labels {
  return { unit: "unix seconds, UTC", settleSeconds: 180, covered: [[0, 3600]], faults, ...rest };
}

export function load(start: number, end: number, rest: Partial<LabelledLoad> = {}): LabelledLoad {
  return { start, end, shape: "surge", factor: 2, ...rest };
}

export function cases(faults: readonly LabelledFault[], rest: Partial<Labels> = {}): Cases {
  const all = labels(faults, rest);
  return casesOf(all, all.covered, { ...RULES, settleSeconds: all.settleSeconds });
}

export function suspects(nodes: readonly string[], kindProbability = 0.5): Suspect[] {
  return nodes.map((node) => ({
    node,
    nodeKind: "service",
    kind: "slow-code",
    kindProbability,
    probability: 0.9,
    explainedShare: 0.5,
    evidence: 40,
    size: "its own work takes 2.0 times as long",
    instead: [],
    reason: "",
  }));
}

export interface IncidentShape {
  readonly atOpening?: readonly string[];
  readonly atEnd?: readonly string[];
  readonly kind?: FaultKind;
  readonly kindAtEnd?: FaultKind;
  readonly verdict?: "fault" | "traffic";
  readonly bottleneck?: string;
  readonly kindProbability?: number;
}

/** An incident as it stands at opening. */
export function incident(id: string, openedSeconds: number, shape: IncidentShape = {}): Incident {
  const ranked = suspects(shape.atOpening ?? ["cart"], shape.kindProbability);
  const { bottleneck, verdict = "fault", kind = "slow-code" } = shape;
  return {
    id,
    verdict,
    state: "open",
    onsetSeconds: openedSeconds - 10,
    openedSeconds,
    resolvedSeconds: null,
    guiltyNode: ranked[0]?.node ?? "",
    kind: verdict === "traffic" ? "traffic" : kind,
    confidence: 0.9,
    summary: "",
    suspectsAtOpening: ranked,
    suspects: ranked,
    ruledOut: [],
    impact: [],
    entryRatePerSecond: 10,
    bottleneck: bottleneck === undefined ? null : { node: bottleneck, utilization: 0.9, saturationRatePerSecond: 20 },
    evidenceTraceIds: [],
  };
}

/** Opened, and resolved a minute later with the suspects it ended with. */
export function history(id: string, openedSeconds: number, shape: IncidentShape = {}): IncidentEvent[] {
  const opening = incident(id, openedSeconds, shape);
  const resolvedSeconds = openedSeconds + 60;
  const ending: Incident = {
    ...opening,
    state: "resolved",
    resolvedSeconds,
    kind: opening.verdict === "traffic" ? "traffic" : (shape.kindAtEnd ?? shape.kind ?? "slow-code"),
    suspects: suspects(shape.atEnd ?? shape.atOpening ?? ["cart"], shape.kindProbability),
  };
  return [
    { type: "opened", atSeconds: openedSeconds, incident: opening },
    { type: "resolved", atSeconds: resolvedSeconds, incident: ending },
  ];
}
