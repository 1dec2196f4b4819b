/**
 * Steepness of the log-logistic. At 3, half the centre gives 0.11, the centre 0.5, twice the centre 0.89, and two
 * deviations are still told apart at 10⁵ times the centre, where a plain logistic has long been 1 for both.
 */
export const SQUASH_STEEPNESS = 3;

/**
 * Probability of a standardised deviation: the logistic of `SQUASH_STEEPNESS · ln(deviation / centre)`.
 * 0 for deviations ≤ 0 or NaN (absent data is no evidence), ½ at the centre, strictly rising: it keeps the ranking.
 */
export function probabilityOfDeviation(deviation: number, centre: number): number {
  if (!(deviation > 0)) return 0;
  if (deviation === Infinity) return 1;
  return 1 / (1 + (centre / deviation) ** SQUASH_STEEPNESS);
}
