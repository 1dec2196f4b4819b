import type { Capacity } from "../../src/contracts/forecast.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { headroom } from "./headroom.ts";
import type { NetworkVariant } from "./network-variants.ts";
import { replicateBand } from "./replicate-band.ts";

/** Networks asked; each is a fixed point of its own. */
const VARIANTS_MAX = 9;
/** The latest window counts so much in the mix of the traffic. */
const MIX_WEIGHT = 0.1;
/** Mixes further apart than this (total variation distance) have limits of their own. */
const MIX_DISTANCE_MAX = 0.1;

/** Share of each entry operation in the traffic. */
type Mix = ReadonlyMap<number, number>;

interface Limit {
  readonly mix: Mix;
  readonly node: number;
  readonly saturationRatePerSecond: number;
  readonly saturationRangePerSecond: readonly [number, number];
}

/**
 * Which station is used up first if the traffic grows and its mix stays, and the rate at which that happens. Taken from
 * what was learned, not from what a window shows: a fault does not change what the system can bear. Servers held over calls
 * are held longer as what is called gets busy, and that counts.
 */
export class CapacityModel {
  #knowledge: Knowledge | null = null;
  #variants: readonly NetworkVariant[] = [];
  #mix: Mix = new Map();
  #limit: Limit | null = null;

  /** What is known now, and the networks it leaves open. */
  know(knowledge: Knowledge, variants: readonly NetworkVariant[]): void {
    if (knowledge === this.#knowledge && variants === this.#variants) return;
    this.#knowledge = knowledge;
    this.#variants = variants;
    this.#limit = null;
  }

  /**
   * Null when nobody came, or the station that most of the networks name is not identified: it could be another one.
   *
   * @param ratePerSecond of exogenous visits, by topology operation
   */
  at(ratePerSecond: ReadonlyMap<number, number>): Capacity | null {
    const entryRatePerSecond = [...ratePerSecond.values()].reduce((sum, rate) => sum + rate, 0);
    if (this.#knowledge === null || !(entryRatePerSecond > 0)) return null;
    this.#mix = moved(this.#mix, ratePerSecond, entryRatePerSecond);
    if (this.#limit === null || distance(this.#limit.mix, this.#mix) > MIX_DISTANCE_MAX) {
      this.#limit = limitOf(this.#variants.slice(0, VARIANTS_MAX), this.#mix);
    }
    const { node, saturationRatePerSecond, saturationRangePerSecond } = this.#limit;
    if (!(this.#knowledge.nodes.get(node)?.isIdentified ?? false)) return null;
    const utilization = entryRatePerSecond / saturationRatePerSecond;
    return { node, utilization, saturationRatePerSecond, saturationRangePerSecond };
  }

  /** What it knows of is another's: `know` is called with it before anything else when this is restored. */
  snapshot() {
    return { mix: this.#mix, limit: this.#limit };
  }

  restore({ mix, limit }: ReturnType<CapacityModel["snapshot"]>): void {
    this.#mix = mix;
    this.#limit = limit;
  }
}

function limitOf(variants: readonly NetworkVariant[], mix: Mix): Limit {
  const votes = new Map<number, number>();
  const saturations = variants.map(({ network }) => {
    const rates = new Float64Array(network.spec.operations.length);
    for (const [operation, share] of mix) {
      const index = network.operationIndex[operation] ?? -1;
      if (index >= 0) rates[index] = share;
    }
    const { factor, bottleneck } = headroom(network.spec, rates);
    if (bottleneck !== null) {
      const node = network.stationNode[bottleneck.station]!;
      votes.set(node, (votes.get(node) ?? 0) + 1);
    }
    // Networks that nothing limits have no say in where it is.
    return Number.isFinite(factor) ? factor : Number.NaN;
  });
  const [node] = [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0] ?? [-1];
  const [low, middle, high] = replicateBand(Float64Array.from(saturations));
  return { mix, node, saturationRatePerSecond: middle, saturationRangePerSecond: [low, high] };
}

function moved(mix: Mix, ratePerSecond: ReadonlyMap<number, number>, total: number): Mix {
  const weight = mix.size === 0 ? 1 : MIX_WEIGHT;
  const operations = new Set([...mix.keys(), ...ratePerSecond.keys()]);
  return new Map(
    [...operations].map((operation) => {
      const before = mix.get(operation) ?? 0;
      return [operation, before + weight * ((ratePerSecond.get(operation) ?? 0) / total - before)];
    }),
  );
}

function distance(a: Mix, b: Mix): number {
  const operations = new Set([...a.keys(), ...b.keys()]);
  return [...operations].reduce((sum, each) => sum + Math.abs((a.get(each) ?? 0) - (b.get(each) ?? 0)) / 2, 0);
}
