/** A station with c ≥ 1 servers, independent times between arrivals and independent service times, FIFO. Seconds. */
export interface RenewalStation {
  readonly arrivalRatePerSecond: number;
  readonly meanServiceSeconds: number;
  readonly serverCount: number;
  /** Standard deviation of the time between arrivals / its mean. */
  readonly arrivalVariation: number;
  /** Standard deviation of the service time / its mean. */
  readonly serviceVariation: number;
}

export interface Bounds {
  readonly atLeastSeconds: number;
  readonly atMostSeconds: number;
}

/**
 * Bounds of the mean time in the queue of a GI/G/c station, from two moments alone. The upper one is near the truth at
 * high load (for one server within E[S] or so), for several servers loose; the lower one is 0 at low load.
 *
 * At most: λ (σa² + σs²/c + (c − 1) E[S]² / c²) / (2 (1 − ρ)); for one server with Daley's factor (2 − ρ) ρ on the arrivals' part.
 * At least: what one server c times as fast makes wait, less (c − 1) E[S²] / (2 c E[S]).
 *
 * Sources: Kingman, Some inequalities for the queue GI/G/1, Biometrika 49 (1962), and Inequalities in the theory of queues,
 * J. R. Statist. Soc. B 32 (1970); Daley, Inequalities for moments of tails of random variables (1977); Marchal, Some
 * simpler bounds on the mean queuing time (1978); Brumelle, Some inequalities for parallel-server queues (1971);
 * Köllerström, Heavy traffic theory for queues with several servers (1974), for the limit that Kingman's tends to.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function waitingBounds(station: RenewalStation): Bounds {
  const { arrivalRatePerSecond, meanServiceSeconds, serverCount, arrivalVariation, serviceVariation } = station;
  const busyShare = (arrivalRatePerSecond * meanServiceSeconds) / serverCount;
  if (!(busyShare < 1)) throw new RangeError(`utilization ${busyShare} must be below 1`);
  const arrivalVariance = (arrivalVariation / arrivalRatePerSecond) ** 2;
  const serviceVariance = (serviceVariation * meanServiceSeconds) ** 2;
  const daley = serverCount === 1 ? (2 - busyShare) * busyShare : 1;
  const spread =
    daley * arrivalVariance +
    serviceVariance / serverCount +
    ((serverCount - 1) * meanServiceSeconds ** 2) / serverCount ** 2;
  // Marchal's bound for one server that does the work of all.
  const fastVariance = serviceVariance / serverCount ** 2;
  const fast =
    (arrivalRatePerSecond ** 2 * fastVariance + busyShare * (busyShare - 2)) /
    (2 * arrivalRatePerSecond * (1 - busyShare));
  const inService =
    ((serverCount - 1) * (serviceVariance + meanServiceSeconds ** 2)) / (2 * serverCount * meanServiceSeconds);
  return {
    atLeastSeconds: Math.max(0, fast - inService),
    atMostSeconds: (arrivalRatePerSecond * spread) / (2 * (1 - busyShare)),
  };
}
