import { simulate } from "../kernel/simulate.ts";
import type { NetworkVariant } from "./network-variants.ts";

/** Requests from outside, in order of arrival. */
export interface RequestTimes {
  readonly arrivalSeconds: Float64Array;
  /** Topology operation at which each enters. */
  readonly operation: Uint32Array;
}

/**
 * Latency that requests at these times would have, by entry operation: one ascending column of seconds for each network.
 * Requests before `countFromSeconds` fill the queues and are not counted; operations the networks do not know are left out.
 */
export function forecastRequests(
  variants: readonly NetworkVariant[],
  requests: RequestTimes,
  countFromSeconds: number,
  seed: number,
): Map<number, Float64Array[]> {
  const { operationIndex, topologyOperation } = variants[0]!.network;
  const known = requests.operation.map((_, row) => row).filter((row) => operationIndex[requests.operation[row]!]! >= 0);
  const origin = requests.arrivalSeconds[0] ?? 0;
  const arrivals = {
    timeSeconds: Float64Array.from(known, (row) => requests.arrivalSeconds[row]! - origin),
    operation: Uint32Array.from(known, (row) => operationIndex[requests.operation[row]!]!),
  };
  const latencies = new Map<number, number[][]>();
  variants.forEach(({ compiled }, replicate) => {
    const visits = simulate(compiled, arrivals, { seed: seed + replicate });
    for (let i = 0; i < visits.count; i++) {
      if (visits.isRoot[i] === 0 || visits.arrivalSeconds[i]! + origin < countFromSeconds) continue;
      const operation = topologyOperation[visits.operation[i]!]!;
      const columns = latencies.get(operation) ?? variants.map((): number[] => []);
      latencies.set(operation, columns);
      columns[replicate]!.push(visits.sojournSeconds[i]!);
    }
  });
  return new Map([...latencies].map(([operation, columns]) => [operation, columns.map(ascending)]));
}

function ascending(values: readonly number[]): Float64Array {
  return Float64Array.from(values).sort();
}
