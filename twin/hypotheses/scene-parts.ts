import type { Observation } from "../../src/contracts/observation.ts";
import type { JobsByNode } from "../forecast/in-flight.ts";
import type { NetworkVariant } from "../forecast/network-variants.ts";
import type { InFlightVisits } from "../kernel/spec.ts";
import type { Knowledge, NodeRates } from "../learning/knowledge.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";

/** What is given: the window, and what was learned before it. */
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
