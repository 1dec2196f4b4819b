import { quantileOfSorted } from "../learning/reference.ts";

/** Where samples of a distribution are told apart: finely where most of them are, and far beyond. */
const BIN_QUANTILES = [0.05, 0.2, 0.4, 0.6, 0.8, 0.9, 0.97];
/** Beyond the highest quantile each edge lies so many times as far from the median as the one before. */
const FAR_RATIO = 1.6;
const FAR_BINS = 9;
/** Samples each bin is believed to hold before any is seen. */
const PRIOR_COUNT = 0.5;
/** Distributions narrower than this, relative to their median, are told apart as if they were so wide. */
const WIDTH_MIN = 0.05;

/** Upper edges of all bins but the last, ascending. @param sorted ascending, at least one */
export function binEdges(sorted: Float64Array): Float64Array {
  const edges = BIN_QUANTILES.map((p) => quantileOfSorted(sorted, p));
  const middle = quantileOfSorted(sorted, 0.5);
  const top = edges[edges.length - 1]!;
  let distance = Math.max(top - middle, WIDTH_MIN * middle, 1e-6);
  for (let k = 0; k < FAR_BINS; k++) {
    distance *= FAR_RATIO;
    edges.push(middle + distance);
  }
  return Float64Array.from(edges);
}

export function binOf(edges: Float64Array, x: number): number {
  let bin = 0;
  while (bin < edges.length && x > edges[bin]!) bin++;
  return bin;
}

export function countInBins(edges: Float64Array, samples: Iterable<number>): Float64Array {
  const counts = new Float64Array(edges.length + 1);
  for (const sample of samples) {
    const bin = binOf(edges, sample);
    counts[bin] = counts[bin]! + 1;
  }
  return counts;
}

/** Shares of the bins, none of them 0. */
export function sharesOf(counts: Float64Array): Float64Array {
  const total = counts.reduce((sum, each) => sum + each, 0) + PRIOR_COUNT * counts.length;
  return counts.map((each) => (each + PRIOR_COUNT) / total);
}

/** Σ observed · log share, of a multinomial without its constant. Nats. */
export function logLikelihood(observed: Float64Array, shares: Float64Array): number {
  let sum = 0;
  for (let bin = 0; bin < observed.length; bin++) {
    if (observed[bin]! > 0) sum += observed[bin]! * Math.log(shares[bin]!);
  }
  return sum;
}

/**
 * How many independent samples n samples are worth when the expectation itself is off by `discrepancy` (standard deviation
 * of the mean PIT): beyond 1 / (12 · discrepancy²) more samples say nothing more.
 */
export function effectiveShare(n: number, discrepancy: number): number {
  return 1 / (1 + 12 * discrepancy * discrepancy * n);
}
