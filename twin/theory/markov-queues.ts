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
 * Share of the visits that wait longer than `seconds` in an M/M/c queue: C e^(−(cμ − λ) t).
 * Source: Kleinrock, Queueing Systems vol. 1 (1975), section 5.12; Gross and Harris (1998), section 2.3.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function waitingTailShare(station: MarkovStation, seconds: number): number {
  const delayed = erlangC(station.serverCount, station.arrivalRatePerSecond * station.meanServiceSeconds);
  return delayed * Math.exp(-spareRatePerSecond(station) * Math.max(0, seconds));
}

/** The p-quantile of the waiting time in an M/M/c queue: 0 for the share that finds a free server. @throws {RangeError} when ρ ≥ 1. */
export function waitingQuantileSeconds(station: MarkovStation, p: number): number {
  const delayed = erlangC(station.serverCount, station.arrivalRatePerSecond * station.meanServiceSeconds);
  return Math.max(0, Math.log(delayed / (1 - checkedLevel(p))) / spareRatePerSecond(station));
}

/**
 * Share of the visits that stay longer than `seconds` at an M/M/c station: service, behind an exponential wait for the
 * share that has one. Source: Gross and Harris, Fundamentals of Queueing Theory (1998), section 2.3.
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function sojournTailShare(station: MarkovStation, seconds: number): number {
  const serviceRate = 1 / station.meanServiceSeconds;
  const spareRate = spareRatePerSecond(station);
  const delayed = waitingTailShare(station, 0);
  const served = Math.exp(-serviceRate * seconds);
  // P(wait + service > t | waits): two exponential stages. Where their rates all but meet, the limit.
  const isSameRate = Math.abs(spareRate - serviceRate) < 1e-7 * serviceRate;
  const waited = isSameRate
    ? (1 + serviceRate * seconds) * served
    : (spareRate * served - serviceRate * Math.exp(-spareRate * seconds)) / (spareRate - serviceRate);
  return (1 - delayed) * served + delayed * waited;
}

/**
 * The p-quantile of the time at an M/M/c station, by bisection of its tail to 10⁻¹² of itself; for one server
 * −ln(1 − p) E[S] / (1 − ρ).
 *
 * @throws {RangeError} when ρ ≥ 1.
 */
export function sojournQuantileSeconds(station: MarkovStation, p: number): number {
  const tail = 1 - checkedLevel(p);
  let low = 0;
  let high = station.meanServiceSeconds;
  while (sojournTailShare(station, high) > tail) high *= 2;
  while (high - low > 1e-12 * high) {
    const middle = (low + high) / 2;
    if (sojournTailShare(station, middle) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

function spareRatePerSecond({ arrivalRatePerSecond, meanServiceSeconds, serverCount }: MarkovStation): number {
  return serverCount / meanServiceSeconds - arrivalRatePerSecond;
}

function checkedLevel(p: number): number {
  if (!(p >= 0 && p < 1)) throw new RangeError(`p: ${p} must be ≥ 0 and < 1`);
  return p;
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
