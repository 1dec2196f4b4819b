import type { ResidualAccumulator } from "../learning/residual.ts";

/** Inverted service times of a node under one of its plausible structures. */
export interface StructureWindow {
  readonly all: ResidualAccumulator;
  readonly byInstance: ReadonlyMap<number, ResidualAccumulator>;
  /** Seconds, not negative. */
  readonly samples: readonly number[];
  /** Time the servers were held. */
  readonly busySeconds: number;
  /** Variance of the mean PIT beyond that of independent samples: what simulated replicates of the window show; 0 if inverted. */
  readonly shiftVariance: number;
}
