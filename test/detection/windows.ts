import type { Counterfactual, Forecast, NodeForecast, OperationForecast } from "../../src/contracts/forecast.ts";
import type { Hypothesis } from "../../src/contracts/hypothesis.ts";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { FAULT_KINDS, type FaultKind, type Scored } from "../../src/contracts/score.ts";
import type { Detector } from "../../src/detection/detector.ts";
import type { AskTwin } from "../../src/detection/questions.ts";
import { nodeForecast, residual, TOPOLOGY, WEB, window } from "../models/baselines/fixtures.ts";

/** What one window shows; what is not said is calm: probability 0.02 and nothing beyond its band. */
export interface Shown {
  /** Probability of guilt by node. */
  readonly guilt?: Readonly<Record<number, number>>;
  readonly kind?: FaultKind;
  /** Overrides of what the twin shows of a node; guilty ones show a felt slowdown unless told otherwise. */
  readonly nodes?: Readonly<Record<number, Partial<NodeForecast>>>;
  /** Nodes the twin says nothing about. */
  readonly absent?: readonly number[];
  readonly isReady?: boolean;
  /** Predicted over quiet-hour latency, and entry rate over the usual. */
  readonly rise?: number;
  readonly rateRatio?: number;
  readonly observedP95Seconds?: number;
  /** Instead of web → cart → stock. */
  readonly topology?: Topology;
}

export const USUAL_RATE = 10;

export const OPTIONS = { falseAlarmsPerWeek: 1 };

/** A slowdown that matters to users. */
export const FELT: Partial<NodeForecast> = { service: residual(9), impactShare: 0.3 };

export function shown(index: number, what: Shown = {}): Scored {
  const absent = what.absent ?? [];
  const topology = what.topology ?? TOPOLOGY;
  const nodes = topology.nodes
    .filter((node) => !absent.includes(node.index))
    .map(({ index: node }) => {
      const isGuilty = (what.guilt?.[node] ?? 0) > 0.5;
      return nodeForecast(node, { ...(isGuilty ? FELT : {}), ...what.nodes?.[node] });
    });
  const forecast: Forecast = {
    ...window(index, { topology }),
    isReady: what.isReady ?? true,
    nodes,
    operations: [entryOperation(what)],
    entryRatePerSecond: USUAL_RATE * (what.rateRatio ?? 1),
    usualEntryRatePerSecond: USUAL_RATE,
    capacity: { node: WEB, utilization: 0.6, saturationRatePerSecond: 33, saturationRangePerSecond: [32, 34] },
  };
  const likeliest = FAULT_KINDS.indexOf(what.kind ?? "slow-code");
  const kindProbabilities = FAULT_KINDS.map((_, k) => (k === likeliest ? 0.9 : 0.1 / (FAULT_KINDS.length - 1)));
  const scores = nodes.map(({ node }) => ({
    node,
    probability: what.guilt?.[node] ?? 0.02,
    kindProbabilities,
    pValue: null,
    residualZ: 0,
  }));
  return { forecast, scorer: "by hand", nodes: scores };
}

function entryOperation(what: Shown): OperationForecast {
  const reference = 0.1;
  const predicted = reference * (what.rise ?? 1);
  const observed = what.observedP95Seconds ?? 2 * predicted;
  return {
    operation: WEB,
    visitCount: 100,
    arrivalRatePerSecond: USUAL_RATE,
    observedP50Seconds: predicted,
    observedP99Seconds: Number.NaN,
    observedP95Seconds: observed,
    observedMeanSeconds: observed / 2,
    predictedP99Seconds: [Number.NaN, Number.NaN, Number.NaN],
    predictedP95Seconds: [1.8 * predicted, 2 * predicted, 2.2 * predicted],
    predictedP50Seconds: [predicted, predicted, predicted],
    predictedMeanSeconds: predicted,
    referenceMeanSeconds: reference,
    residual: null,
  };
}

/** A twin that says each node explains the share given for it. */
export function explains(
  shares: Readonly<Record<number, number>>,
  hypotheses: readonly Hypothesis[] = [],
): AskTwin & { counterfactuals(nodes: readonly number[]): Counterfactual[] } {
  return {
    counterfactuals: (nodes) =>
      nodes.map((node) => ({
        node,
        observedMeanSeconds: 0.2,
        predictedMeanSeconds: 0.1,
        withoutItMeanSeconds: 0.2 - 0.1 * (shares[node] ?? 0),
        explainedShare: shares[node] ?? 0,
        worst: { operation: WEB, observedP95Seconds: 0.4, withoutItP95Seconds: 0.4 - 0.2 * (shares[node] ?? 0) },
      })),
    diagnose: (nodes) => hypotheses.filter(({ node }) => nodes.includes(node)),
  };
}

/** Feeds windows numbered from `from`; returns what was said of each. */
export function feed(
  detector: Detector,
  from: number,
  windows: readonly Shown[],
  shares: Readonly<Record<number, number>> = {},
  hypotheses: readonly Hypothesis[] = [],
): IncidentEvent[][] {
  return windows.map((each, i) => detector.decide(shown(from + i, each), explains(shares, hypotheses)));
}

export function times(count: number, what: Shown = {}): Shown[] {
  return Array.from({ length: count }, () => what);
}
