import type { Observation } from "../../src/contracts/observation.ts";

/** By window: the part of it that was seen, so that one window is one object to those who remember by it. */
const parts = new WeakMap<Observation, Observation>();

/** The window as the twin takes it: as long as its visits were looked at, so that rates and times fit them. */
export function seenPart(observation: Observation): Observation {
  if (observation.seen === undefined) return observation;
  let part = parts.get(observation);
  if (part === undefined) {
    const { startSeconds, endSeconds } = observation.seen;
    part = { ...observation, startSeconds, endSeconds };
    parts.set(observation, part);
    parts.set(part, part);
  }
  return part;
}
