export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

const BATCHES = 30;
/** Student's t with 29 degrees of freedom, two-sided 99.9 %. */
const T_QUANTILE = 3.659;

/**
 * Mean of a stationary series with its 99.9 % interval by batch means; the first tenth is left out as warm-up.
 * Source: Law, Simulation Modeling and Analysis (2015), section 9.5.3.
 */
export function steadyMean(values: ArrayLike<number>): { readonly mean: number; readonly halfWidth: number } {
  const first = Math.floor(values.length / 10);
  const size = Math.floor((values.length - first) / BATCHES);
  const means: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    let sum = 0;
    for (let i = first + batch * size; i < first + (batch + 1) * size; i++) sum += values[i]!;
    means.push(sum / size);
  }
  const mean = means.reduce((sum, value) => sum + value, 0) / BATCHES;
  const variance = means.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (BATCHES - 1);
  return { mean, halfWidth: T_QUANTILE * Math.sqrt(variance / BATCHES) };
}
