import type { FaultKind } from "./score.ts";

/** How large a fault would have to be. What the number means follows from the kind. */
export interface FaultSize {
  readonly value: number;
  /**
   * factor: own work takes so many times as long; seconds: added to each call; share: of calls or visits that are hit;
   * servers: are left at each replica.
   */
  readonly unit: "factor" | "seconds" | "share" | "servers";
  /** What one hit costs on average; only with unit "share", NaN where nothing is added. */
  readonly addedSeconds: number;
}

/** One explanation of a window: this fault, of this size, at this node; the window was simulated with it. */
export interface Hypothesis {
  readonly node: number;
  readonly kind: FaultKind;
  readonly size: FaultSize;
  /** The replica that is meant, for one bad replica; −1 otherwise. Instance index of the topology. */
  readonly instance: number;
  /** log(likelihood of the window if so / likelihood if nothing were wrong). Nats. */
  readonly gain: number;
  /** Numbers that were fitted to the window for that. */
  readonly fitted: number;
  /** Visits of the node, or calls to it if those are more. */
  readonly sampleCount: number;
}
