const LEVELS = [0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99];
/** A quantile with fewer samples on either side of it is not used. */
const SAMPLES_BESIDE_MIN = 3;
/** What a model may be off at any quantile, in units of its logarithm, however many samples there are. */
const LOG_FLOOR = 0.02;
/** Share of the covariance between quantiles that is believed: so few replicates do not know it better. */
const COVARIANCE_TRUST = 0.8;
/** Times and their logarithms: what took less is as good as nothing. */
const SECONDS_MIN = 1e-7;

/** Quantiles that were seen, as logarithms, and how well they are known. */
export interface QuantileTargets {
  readonly levels: readonly number[];
  readonly logSeconds: readonly number[];
  /** Inverse of their covariance, row-major. */
  readonly precision: Float64Array;
  /** Logarithm of the determinant of their covariance. */
  readonly logDeterminant: number;
}

/** The quantiles of some samples, with the spread that so few samples leave to each (its neighbours in order tell). */
export function quantileTargets(samples: Float64Array): QuantileTargets {
  const sorted = samples.slice().sort();
  const n = sorted.length;
  const levels = LEVELS.filter((q) => n * Math.min(q, 1 - q) >= SAMPLES_BESIDE_MIN);
  const covariance = new Float64Array(levels.length ** 2);
  levels.forEach((q, k) => {
    // One standard deviation of the rank, to both sides.
    const beside = Math.sqrt((q * (1 - q)) / n);
    const spread = (logQuantile(sorted, Math.min(1, q + beside)) - logQuantile(sorted, Math.max(0, q - beside))) / 2;
    covariance[k * levels.length + k] = spread * spread + LOG_FLOOR * LOG_FLOOR;
  });
  return { levels, logSeconds: logQuantiles(sorted, levels), ...inverted(covariance, levels.length) };
}

/**
 * The same quantiles with the covariance that replicates of the window show (a queue that happens to be long lifts all
 * quantiles at once, which samples drawn one by one would not), and moved by what a short simulation of the same station
 * is off from the mean of the replicates, so that it may stand for them.
 *
 * @param replicates own times of each replicate, sorted; as many as were sampled, or the spread is not the same
 * @param short own times of the simulation that will be held against the result, sorted
 */
export function tightened(
  targets: QuantileTargets,
  replicates: readonly Float64Array[],
  short: Float64Array,
): QuantileTargets {
  const { levels } = targets;
  const n = levels.length;
  const rows = replicates.filter((sorted) => sorted.length > 0).map((sorted) => logQuantiles(sorted, levels));
  if (rows.length < 2 || short.length === 0) return targets;
  const means = levels.map((_, k) => rows.reduce((sum, row) => sum + row[k]!, 0) / rows.length);
  const covariance = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const products = rows.reduce((sum, row) => sum + (row[i]! - means[i]!) * (row[j]! - means[j]!), 0);
      const trust = (i === j ? 1 : COVARIANCE_TRUST) * (1 + 1 / rows.length);
      covariance[i * n + j] = (trust * products) / (rows.length - 1);
    }
    covariance[i * n + i]! += LOG_FLOOR * LOG_FLOOR;
  }
  const shortLogs = logQuantiles(short, levels);
  const logSeconds = targets.logSeconds.map((seen, k) => seen + shortLogs[k]! - means[k]!);
  return { levels, logSeconds, ...inverted(covariance, n) };
}

export interface Misfit {
  /** Squared Mahalanobis distance of the log quantiles: about their number when the model is right. */
  readonly distance: number;
  /** Mean of log(seen / simulated) over the quantiles up to the median, where work shows more than waiting; 0 without any. */
  readonly lowerLogRatio: number;
}

/** How far simulated samples are from what was seen. @param sorted ascending */
export function quantileMisfit(targets: QuantileTargets, sorted: Float64Array): Misfit {
  const { levels, logSeconds, precision } = targets;
  const n = levels.length;
  if (sorted.length === 0) return { distance: 0, lowerLogRatio: 0 };
  const simulated = logQuantiles(sorted, levels);
  const ratios = logSeconds.map((seen, k) => seen - simulated[k]!);
  let distance = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) distance += ratios[i]! * precision[i * n + j]! * ratios[j]!;
  }
  const lower = ratios.filter((_, k) => levels[k]! <= 0.5);
  const lowerLogRatio = lower.reduce((sum, ratio) => sum + ratio, 0) / Math.max(1, lower.length);
  return { distance, lowerLogRatio };
}

function logQuantiles(sorted: Float64Array, levels: readonly number[]): number[] {
  return levels.map((q) => logQuantile(sorted, q));
}

function logQuantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const below = sorted[low]!;
  const above = sorted[Math.min(sorted.length - 1, low + 1)]!;
  return Math.log(Math.max(SECONDS_MIN, below + (at - low) * (above - below)));
}

/** Inverse and determinant of a symmetric positive definite matrix by Gauss and Jordan; such a one needs no pivots. */
function inverted(matrix: Float64Array, n: number): Pick<QuantileTargets, "precision" | "logDeterminant"> {
  const a = matrix.slice();
  const precision = new Float64Array(n * n);
  for (let i = 0; i < n; i++) precision[i * n + i] = 1;
  let logDeterminant = 0;
  for (let column = 0; column < n; column++) {
    const pivot = a[column * n + column]!;
    logDeterminant += Math.log(pivot);
    for (let k = 0; k < n; k++) {
      a[column * n + k]! /= pivot;
      precision[column * n + k]! /= pivot;
    }
    for (let row = 0; row < n; row++) {
      const factor = a[row * n + column]!;
      if (row === column || factor === 0) continue;
      for (let k = 0; k < n; k++) {
        a[row * n + k]! -= factor * a[column * n + k]!;
        precision[row * n + k]! -= factor * precision[column * n + k]!;
      }
    }
  }
  return { precision, logDeterminant };
}
