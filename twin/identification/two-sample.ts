import type { LoadSplit } from "./load-instruments.ts";

/** Largest distance between two empirical distributions, times √(nm/(n+m)). Sorts its arguments; 0 when one is empty. */
export function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return 0;
  a.sort();
  b.sort();
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < a.length && j < b.length) {
    // Equal values, common with coarse clocks, count on both sides before the distance is read.
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! === value) i++;
    while (j < b.length && b[j]! === value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return distance * Math.sqrt((a.length * b.length) / (a.length + b.length));
}

/** Correlation of neighbours farther apart than this many visits is not seen. */
const BLOCK = 25;

/** A series in order of time, and the two samples taken from it. */
export interface SplitSeries {
  readonly values: Float64Array;
  readonly split: LoadSplit;
}

/**
 * How much larger the variance of the difference of the two samples' mean ranks is than independent values would make it,
 * ≥ 1: visits at high load come in bunches, and neighbours are alike when service times are autocorrelated.
 */
export function varianceInflation(series: readonly SplitSeries[]): number {
  const ranks = rankedTogether(series.map(({ values }) => values));
  const low = meanAt(
    ranks,
    series.map(({ split }) => split.low),
  );
  const high = meanAt(
    ranks,
    series.map(({ split }) => split.high),
  );
  let independent = 0;
  let blocked = 0;
  series.forEach(({ split }, k) => {
    const influence = new Float64Array(ranks[k]!.length);
    for (const row of split.low) influence[row] = -(ranks[k]![row]! - low.mean) / low.count;
    for (const row of split.high) influence[row] = (ranks[k]![row]! - high.mean) / high.count;
    for (let from = 0; from < influence.length; from += BLOCK) {
      const block = influence.subarray(from, from + BLOCK);
      const sum = block.reduce((total, each) => total + each, 0);
      blocked += sum * sum;
      independent += block.reduce((total, each) => total + each * each, 0);
    }
  });
  return independent > 0 ? Math.max(1, blocked / independent) : 1;
}

/** Rank of each value among the values of all series, from 0 to 1. */
function rankedTogether(series: readonly Float64Array[]): Float64Array[] {
  const values = joined(series);
  const order = Uint32Array.from(values, (_, row) => row).sort((a, b) => values[a]! - values[b]!);
  const all = new Float64Array(values.length);
  order.forEach((row, rank) => {
    all[row] = rank / values.length;
  });
  let from = 0;
  return series.map(({ length }) => {
    from += length;
    return all.subarray(from - length, from);
  });
}

function meanAt(ranks: readonly Float64Array[], rows: readonly Uint32Array[]): { mean: number; count: number } {
  let sum = 0;
  let count = 0;
  rows.forEach((each, k) => {
    for (const row of each) sum += ranks[k]![row]!;
    count += each.length;
  });
  return { mean: count === 0 ? 0 : sum / count, count: Math.max(1, count) };
}

/** The arrays one after the other. */
export function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
