import type { Observation } from "../../src/contracts/observation.ts";

/**
 * What a monitoring system without a twin sees of a node in a window:
 * `self` (own part of its visits), `gap` (caller's minus callee's duration of calls into it, charged to the callee),
 * `lag` (waiting of messages), `sojourn` (whole visit, its callees included).
 */
export type Quantity = "self" | "gap" | "lag" | "sojourn";

/** Sums per node, so that windows can be pooled by adding. Index = node index. */
export interface NodeColumns {
  readonly visitCount: Float64Array;
  readonly gapCount: Float64Array;
  readonly sums: Readonly<Record<Quantity, Float64Array>>;
}

/** One pass over the window's visits and calls. Async calls have no gap: their caller does not wait. */
export function summarizeNodes(observation: Observation): NodeColumns {
  const { topology, visits, calls } = observation;
  const nodeCount = topology.nodes.length;
  const columns: NodeColumns = {
    visitCount: new Float64Array(nodeCount),
    gapCount: new Float64Array(nodeCount),
    sums: {
      self: new Float64Array(nodeCount),
      gap: new Float64Array(nodeCount),
      lag: new Float64Array(nodeCount),
      sojourn: new Float64Array(nodeCount),
    },
  };
  const { self, gap, lag, sojourn } = columns.sums;
  const nodeOfOperation = Uint32Array.from(topology.operations, (operation) => operation.node);
  for (let i = 0; i < visits.count; i++) {
    const node = nodeOfOperation[visits.operation[i]!]!;
    columns.visitCount[node]! += 1;
    self[node]! += visits.selfSeconds[i]!;
    lag[node]! += visits.lagSeconds[i]!;
    sojourn[node]! += visits.sojournSeconds[i]!;
  }
  for (let i = 0; i < calls.count; i++) {
    const edge = topology.edges[calls.edge[i]!]!;
    const gapSeconds = calls.gapSeconds[i]!;
    if (edge.isAsync || !Number.isFinite(gapSeconds)) continue;
    const node = nodeOfOperation[edge.calleeOperation]!;
    columns.gapCount[node]! += 1;
    gap[node]! += gapSeconds;
  }
  return columns;
}

/** Mean of a quantity, in seconds; NaN when fewer than `minimumCount` samples make it: absent, not zero. */
export function meanOf(columns: NodeColumns, quantity: Quantity, node: number, minimumCount: number): number {
  const count = (quantity === "gap" ? columns.gapCount : columns.visitCount)[node] ?? 0;
  return count < Math.max(1, minimumCount) ? Number.NaN : columns.sums[quantity][node]! / count;
}
