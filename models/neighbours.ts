import type { Forecast } from "../src/contracts/forecast.ts";

/** Who calls whom among the rows of a window, synchronously or not: pairs of caller's and callee's row. */
export type CallPairs = readonly (readonly [caller: number, callee: number])[];

/** Pairs of rows of `forecast.nodes`, each once; a node that calls itself is left out. */
export function callPairsOf(forecast: Forecast): CallPairs {
  const { edges, operations } = forecast.observation.topology;
  const rowOfNode = new Map(forecast.nodes.map((node, row) => [node.node, row]));
  const pairs = new Map<number, readonly [number, number]>();
  for (const edge of edges) {
    const caller = rowOfNode.get(operations[edge.callerOperation]!.node);
    const callee = rowOfNode.get(operations[edge.calleeOperation]!.node);
    if (caller === undefined || callee === undefined || caller === callee) continue;
    pairs.set(caller * forecast.nodes.length + callee, [caller, callee]);
  }
  return [...pairs.values()];
}

/**
 * Writes the two matrices of message passing into `callees` and `callers`, each [size, size] row-major from `at`: row i
 * of the first averages over whom i calls, of the second over who calls i; a row without any is 0.
 */
export function writeAverages(
  pairs: CallPairs,
  size: number,
  into: { readonly callees: Float32Array; readonly callers: Float32Array; readonly at: number },
): void {
  const calleeCounts = new Int32Array(size);
  const callerCounts = new Int32Array(size);
  for (const [caller, callee] of pairs) {
    calleeCounts[caller]!++;
    callerCounts[callee]!++;
  }
  for (const [caller, callee] of pairs) {
    into.callees[into.at + caller * size + callee] = 1 / calleeCounts[caller]!;
    into.callers[into.at + callee * size + caller] = 1 / callerCounts[callee]!;
  }
}
