/** Queues with Poisson arrivals and exponential service. Times in seconds, rates per second. */
export interface MarkovStation {
  readonly arrivalRatePerSecond: number;
  readonly meanServiceSeconds: number;
  readonly serverCount: number;
}

/** Busy servers / servers when nothing is turned away (the utilisation law, ρ = λ E[S] / c). */
export function utilization(station: MarkovStation): number {
  return (station.arrivalRatePerSecond * station.meanServiceSeconds) / station.serverCount;
}

/**
 * Chance that all of c servers are busy when a visit that finds them so is turned away (M/M/c/c; any service
 * distribution of the same mean gives the same). `offeredLoad` = λ E[S] in Erlang.
 *
 * By the recursion 1/B(c) = 1 + (c/a)/B(c − 1), which does not overflow.
 * Source: Kleinrock, Queueing Systems vol. 1 (1975), section 3.6.
 */
export function erlangB(serverCount: number, offeredLoad: number): number {
  if (offeredLoad === 0) return 0;
  let inverse = 1;
  for (let servers = 1; servers <= serverCount; servers++) inverse = 1 + (inverse * servers) / offeredLoad;
  return 1 / inverse;
}

/**
 * Chance that a visit has to wait in an M/M/c queue.
 * Source: Kleinrock, Queueing Systems vol. 1 (1975), section 3.5.
 *
 * @throws {RangeError} when offeredLoad ≥ serverCount: the queue has no steady state.
 */
export function erlangC(serverCount: number, offeredLoad: number): number {
  if (!(offeredLoad < serverCount))
    throw new RangeError(`offered load ${offeredLoad} must be below the ${serverCount} servers`);
  const blocked = erlangB(serverCount, offeredLoad);
  return (serverCount * blocked) / (serverCount - offeredLoad * (1 - blocked));
}

/** Mean time in the queue of an M/M/c station (c = 1: M/M/1, ρ E[S] / (1 − ρ)). @throws {RangeError} when ρ ≥ 1. */
export function meanWaitingSeconds(station: MarkovStation): number {
  const { arrivalRatePerSecond, meanServiceSeconds, serverCount } = station;
  const offeredLoad = arrivalRatePerSecond * meanServiceSeconds;
  return (erlangC(serverCount, offeredLoad) * meanServiceSeconds) / (serverCount - offeredLoad);
}

/** Mean time in an M/M/c station, waiting and service. @throws {RangeError} when ρ ≥ 1. */
export function meanSojournSeconds(station: MarkovStation): number {
  return meanWaitingSeconds(station) + station.meanServiceSeconds;
}

/**
 * The p-quantile of the time in an M/M/1 station, which is exponential: −ln(1 − p) E[S] / (1 − ρ).
 * Source: Kleinrock, Queueing Systems vol. 1 (1975), section 5.12.
 *
 * @throws {RangeError} when ρ ≥ 1 or the station has not one server.
 */
export function sojournQuantileSeconds(station: MarkovStation, p: number): number {
  if (station.serverCount !== 1) throw new RangeError(`serverCount: ${station.serverCount} must be 1`);
  return -Math.log(1 - p) * meanSojournSeconds(station);
}

/** An M/M/c station with room for `capacity` ≥ c visits, those in service included; who finds it full is lost. */
export interface BoundedStation extends MarkovStation {
  readonly capacity: number;
}

/** Steady-state means of an M/M/c/K station, which always has a steady state. */
export interface BoundedMeans {
  readonly lossShare: number;
  readonly visitsInSystem: number;
  /** Of those let in. */
  readonly sojournSeconds: number;
  readonly utilization: number;
}

/**
 * M/M/c/K by its birth and death chain; with K = c the loss is Erlang's B.
 * Source: Gross and Harris, Fundamentals of Queueing Theory (1998), section 2.5.
 */
export function boundedMeans(station: BoundedStation): BoundedMeans {
  const { arrivalRatePerSecond, meanServiceSeconds, serverCount, capacity } = station;
  if (!(capacity >= serverCount)) throw new RangeError(`capacity: ${capacity} must be ≥ serverCount ${serverCount}`);
  const offeredLoad = arrivalRatePerSecond * meanServiceSeconds;
  let weight = 1;
  let total = 1;
  let visits = 0;
  let busy = 0;
  for (let present = 1; present <= capacity; present++) {
    weight *= offeredLoad / Math.min(present, serverCount);
    total += weight;
    visits += present * weight;
    busy += Math.min(present, serverCount) * weight;
  }
  const lossShare = weight / total;
  const visitsInSystem = visits / total;
  return {
    lossShare,
    visitsInSystem,
    sojournSeconds: visitsInSystem / (arrivalRatePerSecond * (1 - lossShare)),
    utilization: busy / total / serverCount,
  };
}
