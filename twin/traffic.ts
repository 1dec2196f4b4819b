import type { Observation } from "../src/contracts/observation.ts";
import type { NodeKnowledge } from "./knowledge.ts";

/** Exogenous visits per second of the window. */
export function entryRateOf(observation: Observation): number {
  let roots = 0;
  for (const isRoot of observation.visits.isRoot) {
    roots += isRoot;
  }
  return roots / (observation.endSeconds - observation.startSeconds);
}

/** Visits the node should have had, given the window's exogenous visits and the learned ratios. */
export function expectedVisits(node: NodeKnowledge, observation: Observation): number {
  const { visits } = observation;
  const entries = new Map<number, number>();
  for (let row = 0; row < visits.count; row++) {
    if (visits.isRoot[row] === 1) {
      const operation = visits.operation[row]!;
      entries.set(operation, (entries.get(operation) ?? 0) + 1);
    }
  }
  let expected = 0;
  for (const operation of node.operations.values()) {
    for (const [entry, ratio] of operation.visitsPerEntry) {
      expected += (entries.get(entry) ?? 0) * ratio;
    }
  }
  return expected;
}
