import type { Scorer } from "../../src/contracts/score.ts";
import { createPerNodeScorer } from "./per-node-scorer.ts";
import { createMedianReference } from "./reference.ts";

export interface RobustOptions {
  /** Interquartile ranges above the median at which the probability is ½. */
  readonly ranges?: number;
  readonly warmUpWindows?: number;
  readonly memoryWindows?: number;
}

/**
 * RobustScorer: excess over the median in interquartile ranges, the largest of a node's quantities.
 * Source: Pham, Ha, Zhang, "BARO: Robust Root Cause Analysis for Microservices via Multivariate Bayesian Online
 * Change Point Detection", FSE 2024, section 4.3; here with its past as reference instead of a given onset.
 */
export function createRobust(options: RobustOptions = {}): Scorer {
  const ranges = options.ranges ?? 3;
  return createPerNodeScorer({
    name: "robust",
    quantities: ["self", "gap", "lag"],
    sides: "above",
    centre: ranges,
    createReference: () =>
      createMedianReference({
        warmUpWindows: options.warmUpWindows ?? 6,
        memoryWindows: options.memoryWindows ?? 360,
        clampAt: ranges,
      }),
  });
}
