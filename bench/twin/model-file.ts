import { writeFileSync } from "node:fs";
import type { CompiledNetwork } from "../../twin/kernel/compiled-network.ts";
import type { Arrivals } from "../../twin/kernel/spec.ts";

/** Writes the network and its arrivals for `reference.cpp`: each column as its length (a double) and its values. */
export function writeModelFile(path: string, network: CompiledNetwork, arrivals: Arrivals): void {
  const integers = [
    Int32Array.from(network.serverCount),
    network.operationStation,
    network.programFirst,
    network.programChoice.guide,
    network.programRows,
    network.programBlockLength,
    network.programSampleFirst,
    network.groupFirst,
    network.callFirst,
    network.callEdge,
    network.edgeCallee,
    network.edgeGapFirst,
    network.edgeGapCount,
    Int32Array.from(arrivals.operation),
  ];
  const reals = [network.programChoice.cumulative, network.samples, network.gaps, arrivals.timeSeconds];
  const parts = [...integers, ...reals].flatMap((column) => [bytesOf(Float64Array.of(column.length)), bytesOf(column)]);
  writeFileSync(path, Buffer.concat(parts));
}

function bytesOf(column: Int32Array | Float64Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}
