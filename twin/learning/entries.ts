import type { Observation } from "../../src/contracts/observation.ts";

/** Exogenous visits per second of the window, those included that were not sampled. */
export function entryRateOf(observation: Observation): number {
  const { isRoot, weight } = observation.visits;
  let roots = 0;
  for (let row = 0; row < isRoot.length; row++) {
    roots += isRoot[row]! * weight[row]!;
  }
  return roots / (observation.endSeconds - observation.startSeconds);
}

/** Exogenous visits seen in the window by operation. */
export function entriesOf(observation: Observation): Map<number, number> {
  const { visits } = observation;
  const entries = new Map<number, number>();
  for (let row = 0; row < visits.count; row++) {
    if (visits.isRoot[row] === 1) {
      const operation = visits.operation[row]!;
      entries.set(operation, (entries.get(operation) ?? 0) + 1);
    }
  }
  return entries;
}
