import type { NodeKnowledge } from "../learning/knowledge.ts";
import type { SimulatedWindow } from "./simulated-window.ts";

/** Visits the node should have had, given the window's exogenous visits and the learned ratios. */
export function expectedVisits(node: NodeKnowledge, entries: ReadonlyMap<number, number>): number {
  let expected = 0;
  for (const operation of node.operations.values()) {
    for (const [entry, ratio] of operation.visitsPerEntry) {
      expected += (entries.get(entry) ?? 0) * ratio;
    }
  }
  return expected;
}

/** An entry operation reaches a node when at least this share of its requests does. */
const REACH_RATIO_MIN = 0.02;

/** Predicted latency of the window's requests that reach a node, summed; 0 when no entry operation waits for it. */
export function reachedLatencySeconds(
  node: NodeKnowledge,
  entries: ReadonlyMap<number, number>,
  simulated: SimulatedWindow,
): number {
  let sum = 0;
  for (const [entry, count] of entries) {
    const isReached = [...node.operations.values()].some(
      (operation) => operation.operation === entry || (operation.visitsPerEntry.get(entry) ?? 0) >= REACH_RATIO_MIN,
    );
    const predicted = simulated.operations.get(entry)?.pooled.meanSeconds;
    sum += isReached && predicted !== undefined ? count * predicted : 0;
  }
  return sum;
}
