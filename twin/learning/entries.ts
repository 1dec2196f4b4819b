import type { Observation } from "../../src/contracts/observation.ts";

/** Exogenous visits per second of the window. */
export function entryRateOf(observation: Observation): number {
  let roots = 0;
  for (const isRoot of observation.visits.isRoot) {
    roots += isRoot;
  }
  return roots / (observation.endSeconds - observation.startSeconds);
}

/** Exogenous visits of the window by operation. */
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
