import { ValueRing } from "./value-ring.ts";

/** What is normal for one quantity of one node. Scored first, learned later: `deviation` never sees its own window. */
export interface Reference {
  /** Signed distance from normal in units of its spread; NaN during warm-up. */
  deviation(value: number): number;
  /** What is normal, in the value's own unit; NaN during warm-up. */
  level(): number;
  /** NaN is absent data and is not learned. */
  learn(value: number): void;
  /** What was learned, as plain values. */
  snapshot(): unknown;
  restore(state: never): void;
}

export interface ReferenceOptions {
  /** Values taken as normal without question, from the first span on. */
  readonly warmUpWindows: number;
  /** Values remembered; the oldest is forgotten. */
  readonly memoryWindows: number;
  /** After warm-up a value further out than this many spreads is learned as if it were this far out. */
  readonly clampAt: number;
}

/** A spread below 5 % of the level or 0.1 ms is taken as that: a few quiet windows must not make a hair an alarm. */
const RELATIVE_SPREAD_FLOOR = 0.05;
const SPREAD_FLOOR_SECONDS = 1e-4;

function flooredSpread(spreadSeconds: number, levelSeconds: number): number {
  return Math.max(spreadSeconds, RELATIVE_SPREAD_FLOOR * Math.abs(levelSeconds), SPREAD_FLOOR_SECONDS);
}

function clampedTo(value: number, level: number, reach: number): number {
  return Math.min(level + reach, Math.max(level - reach, value));
}

/** Level = mean, spread = standard deviation, of what is remembered. */
export function createMeanReference(options: ReferenceOptions): Reference {
  return createRingReference(
    options,
    (ring) => ring.mean(),
    (ring) => ring.standardDeviation(),
  );
}

/** Level = median, spread = interquartile range (not scaled to σ), as BARO's RobustScorer has it. */
export function createMedianReference(options: ReferenceOptions): Reference {
  return createRingReference(
    options,
    (ring) => ring.quantile(0.5),
    (ring) => ring.quantile(0.75) - ring.quantile(0.25),
  );
}

function createRingReference(
  options: ReferenceOptions,
  levelOf: (ring: ValueRing) => number,
  spreadOf: (ring: ValueRing) => number,
): Reference {
  const ring = new ValueRing(options.memoryWindows);
  const needed = Math.max(2, options.warmUpWindows);
  const spread = (level: number) => flooredSpread(spreadOf(ring), level);
  const levelOrNaN = () => (ring.count < needed ? Number.NaN : levelOf(ring));
  return {
    deviation(value) {
      const level = levelOrNaN();
      return Number.isNaN(level) ? Number.NaN : (value - level) / spread(level);
    },
    level: levelOrNaN,
    learn(value) {
      if (Number.isNaN(value)) return;
      if (ring.count < needed) return ring.push(value);
      const level = levelOf(ring);
      ring.push(clampedTo(value, level, options.clampAt * spread(level)));
    },
    snapshot: () => ring.snapshot(),
    restore: (state: ReturnType<ValueRing["snapshot"]>) => ring.restore(state),
  };
}

export interface EwmaOptions {
  readonly warmUpWindows: number;
  /** Weight of the newest value, in (0, 1). */
  readonly weight: number;
  readonly clampAt: number;
}

/**
 * Level and spread by exponentially weighted mean and variance; a plain mean until 1/weight values came.
 * Source of the recursion: Finch, "Incremental calculation of weighted mean and variance" (2009), section 9.
 */
export function createEwmaReference(options: EwmaOptions): Reference {
  const needed = Math.max(2, options.warmUpWindows);
  let count = 0;
  let mean = 0;
  let variance = 0;
  const spread = () => flooredSpread(Math.sqrt(variance), mean);
  return {
    deviation: (value) => (count < needed ? Number.NaN : (value - mean) / spread()),
    level: () => (count < needed ? Number.NaN : mean),
    learn(value) {
      if (Number.isNaN(value)) return;
      const learned = count < needed ? value : clampedTo(value, mean, options.clampAt * spread());
      count += 1;
      const weight = Math.max(options.weight, 1 / count);
      const step = learned - mean;
      mean += weight * step;
      variance = (1 - weight) * (variance + weight * step * step);
    },
    snapshot: () => ({ count, mean, variance }),
    restore(state: { readonly count: number; readonly mean: number; readonly variance: number }) {
      ({ count, mean, variance } = state);
    },
  };
}

/** A fresh reference that knows what another had learned. */
export function restored(fresh: Reference, state: unknown): Reference {
  fresh.restore(state as never);
  return fresh;
}
