import type { Observation } from "../contracts/observation.ts";

/** Time in which the visits completed that stand in the window. */
export function seenSeconds(observation: Observation): number {
  const { startSeconds, endSeconds } = observation.seen ?? observation;
  return endSeconds - startSeconds;
}
