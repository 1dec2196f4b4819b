import type { Capacity } from "../../src/contracts/forecast.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { resourceLoads } from "./headroom.ts";
import type { NetworkVariant } from "./network-variants.ts";

/**
 * The identified station that is used up first if the traffic grows and its mix stays, and the rate at which that happens.
 * Taken from what was learned, not from what the window shows: a fault does not change what the system can bear. Null when
 * no station is identified, or nobody came.
 *
 * @param ratePerSecond of exogenous visits, by topology operation
 */
export function capacityOf(
  knowledge: Knowledge,
  variants: readonly NetworkVariant[],
  ratePerSecond: ReadonlyMap<number, number>,
): Capacity | null {
  const entryRatePerSecond = [...ratePerSecond.values()].reduce((sum, rate) => sum + rate, 0);
  const saturationsOf = new Map<number, number[]>();
  for (const { network } of variants) {
    const rates = new Float64Array(network.spec.operations.length);
    for (const [operation, rate] of ratePerSecond) {
      const index = network.operationIndex[operation] ?? -1;
      if (index >= 0) rates[index] = rate;
    }
    for (const { resource, utilization } of resourceLoads(network.spec, rates)) {
      const node = network.stationNode[resource.station]!;
      const isLimit = utilization > 0 && knowledge.nodes.get(node)!.isIdentified;
      if (isLimit) saturationsOf.set(node, [...(saturationsOf.get(node) ?? []), entryRatePerSecond / utilization]);
    }
  }
  let first: Capacity | null = null;
  for (const [node, saturations] of saturationsOf) {
    const sorted = Float64Array.from(saturations).sort();
    const saturationRatePerSecond = quantileOfSorted(sorted, 0.5);
    if (first === null || saturationRatePerSecond < first.saturationRatePerSecond) {
      first = {
        node,
        utilization: entryRatePerSecond / saturationRatePerSecond,
        saturationRatePerSecond,
        saturationRangePerSecond: [quantileOfSorted(sorted, 0.05), quantileOfSorted(sorted, 0.95)],
      };
    }
  }
  return first;
}
