/**
 * An e-value from a p-value: what a bettor's 1 becomes who bets on small p by ∫₀¹ κ p^(κ−1) dκ (Vovk and Wang 2021). Its
 * mean is at most 1 whenever the p-value is a valid one.
 */
export function eValueOf(pValue: number): number {
  const p = Math.min(1, Math.max(Number.MIN_VALUE, pValue));
  const log = Math.log(p);
  // Near 1 the fraction is 0 / 0; its limit is ½.
  if (log > -1e-3) return 0.5 - log / 3;
  return (1 - p + p * log) / (p * log * log);
}

/**
 * Evidence at which an e-detector (Shin, Ramdas and Rinaldo 2024) may raise its alarm: its Shiryaev–Roberts sum passes
 * this, while nothing is wrong, no oftener than once in the stated time on average, all streams together.
 *
 * @param alarmsPerWeek false alarms allowed a week @param streams nodes that are watched
 */
export function alarmThreshold(alarmsPerWeek: number, windowSeconds: number, streams: number): number {
  return ((7 * 86_400) / windowSeconds / alarmsPerWeek) * Math.max(1, streams);
}
