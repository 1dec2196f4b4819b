import type { DurationDistribution } from "../../src/contracts/what-if.ts";
import { normalQuantile } from "../identification/normal-quantile.ts";

/** Rows of a table: enough for a p99 that rests on twenty of them. */
const ROWS = 2048;
/** Halvings of a search for a quantile: to a millionth of a millionth of where it began. */
const HALVINGS = 40;

/** The distribution as equally likely values in seconds: its quantiles at the middle of each row, scaled to its mean. */
export function durationTable(distribution: DurationDistribution): Float64Array {
  switch (distribution.family) {
    case "constant":
      return Float64Array.of(distribution.meanSeconds);
    case "uniform": {
      const { fromSeconds, toSeconds } = distribution;
      return quantiles((p) => fromSeconds + p * (toSeconds - fromSeconds), (fromSeconds + toSeconds) / 2);
    }
    case "exponential":
      return quantiles((p) => -Math.log(1 - p), distribution.meanSeconds);
    case "lognormal": {
      const deviation = Math.sqrt(Math.log(1 + distribution.variation ** 2));
      return quantiles((p) => Math.exp(deviation * normalQuantile(p)), distribution.meanSeconds);
    }
    case "gamma": {
      const shape = 1 / distribution.variation ** 2;
      return quantiles((p) => gammaQuantile(shape, p), distribution.meanSeconds);
    }
  }
}

function quantiles(quantile: (p: number) => number, meanSeconds: number): Float64Array {
  const rows = Float64Array.from({ length: ROWS }, (_, row) => quantile((row + 0.5) / ROWS));
  const mean = rows.reduce((sum, each) => sum + each, 0) / ROWS;
  return mean > 0 ? rows.map((each) => (each * meanSeconds) / mean) : rows;
}

/** Quantile of the gamma distribution with this shape and scale 1, by halving. */
function gammaQuantile(shape: number, p: number): number {
  let low = 0;
  let high = shape + 1;
  while (gammaShareBelow(shape, high) < p) {
    high *= 2;
  }
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (low + high) / 2;
    if (gammaShareBelow(shape, middle) < p) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return (low + high) / 2;
}

/** Regularised lower incomplete gamma function P(a, x), by its series: x^a e^−x / Γ(a + 1) · Σ x^n / ((a + 1)…(a + n)). */
function gammaShareBelow(shape: number, x: number): number {
  if (x <= 0) {
    return 0;
  }
  let term = 1;
  let sum = 1;
  for (let n = 1; n < 10_000 && term > 1e-16 * sum; n++) {
    term *= x / (shape + n);
    sum += term;
  }
  return Math.min(1, Math.exp(shape * Math.log(x) - x - logGamma(shape + 1)) * sum);
}

/** ln Γ(x) for x ≥ 1 by Stirling's series, begun at 10 or above where four terms give twelve digits. */
function logGamma(x: number): number {
  let shifted = x;
  let product = 1;
  while (shifted < 10) {
    product *= shifted;
    shifted++;
  }
  const inverse = 1 / (shifted * shifted);
  const series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse / 1680))) / shifted;
  return (shifted - 0.5) * Math.log(shifted) - shifted + 0.5 * Math.log(2 * Math.PI) + series - Math.log(product);
}
