import type { Observation } from "../../src/contracts/observation.ts";
import { simulate } from "../kernel/simulate.ts";
import type { InFlightVisits, SimulatedVisits } from "../kernel/spec.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import { inFlightAtStart, type JobsByNode } from "./in-flight.ts";
import { arrivalsOf } from "./network-builder.ts";
import type { NetworkVariant } from "./network-variants.ts";
import { sampledArrivals } from "./sampled-arrivals.ts";

/** Largest number of visits one replicate may have open at a time before it is cut short. */
const OPEN_VISITS_MAX = 200_000;
/** A sampled window does not show who was under way when it began. */
const WARM_UP_SECONDS = 3;

/**
 * Runs a window's own arrivals through one network, from the visits under way when it began to its end. Where the window
 * is a sample, arrivals are made at its rates instead, and the run begins before it: visits that depart before 0 only fill
 * the queues.
 */
export function runReplicate(options: {
  variant: NetworkVariant;
  window: Observation;
  jobs: JobsByNode;
  traffic?: TrafficEstimate;
  seed: number;
  /** Of the same operations, programs and replicas as the variant; default: found anew. */
  initial?: InFlightVisits;
}): SimulatedVisits {
  const { window, seed, traffic } = options;
  const { compiled, network } = options.variant;
  const untilSeconds = window.endSeconds - window.startSeconds;
  const run = { seed, untilSeconds, maxOpenVisits: OPEN_VISITS_MAX };
  if (traffic?.isSampled === true) {
    const arrivals = sampledArrivals(window, traffic, network.operationIndex, {
      warmUpSeconds: WARM_UP_SECONDS,
      seed,
    });
    return simulate(compiled, arrivals, run);
  }
  const initial = options.initial ?? inFlightAtStart(window, network, options.jobs);
  return simulate(compiled, arrivalsOf(window, network.operationIndex), { ...run, initial, startSeconds: 0 });
}
