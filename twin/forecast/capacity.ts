import type { Capacity } from "../../src/contracts/forecast.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { resourceLoads } from "./headroom.ts";
import type { NetworkVariant } from "./network-variants.ts";

/** By node: the largest utilisation of what it has that one exogenous visit a second causes. */
type UnitLoads = ReadonlyMap<number, number>;

/**
 * Which identified station is used up first if the traffic grows and its mix stays, and the rate at which that happens.
 * Taken from what was learned, not from what a window shows: a fault does not change what the system can bear.
 */
export class CapacityModel {
  readonly #knowledge: Knowledge;
  readonly #variants: readonly NetworkVariant[];
  /** By entry operation, one row a variant: utilisation is proportional to the rates, so they are worked out once. */
  readonly #unitLoads = new Map<number, readonly UnitLoads[]>();

  constructor(knowledge: Knowledge, variants: readonly NetworkVariant[]) {
    this.#knowledge = knowledge;
    this.#variants = variants;
  }

  /**
   * Null when no station is identified, or nobody came.
   *
   * @param ratePerSecond of exogenous visits, by topology operation
   */
  at(ratePerSecond: ReadonlyMap<number, number>): Capacity | null {
    const entryRatePerSecond = [...ratePerSecond.values()].reduce((sum, rate) => sum + rate, 0);
    const utilizations = new Map<number, Float64Array>();
    for (const [operation, rate] of ratePerSecond) {
      this.#unitLoadsOf(operation).forEach((loads, variant) => {
        for (const [node, load] of loads) {
          const column = utilizations.get(node) ?? new Float64Array(this.#variants.length);
          utilizations.set(node, column);
          column[variant] = column[variant]! + rate * load;
        }
      });
    }
    let first: Capacity | null = null;
    for (const [node, column] of utilizations) {
      const sorted = column.map((utilization) => entryRatePerSecond / utilization).sort();
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
    return first !== null && Number.isFinite(first.saturationRatePerSecond) ? first : null;
  }

  #unitLoadsOf(operation: number): readonly UnitLoads[] {
    let loads = this.#unitLoads.get(operation);
    if (loads === undefined) {
      loads = this.#variants.map((variant) => unitLoads(this.#knowledge, variant, operation));
      this.#unitLoads.set(operation, loads);
    }
    return loads;
  }
}

function unitLoads(knowledge: Knowledge, { network }: NetworkVariant, operation: number): UnitLoads {
  const loads = new Map<number, number>();
  const entry = network.operationIndex[operation] ?? -1;
  if (entry < 0) return loads;
  const rates = new Float64Array(network.spec.operations.length);
  rates[entry] = 1;
  for (const { resource, utilization } of resourceLoads(network.spec, rates)) {
    const node = network.stationNode[resource.station]!;
    if (knowledge.nodes.get(node)!.isIdentified) loads.set(node, Math.max(loads.get(node) ?? 0, utilization));
  }
  return loads;
}
