/** A value with its 95 % interval; null when there is nothing to estimate it from. */
export interface Estimate {
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export const NO_ESTIMATE: Estimate = { value: null, low: null, high: null };

/** 97.5th percentile of the standard normal. */
const Z_95 = 1.959963984540054;
const BOOTSTRAP_RESAMPLES = 2000;

/**
 * A proportion with Wilson's score interval. `successes` may be fractional (ties counted by chance).
 * Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).
 */
export function proportion(successes: number, trials: number): Estimate {
  if (trials === 0) return NO_ESTIMATE;
  const share = successes / trials;
  const square = Z_95 * Z_95;
  const centre = (share + square / (2 * trials)) / (1 + square / trials);
  const reach =
    (Z_95 / (1 + square / trials)) * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials * trials));
  // Rounding must not push the bounds past 0, 1 or the share itself.
  return {
    value: share,
    low: Math.min(share, Math.max(0, centre - reach)),
    high: Math.max(share, Math.min(1, centre + reach)),
  };
}

/**
 * Events per unit of exposure with Byar's interval for a Poisson count; none seen in 1 h still allows 3.7 per hour.
 * Source: Breslow and Day, Statistical Methods in Cancer Research, vol. II (1987), section 2.3.
 */
export function poissonRate(count: number, exposure: number): Estimate {
  if (!(exposure > 0)) return NO_ESTIMATE;
  const bound = (n: number, z: number) => (n === 0 ? 0 : n * (1 - 1 / (9 * n) + z / (3 * Math.sqrt(n))) ** 3);
  return {
    value: count / exposure,
    low: Math.max(0, bound(count, -Z_95)) / exposure,
    high: bound(count + 1, Z_95) / exposure,
  };
}

/** Quantile by linear interpolation (type 7 of Hyndman and Fan); NaN when empty. `Infinity` is a value like others. */
export function quantileOf(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const position = share * (sorted.length - 1);
  const low = sorted[Math.floor(position)]!;
  const high = sorted[Math.ceil(position)]!;
  return low === high ? low : low + (high - low) * (position - Math.floor(position));
}

export function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A statistic with its percentile bootstrap interval. The same seed gives the same interval. */
export function bootstrap(
  values: readonly number[],
  statistic: (values: readonly number[]) => number,
  seed: number,
): Estimate {
  if (values.length === 0) return NO_ESTIMATE;
  const next = seededStream(seed);
  const statistics = Array.from({ length: BOOTSTRAP_RESAMPLES }, () =>
    statistic(values.map(() => values[Math.floor(next() * values.length)]!)),
  );
  return { value: statistic(values), low: quantileOf(statistics, 0.025), high: quantileOf(statistics, 0.975) };
}

/** Splitmix with 32 bits of state, in [0, 1). Source: Steele, Lea, Flood, OOPSLA 2014. */
function seededStream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}
