import type { Change } from "../../src/contracts/what-if.ts";
import type { EdgeSpec, NetworkSpec } from "../kernel/spec.ts";
import { callerOfEdges } from "./named-network.ts";

/** Changes to the way between a caller and a callee. */
export type EdgeChange = Extract<
  Change,
  { readonly verb: "timeout" | "retry" | "edgeDelay" | "placement" | "edgeLoss" | "pool" }
>;

export function editEdges(spec: NetworkSpec, edges: readonly number[], change: EdgeChange): NetworkSpec {
  if (change.verb === "pool") {
    return setPool(spec, edges, change.connectionCount);
  }
  const edited = new Set(edges);
  return { ...spec, edges: spec.edges.map((edge, index) => (edited.has(index) ? editedEdge(edge, change) : edge)) };
}

function editedEdge(edge: EdgeSpec, change: Exclude<EdgeChange, { readonly verb: "pool" }>): EdgeSpec {
  switch (change.verb) {
    case "timeout":
      return { ...edge, timeoutSeconds: change.seconds };
    case "retry": {
      const { attemptsMax, backoffSeconds, backoffFactor } = change;
      return { ...edge, retry: { attemptsMax, backoffSeconds, backoffFactor } };
    }
    case "edgeDelay":
    case "placement":
      return { ...edge, gapSamples: edge.gapSamples.map((gap) => Math.max(0, gap + change.addedSeconds)) };
    case "edgeLoss":
      return { ...edge, lossProbability: change.probability, retransmitSeconds: change.retransmitSeconds };
  }
}

/** One pool for all these edges: that which one of them has, or a new one. Edges of other callers get pools of their own. */
function setPool(spec: NetworkSpec, edges: readonly number[], connectionCount: number): NetworkSpec {
  const callers = callerOfEdges(spec);
  const pools = [...(spec.pools ?? [])];
  const edited = [...spec.edges];
  const poolOfStation = new Map<number, number>();
  for (const index of edges) {
    const station = spec.operations[callers[index]!]!.station;
    const pool = edited[index]!.pool ?? poolOfStation.get(station) ?? pools.length;
    pools[pool] = { station, connectionCount };
    poolOfStation.set(station, pool);
    edited[index] = { ...edited[index]!, pool };
  }
  return { ...spec, edges: edited, pools };
}
