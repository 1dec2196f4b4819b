/**
 * Mean time in the queue where one server that falls free takes up to `batchSizeMax` of those who wait and serves them
 * together for an exponential time (M/M(1, b)/1): geometric numbers of waiting visits, whose ratio r is the root in
 * (0, 1) of μ r^(b + 1) − (λ + μ) r + λ = 0. With b = 1 that of M/M/1.
 * Source: Medhi, Stochastic Models in Queueing Theory (2003), section 4.3.
 *
 * @throws {RangeError} when λ E[S] ≥ batchSizeMax.
 */
export function meanWaitingSecondsBulkService(
  arrivalRatePerSecond: number,
  meanServiceSeconds: number,
  batchSizeMax: number,
): number {
  const load = arrivalRatePerSecond * meanServiceSeconds;
  if (!(load < batchSizeMax)) throw new RangeError(`offered load ${load} must be below batchSizeMax ${batchSizeMax}`);
  let low = 0;
  let high = 1;
  while (high - low > 1e-15) {
    const middle = (low + high) / 2;
    // The polynomial without its root at 1: r + … + r^b = λ E[S].
    let sum = 0;
    for (let power = batchSizeMax; power > 0; power--) sum = (sum + 1) * middle;
    if (sum < load) low = middle;
    else high = middle;
  }
  const ratio = (low + high) / 2;
  const busyAndNobodyWaits = 1 / (1 / load + 1 / (1 - ratio));
  return (busyAndNobodyWaits * ratio) / (1 - ratio) ** 2 / arrivalRatePerSecond;
}
