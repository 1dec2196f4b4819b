import type { Observation } from "../../src/contracts/observation.ts";
import type { JobsByNode } from "../forecast/in-flight.ts";
import type { NetworkVariant } from "../forecast/network-variants.ts";
import type { InFlightVisits } from "../kernel/spec.ts";
import type { Knowledge, NodeRates } from "../learning/knowledge.ts";
import { Reference } from "../learning/reference.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import { binEdges, countInBins, sharesOf } from "./bins.ts";
import { type ObservedWindow, observeWindow } from "./observed-window.ts";
import { type SyntheticWindow, synthesise } from "./synthesis.ts";

/** What is known before any hypothesis: the window, the networks, and what they say of it if nothing is wrong. */
export interface SceneParts {
  readonly knowledge: Knowledge;
  readonly window: Observation;
  readonly jobs: JobsByNode;
  readonly traffic: TrafficEstimate;
  readonly variants: readonly NetworkVariant[];
  /** Who was under way when the window began, by variant. */
  readonly initial: readonly InFlightVisits[];
  /** The variants take turns. */
  readonly replicates: number;
  readonly seed: number;
  /** Learned shares of errors and of unanswered calls; undefined before any. */
  ratesOf(node: number): NodeRates | undefined;
  /** Standard deviation of the mean PIT of a node's own times, and of the gaps into it, beyond sampling. */
  discrepancyOf(node: number): { readonly own: number; readonly gap: number };
}

export interface Scene extends SceneParts {
  readonly observed: ObservedWindow;
  readonly normal: SyntheticWindow;
  /** Own times if nothing is wrong, by node. */
  readonly usual: ReadonlyMap<number, Reference>;
  /** Own times in bins, by node. */
  readonly bins: ReadonlyMap<number, OwnTimeBins>;
}

export interface OwnTimeBins {
  readonly edges: Float64Array;
  readonly seenCounts: Float64Array;
  readonly usualShares: Float64Array;
}

export function setScene(parts: SceneParts): Scene {
  const normal = synthesise(parts, (spec) => spec);
  const observed = observeWindow(parts.window);
  const usual = new Map<number, Reference>();
  const bins = new Map<number, OwnTimeBins>();
  for (const [node, { seconds }] of normal.ownTimes) {
    const reference = new Reference(Float64Array.from(seconds));
    const edges = binEdges(reference.sorted);
    usual.set(node, reference);
    bins.set(node, {
      edges,
      seenCounts: countInBins(edges, observed.ownTimes.get(node)?.seconds ?? []),
      usualShares: sharesOf(countInBins(edges, seconds)),
    });
  }
  return { ...parts, observed, normal, usual, bins };
}
