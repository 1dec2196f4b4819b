import type { MapEdge } from "../contracts/api.ts";
import type { Observation } from "../contracts/observation.ts";
import type { WindowResult } from "./line.ts";
import { seenSeconds } from "./seen-seconds.ts";

/** Who calls whom, as the last window has it. */
export function mapEdges(result: WindowResult): MapEdge[] {
  const { observation } = result.scored.forecast;
  const { topology, calls, visits } = observation;
  const windowSeconds = seenSeconds(observation);
  const edges = new Map<string, { from: string; to: string; isAsync: boolean; count: number; seconds: number }>();
  const nodeName = (operation: number): string => topology.nodes[topology.operations[operation]!.node]!.name;
  for (const edge of topology.edges) {
    const from = nodeName(edge.callerOperation);
    const to = nodeName(edge.calleeOperation);
    const key = `${from}\n${to}`;
    if (from !== to) {
      // Drawn as asynchronous only if nobody ever waits on it.
      const isAsync = edge.isAsync && (edges.get(key)?.isAsync ?? true);
      edges.set(key, { from, to, isAsync, count: 0, seconds: 0 });
    }
  }
  for (let row = 0; row < calls.count; row++) {
    const edge = topology.edges[calls.edge[row]!]!;
    const found = edges.get(`${nodeName(edge.callerOperation)}\n${nodeName(edge.calleeOperation)}`);
    if (found !== undefined) {
      found.count++;
      found.seconds += calls.durationSeconds[row]!;
    }
  }
  countConsumed(edges, topology, visits, nodeName);
  return [...edges.values()].map(({ from, to, isAsync, count, seconds }) => ({
    from,
    to,
    isAsync,
    ratePerSecond: count / windowSeconds,
    meanSeconds: count === 0 ? null : seconds / count,
  }));
}

/** Messages have no call span at the receiving end: its visits are counted on the edge they came by. */
function countConsumed(
  edges: Map<string, { count: number; seconds: number }>,
  topology: Observation["topology"],
  visits: Observation["visits"],
  nodeName: (operation: number) => string,
): void {
  const edgeInto = new Map<number, string>();
  for (const edge of topology.edges) {
    if (edge.isAsync) {
      edgeInto.set(edge.calleeOperation, `${nodeName(edge.callerOperation)}\n${nodeName(edge.calleeOperation)}`);
    }
  }
  for (let row = 0; row < visits.count; row++) {
    const found = visits.lagSeconds[row]! > 0 ? edges.get(edgeInto.get(visits.operation[row]!) ?? "") : undefined;
    if (found !== undefined) {
      found.count++;
      found.seconds += visits.lagSeconds[row]!;
    }
  }
}
