import type { Topology } from "../../src/contracts/observation.ts";

/** Nodes that wait, directly or through others, for one of the given ones; without those themselves unless they do. */
export function callersOf(nodes: ReadonlySet<number>, topology: Topology): Set<number> {
  const callers = new Set<number>();
  const open = [...nodes];
  if (open.length === 0) {
    return callers;
  }
  const directly = new Map<number, Set<number>>();
  for (const { callerOperation, calleeOperation, isAsync } of topology.edges) {
    const callee = topology.operations[calleeOperation]!.node;
    const waiting = directly.get(callee) ?? new Set<number>();
    directly.set(callee, waiting);
    if (!isAsync) {
      waiting.add(topology.operations[callerOperation]!.node);
    }
  }
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const caller of directly.get(node) ?? []) {
      if (!callers.has(caller)) {
        callers.add(caller);
        open.push(caller);
      }
    }
  }
  return callers;
}

/** Edges into a node and out of it. */
export function edgesOf(node: number, { edges, operations }: Topology): number[] {
  return edges
    .filter(({ callerOperation, calleeOperation }) =>
      [callerOperation, calleeOperation].some((operation) => operations[operation]!.node === node),
    )
    .map(({ index }) => index);
}
