import { quantileOfSorted, type Reference } from "../learning/reference.ts";

/** Low end, middle and high end of what is expected: nine times in ten a further draw lies between the ends. */
export type Band = readonly [number, number, number];

/** 5 %, 50 % and 95 % of the values of some replicates; those that are NaN are left out. */
export function replicateBand(values: Float64Array): Band {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort();
  return [coveringEnd(sorted, 0.05), quantileOfSorted(sorted, 0.5), coveringEnd(sorted, 0.95)];
}

/**
 * The p-quantile at position p(n + 1), so that a further draw lies below it with probability p: interpolating between the
 * extremes instead would cover too little with few replicates.
 */
function coveringEnd(sorted: Float64Array, p: number): number {
  const n = sorted.length;
  const position = p * (n + 1) - 1;
  return quantileOfSorted(sorted, n < 2 ? 0 : Math.max(0, Math.min(1, position / (n - 1))));
}

/** 95 % point of the normal distribution. */
const NORMAL_95 = 1.645;

/**
 * What the p-quantile of `count` more samples will be, when the reference is a sample itself: order statistics by the
 * normal approximation.
 */
export function sampleBand(reference: Reference, p: number, count: number): Band {
  const error = NORMAL_95 * Math.sqrt(p * (1 - p) * (1 / count + 1 / reference.count));
  return [
    reference.quantile(Math.max(0, p - error)),
    reference.quantile(p),
    reference.quantile(Math.min(1, p + error)),
  ];
}
