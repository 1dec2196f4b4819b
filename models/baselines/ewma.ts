import type { Scorer } from "../../src/contracts/score.ts";
import { createPerNodeScorer } from "./per-node-scorer.ts";
import { createEwmaReference } from "./reference.ts";

export interface EwmaScorerOptions {
  readonly sigmas?: number;
  readonly warmUpWindows?: number;
  /** Weight of the newest window. */
  readonly weight?: number;
}

/** Exponentially weighted mean ± kσ of each node's self time, gap and lag: follows slow change, and slow faults too. */
export function createEwma(options: EwmaScorerOptions = {}): Scorer {
  const sigmas = options.sigmas ?? 3;
  return createPerNodeScorer({
    name: "ewma",
    quantities: ["self", "gap", "lag"],
    sides: "both",
    centre: sigmas,
    createReference: () =>
      createEwmaReference({
        warmUpWindows: options.warmUpWindows ?? 6,
        weight: options.weight ?? 0.05,
        clampAt: sigmas,
      }),
  });
}
