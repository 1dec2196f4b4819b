import type { InFlightVisits } from "./spec.ts";

export interface SimulationOptions {
  readonly seed: number;
  /** Visits under way when the run begins. Their `root` is the number of arrivals + the row of the topmost caller in here. */
  readonly initial?: InFlightVisits;
  /** When the run begins, for `initial`. Default: the time of the first arrival. */
  readonly startSeconds?: number;
  /** Nothing that happens later is simulated; visits open then are not reported. Default: until all have departed. */
  readonly untilSeconds?: number;
  /** Which visits are reported: "roots" is enough for end-to-end times, and saves memory. Default "all". */
  readonly recordedVisits?: "all" | "roots";
  /** Visits under way at once, queued ones included. Default 131 072. */
  readonly maxOpenVisits?: number;
  /** Default 50 million. */
  readonly maxEvents?: number;
}
