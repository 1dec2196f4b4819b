import type { Forecast } from "./forecast.ts";

/** Kinds of fault a verdict can name. */
export const FAULT_KINDS = [
  "slow-code",
  "cpu",
  "capacity",
  "network-delay",
  "network-loss",
  "pause",
  "slow-dependency",
  "cache-miss",
  "bad-replica",
  "slow-consumer",
  "crash",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface NodeScore {
  readonly node: number;
  /** Chance that this node is at fault in this window, in [0, 1], by the shipped model. */
  readonly probability: number;
  /** Probability of each kind, in the order of `FAULT_KINDS`, given that it is at fault. */
  readonly kindProbabilities: readonly number[];
  /**
   * Chance of looking at least this guilty when nothing is wrong, known from clean windows of other applications; null
   * when the scorer has no such knowledge.
   */
  readonly pValue: number | null;
  /** Evidence of the twin alone: the largest standardised residual of the node, ≥ 0. */
  readonly residualZ: number;
}

export interface Scored {
  readonly forecast: Forecast;
  /** Name of what scored: a model artifact or a baseline. */
  readonly scorer: string;
  readonly nodes: readonly NodeScore[];
}

/** Turns a forecast into scores. Every model and every baseline is one. */
export interface Scorer {
  readonly name: string;
  /** What it remembers from window to window, as plain values; undefined when every window is scored by itself. */
  readonly memory?: { snapshot(): unknown; restore(state: never): void };
  score(forecast: Forecast): Scored;
}
