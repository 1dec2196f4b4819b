import type { Scorer } from "../../src/contracts/score.ts";
import type { Quantity } from "./node-columns.ts";
import { createPerNodeScorer } from "./per-node-scorer.ts";
import { createMeanReference } from "./reference.ts";

export interface NSigmaOptions {
  readonly sigmas?: number;
  readonly warmUpWindows?: number;
  readonly memoryWindows?: number;
  readonly quantities?: readonly Quantity[];
}

/**
 * N-Sigma: a node is strange when the mean of its self time, gap or lag in a window lies outside mean ± kσ of its past.
 * Sojourn is left out unless asked for: it blames the callers of the guilty too. Cannot tell kinds, blind to load.
 */
export function createNSigma(options: NSigmaOptions = {}): Scorer {
  const sigmas = options.sigmas ?? 3;
  return createPerNodeScorer({
    name: "n-sigma",
    quantities: options.quantities ?? ["self", "gap", "lag"],
    sides: "both",
    centre: sigmas,
    createReference: () =>
      createMeanReference({
        warmUpWindows: options.warmUpWindows ?? 6,
        memoryWindows: options.memoryWindows ?? 360,
        clampAt: sigmas,
      }),
  });
}
