import type { Observation } from "../../src/contracts/observation.ts";
import type { RequestCounts } from "./request-counts.ts";

/** A rate that is known only as well as a sample tells. */
export interface EstimatedRate {
  readonly ratePerSecond: number;
  /** Of the rate, 1/s²; 0 when every request was counted. */
  readonly variance: number;
  /** True when it is a count of all requests; else it is of those spans that arrived. */
  readonly isCounted: boolean;
}

/** What came in a window, traces included that were not sampled. */
export interface TrafficEstimate {
  /** Visits by operation. */
  readonly visits: ReadonlyMap<number, EstimatedRate>;
  /** Exogenous visits by operation. */
  readonly entries: ReadonlyMap<number, EstimatedRate>;
  /** False when every visit stands for itself alone. */
  readonly isSampled: boolean;
}

/** Weights up to this pass for none: inversion bears the loss of so few visits. */
const WEIGHT_UNSAMPLED_MAX = 1 / 0.95;

interface Sums {
  weight: number;
  excess: number;
}

/**
 * Rates of a window whose visits stand for others: λ = Σ w / Δ with variance Σ w (w − 1) / Δ² (each visit was kept with
 * probability 1 / w), for operations of which a request count is exported that count instead.
 * Source: Horvitz and Thompson, "A generalization of sampling without replacement", JASA 47 (1952).
 */
export function estimateTraffic(observation: Observation, counts: RequestCounts): TrafficEstimate {
  const { visits, startSeconds, endSeconds, topology } = observation;
  const all = new Map<number, Sums>();
  const roots = new Map<number, Sums>();
  let isSampled = false;
  for (let row = 0; row < visits.count; row++) {
    const weight = visits.weight[row]!;
    isSampled ||= weight > WEIGHT_UNSAMPLED_MAX;
    add(all, visits.operation[row]!, weight);
    if (visits.isRoot[row] === 1) add(roots, visits.operation[row]!, weight);
  }
  const counted = isSampled ? counts.rates(topology, startSeconds, endSeconds) : new Map<number, number>();
  const seconds = endSeconds - startSeconds;
  const rateOf = (sums: Sums, operation: number): EstimatedRate => {
    const ratePerSecond = counted.get(operation);
    if (ratePerSecond === undefined) {
      return { ratePerSecond: sums.weight / seconds, variance: sums.excess / seconds ** 2, isCounted: false };
    }
    // The count knows nothing of who called: roots are taken to be the share of it that they are of the sample.
    return { ratePerSecond: (ratePerSecond * sums.weight) / all.get(operation)!.weight, variance: 0, isCounted: true };
  };
  return Object.freeze({
    visits: new Map([...all].map(([operation, sums]) => [operation, rateOf(sums, operation)])),
    entries: new Map([...roots].map(([operation, sums]) => [operation, rateOf(sums, operation)])),
    isSampled,
  });
}

/**
 * Sum of independent rates.
 *
 * @param completeness share of the spans that arrive: what is not counted is that much more
 */
export function totalRate(
  rates: Iterable<EstimatedRate>,
  completeness = 1,
): Pick<EstimatedRate, "ratePerSecond" | "variance"> {
  let ratePerSecond = 0;
  let variance = 0;
  for (const rate of rates) {
    const seen = rate.isCounted ? 1 : completeness;
    ratePerSecond += rate.ratePerSecond / seen;
    variance += rate.variance / seen ** 2;
  }
  return { ratePerSecond, variance };
}

function add(sums: Map<number, Sums>, operation: number, weight: number): void {
  const sum = sums.get(operation) ?? { weight: 0, excess: 0 };
  sums.set(operation, sum);
  sum.weight += weight;
  sum.excess += weight * (weight - 1);
}

/** Exogenous visits per second, by operation. */
export function entryRates(traffic: TrafficEstimate): Map<number, number> {
  return new Map([...traffic.entries].map(([operation, { ratePerSecond }]) => [operation, ratePerSecond]));
}
