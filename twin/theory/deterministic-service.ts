/**
 * Share of the visits that wait longer than `seconds` in an M/D/1 queue, in which every service takes `serviceSeconds`.
 * All terms are positive, so it keeps its figures at any load; it takes (t / D)² steps.
 * Source: Franx, A simple solution for the M/D/c waiting time distribution, Operations Research Letters 29 (2001); number
 * present by the level crossings of the M/G/1 departure chain, Tijms, A First Course in Stochastic Models (2003), section 9.2.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function waitingTailShareDeterministic(
  arrivalRatePerSecond: number,
  serviceSeconds: number,
  seconds: number,
): number {
  const load = arrivalRatePerSecond * serviceSeconds;
  if (!(load < 1)) throw new RangeError(`utilization ${load} must be below 1`);
  if (seconds < 0) return 1;
  const services = Math.floor(seconds / serviceSeconds) + 1;
  const waitingAtMost = cumulatedWaiting(load, services);
  // Arrivals in what is left of the last of those services.
  const left = arrivalRatePerSecond * (services * serviceSeconds - seconds);
  let arrivals = Math.exp(-left);
  let share = 0;
  for (let come = 0; come < services; come++) {
    share += arrivals * waitingAtMost[services - come - 1]!;
    arrivals *= left / (come + 1);
  }
  return Math.max(0, 1 - share);
}

/** Chance of at most m visits waiting, the one in service not counted, for m < `count`. */
function cumulatedWaiting(load: number, count: number): Float64Array {
  // more[k]: chance of more than k arrivals during a service.
  const more = new Float64Array(count + 1);
  let exactly = Math.exp(-load);
  let atMost = exactly;
  for (let k = 0; k <= count; k++) {
    more[k] = Math.max(0, 1 - atMost);
    exactly *= load / (k + 1);
    atMost += exactly;
  }
  const present = new Float64Array(count + 1);
  present[0] = 1 - load;
  for (let n = 1; n <= count; n++) {
    let up = present[0]! * more[n - 1]!;
    for (let from = 1; from < n; from++) up += present[from]! * more[n - from]!;
    present[n] = up * Math.exp(load);
  }
  const cumulated = new Float64Array(count);
  let sum = present[0]!;
  for (let waiting = 0; waiting < count; waiting++) {
    sum += present[waiting + 1]!;
    cumulated[waiting] = sum;
  }
  return cumulated;
}
