import { erlangC } from "./markov-queues.ts";
import { openState, sharedServers } from "./state-dependent-server.ts";

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
 * Variance of the time in the queue of an M/G/1 FIFO station, seconds²: E[W]² + λ E[S³] / (3 (1 − ρ)).
 * Source: Takács (1962); Kleinrock, Queueing Systems vol. 1 (1975), section 5.7.
 *
 * @param thirdServiceMoment E[S³], seconds³
 * @throws {RangeError} when ρ ≥ 1.
 */
export function waitingVarianceFifo(service: GeneralService & { readonly thirdServiceMoment: number }): number {
  const { arrivalRatePerSecond, meanServiceSeconds, thirdServiceMoment } = service;
  const mean = meanWaitingSecondsFifo(service);
  return (
    mean * mean + (arrivalRatePerSecond * thirdServiceMoment) / (3 * (1 - arrivalRatePerSecond * meanServiceSeconds))
  );
}

/**
 * Mean time in the queue of a FIFO station with one server to which visits come in batches of X (M[X]/G/1). To the wait of
 * the first of a batch, that of M/G/1, comes that behind the others of it.
 * Source: Gaver, Imbedded Markov chain analysis of a waiting-line process in continuous time (1959); Gross and Harris (1998), section 5.1.
 *
 * @param service its `arrivalRatePerSecond` counts visits, not batches
 * @throws {RangeError} when ρ ≥ 1.
 */
export function meanWaitingSecondsBatchArrivals(
  service: GeneralService & { readonly meanBatchSize: number; readonly batchVariation: number },
): number {
  const { meanBatchSize, batchVariation, meanServiceSeconds, arrivalRatePerSecond } = service;
  const idleShare = 1 - arrivalRatePerSecond * meanServiceSeconds;
  const others = meanBatchSize * (1 + batchVariation * batchVariation) - 1;
  return meanWaitingSecondsFifo(service) + (others * meanServiceSeconds) / (2 * idleShare);
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
 * Mean time in an M/G/c station that shares c servers, real-valued, each visit using one at most. Insensitive, so that of
 * M/M/c where c is whole.
 * Source: Cohen, The multiple phase service network with generalized processor sharing, Acta Informatica 12 (1979).
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function meanSojournSecondsSharedServers(
  service: Omit<GeneralService, "serviceVariation"> & { readonly serverCount: number },
): number {
  const { arrivalRatePerSecond, meanServiceSeconds, serverCount } = service;
  const offeredLoad = arrivalRatePerSecond * meanServiceSeconds;
  return openState(sharedServers(serverCount), offeredLoad).present / arrivalRatePerSecond;
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
