import type { NetworkSpec } from "../kernel/spec.ts";
import { editOperations } from "../what-if/work-edits.ts";
import type { Scene } from "./scene.ts";
import { type Shifts, shiftRows } from "./shifts.ts";

// What faults do to a network, and where.

/** Operations of the network at a node. */
export function operationsAt({ variants, window }: Scene, node: number): number[] {
  const { topologyOperation } = variants[0]!.network;
  return [...topologyOperation.keys()].filter(
    (each) => window.topology.operations[topologyOperation[each]!]!.node === node,
  );
}

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

/** Own work of these operations, delayed by the shifts at its beginning. */
export function shiftWork(spec: NetworkSpec, operations: readonly number[], shifts: Shifts): NetworkSpec {
  return editOperations(spec, operations, (operation) => ({
    ...operation,
    programs: operation.programs.map((program) => ({
      ...program,
      segmentSamples: shiftRows(program.segmentSamples, program.groups.length + 1, shifts),
    })),
  }));
}

/** Own work of a share of the visits, by chance, takes `factor` times as long. */
export function scaleShare(
  spec: NetworkSpec,
  operations: readonly number[],
  factor: number,
  share: number,
): NetworkSpec {
  return editOperations(spec, operations, (operation) => ({
    ...operation,
    // Visits under way name their programs by number: the slow ones stand behind.
    programs: [
      ...operation.programs.map((program) => ({ ...program, probability: program.probability * (1 - share) })),
      ...operation.programs.map((program) => ({
        ...program,
        probability: program.probability * share,
        segmentSamples: program.segmentSamples.map((each) => each * factor),
      })),
    ],
  }));
}
