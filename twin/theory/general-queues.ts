import { erlangC } from "./markov-queues.ts";

/** Queues with Poisson arrivals and any service distribution. Times in seconds, rates per second. */
export interface GeneralService {
  readonly arrivalRatePerSecond: number;
  readonly meanServiceSeconds: number;
  /** Standard deviation of the service time / its mean. */
  readonly serviceVariation: number;
}

/**
 * Mean time in the queue of an M/G/1 FIFO station: ρ E[S] (1 + Cs²) / (2 (1 − ρ)).
 * Source: Pollaczek (1930) and Khinchine (1932); Kleinrock, Queueing Systems vol. 1 (1975), section 5.6.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function meanWaitingSecondsFifo(service: GeneralService): number {
  const { meanServiceSeconds, serviceVariation } = service;
  const busyShare = checkedUtilization(service.arrivalRatePerSecond * meanServiceSeconds);
  return (busyShare * meanServiceSeconds * (1 + serviceVariation * serviceVariation)) / (2 * (1 - busyShare));
}

/**
 * Mean time in an M/G/1 station that shares its server among all present: E[S] / (1 − ρ), whatever the distribution of
 * the service time (insensitivity). A visit with service time s stays s / (1 − ρ) on average.
 * Source: Sakata, Noguchi and Oizumi (1971); Kleinrock, Queueing Systems vol. 2 (1976), section 4.4.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function meanSojournSecondsPs(service: Omit<GeneralService, "serviceVariation">): number {
  const busyShare = checkedUtilization(service.arrivalRatePerSecond * service.meanServiceSeconds);
  return service.meanServiceSeconds / (1 - busyShare);
}

/**
 * Mean time in an M/G/c station that shares c servers, each visit using one at most. Insensitive, so that of M/M/c.
 * Source: Cohen, The multiple phase service network with generalized processor sharing, Acta Informatica 12 (1979).
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function meanSojournSecondsSharedServers(
  service: Omit<GeneralService, "serviceVariation"> & { readonly serverCount: number },
): number {
  const { arrivalRatePerSecond, meanServiceSeconds, serverCount } = service;
  const offeredLoad = arrivalRatePerSecond * meanServiceSeconds;
  return meanServiceSeconds * (1 + erlangC(serverCount, offeredLoad) / (serverCount - offeredLoad));
}

/**
 * Mean time in the queue of a G/G/c FIFO station, approximately: that of M/M/c times (Ca² + Cs²) / 2. Exact for M/M/c and
 * M/G/1; else within some 10 % at high load, worse at low load and for several servers.
 * Source: Allen, Probability, Statistics and Queueing Theory (1990), section 5.3, after Cunneen.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function meanWaitingSecondsAllenCunneen(
  station: GeneralService & {
    readonly serverCount: number;
    /** Standard deviation of the time between arrivals / its mean; 1 for Poisson. */
    readonly arrivalVariation: number;
  },
): number {
  const { arrivalRatePerSecond, meanServiceSeconds, serviceVariation, arrivalVariation, serverCount } = station;
  const offeredLoad = arrivalRatePerSecond * meanServiceSeconds;
  const variability = (arrivalVariation * arrivalVariation + serviceVariation * serviceVariation) / 2;
  return (variability * erlangC(serverCount, offeredLoad) * meanServiceSeconds) / (serverCount - offeredLoad);
}

function checkedUtilization(busyShare: number): number {
  if (!(busyShare < 1)) throw new RangeError(`utilization ${busyShare} must be below 1`);
  return busyShare;
}
