import type { NetworkSpec } from "../kernel/spec.ts";
import type { Scene } from "./scene.ts";
import { type Shifts, shiftRows } from "./shifts.ts";

/** Edges with a callee, or a caller, at a node; those within one node are neither. */
export function edgesBetween(
  { window: { topology } }: Scene,
  end: { readonly callee: number } | { readonly caller: number },
): number[] {
  return topology.edges
    .filter((edge) => {
      const caller = topology.operations[edge.callerOperation]!.node;
      const callee = topology.operations[edge.calleeOperation]!.node;
      return caller !== callee && ("callee" in end ? callee === end.callee : caller === end.caller);
    })
    .map((edge) => edge.index);
}

/** The network with longer gaps; edges of a network are those of its topology. */
export function shiftGaps(spec: NetworkSpec, shifts: ReadonlyMap<number, Shifts>): NetworkSpec {
  const edges = spec.edges.map((edge, index) => {
    const its = shifts.get(index);
    return its === undefined ? edge : { ...edge, gapSamples: shiftRows(edge.gapSamples, 1, its) };
  });
  return { ...spec, edges };
}
