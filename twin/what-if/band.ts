import type { Band, Compared } from "../../src/contracts/what-if.ts";
import { quantileOfSorted } from "../learning/reference.ts";

/** 5 %, 50 % and 95 % of the values that are numbers; null when most are none. */
export function bandOf(values: readonly number[]): Band | null {
  const sorted = Float64Array.from(values.filter((value) => !Number.isNaN(value))).sort();
  if (sorted.length === 0 || sorted.length * 2 < values.length) {
    return null;
  }
  return [coveringEnd(sorted, 0.05), quantileOfSorted(sorted, 0.5), coveringEnd(sorted, 0.95)];
}

/** Before and after, and their difference pair by pair: both sides of a pair saw the same dice. */
export function compare(before: readonly number[], after: readonly number[]): Compared {
  return {
    before: bandOf(before),
    after: bandOf(after),
    difference: bandOf(before.map((value, k) => after[k]! - value)),
  };
}

/** The p-quantile at position p (n + 1), so that a further value lies below it with chance p. */
function coveringEnd(sorted: Float64Array, p: number): number {
  const last = sorted.length - 1;
  const position = p * (sorted.length + 1) - 1;
  return quantileOfSorted(sorted, last === 0 ? 0 : Math.min(1, Math.max(0, position / last)));
}
