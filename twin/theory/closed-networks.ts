/** Where the customers of a closed network queue. */
export interface ClosedStation {
  /** Mean service time × visits of one customer in a cycle, seconds. */
  readonly demandSeconds: number;
  /** Infinity for a delay (think time). */
  readonly serverCount: number;
}

export interface ClosedMeans {
  /** Cycles of all customers per second. */
  readonly throughputPerSecond: number;
  /** By station: mean time of one customer there in a cycle, waiting and service. */
  readonly residenceSeconds: readonly number[];
  /** By station: mean number of customers there. */
  readonly present: readonly number[];
}

/**
 * A fixed number of customers going round stations with one or many servers and delays: exact for exponential service
 * (FIFO), and for any service where servers are shared (product form). What exact mean value analysis gives (Reiser and
 * Lavenberg 1980), by convolution: all terms are positive, so that many servers near saturation cost no figures, as they
 * do there. Takes stations × population² steps.
 * Source: Buzen, Computational algorithms for closed queueing networks with exponential servers, CACM 16 (1973).
 */
export function closedNetworkMeans(stations: readonly ClosedStation[], population: number): ClosedMeans {
  if (!(Number.isSafeInteger(population) && population >= 1)) {
    throw new RangeError(`population: ${population} must be whole and ≥ 1`);
  }
  const unit = throughputBound(stations, population);
  const factors = stations.map((station) => stationFactor(station, population, unit));
  // before[i]: all stations below i; after: all above, built on the way back.
  const empty = Float64Array.from({ length: population + 1 }, (_, customers) => (customers === 0 ? 1 : 0));
  const before: Float64Array[] = [empty];
  for (const factor of factors) before.push(convolved(before[before.length - 1]!, factor));
  const all = before[stations.length]!;
  const present = new Array<number>(stations.length).fill(0);
  let after: Float64Array = empty;
  for (let station = stations.length - 1; station >= 0; station--) {
    const others = convolved(before[station]!, after);
    let mean = 0;
    let total = 0;
    factors[station]!.forEach((weight, here) => {
      const share = weight * others[population - here]!;
      total += share;
      mean += here * share;
    });
    present[station] = mean / total;
    after = convolved(after, factors[station]!);
  }
  const throughputPerSecond = (unit * all[population - 1]!) / all[population]!;
  return { throughputPerSecond, present, residenceSeconds: present.map((each) => each / throughputPerSecond) };
}

/** Throughput can be no more than this; as a unit of time it keeps the numbers near 1. */
function throughputBound(stations: readonly ClosedStation[], population: number): number {
  let cycle = 0;
  let bound = Number.POSITIVE_INFINITY;
  stations.forEach(({ demandSeconds, serverCount }, index) => {
    if (!(demandSeconds >= 0 && Number.isFinite(demandSeconds))) {
      throw new RangeError(`stations[${index}].demandSeconds: ${demandSeconds} must be finite and ≥ 0`);
    }
    const isCount = serverCount === Number.POSITIVE_INFINITY || (Number.isSafeInteger(serverCount) && serverCount >= 1);
    if (!isCount)
      throw new RangeError(`stations[${index}].serverCount: ${serverCount} must be whole and ≥ 1, or Infinity`);
    cycle += demandSeconds;
    if (demandSeconds > 0) bound = Math.min(bound, serverCount / demandSeconds);
  });
  if (cycle === 0) throw new RangeError("stations: one must have a demandSeconds > 0");
  return Math.min(bound, population / cycle);
}

/** Weight of n customers at the station, over the largest. */
function stationFactor({ demandSeconds, serverCount }: ClosedStation, population: number, unit: number): Float64Array {
  const logs = new Float64Array(population + 1);
  for (let here = 1; here <= population; here++) {
    logs[here] = logs[here - 1]! + Math.log((demandSeconds * unit) / Math.min(here, serverCount));
  }
  const largest = logs.reduce((most, each) => Math.max(most, each), 0);
  return logs.map((each) => Math.exp(each - largest));
}

function convolved(a: Float64Array, b: Float64Array): Float64Array {
  const sum = new Float64Array(a.length);
  let largest = 0;
  for (let total = 0; total < a.length; total++) {
    for (let here = 0; here <= total; here++) sum[total]! += a[here]! * b[total - here]!;
    largest = Math.max(largest, sum[total]!);
  }
  return sum.map((each) => each / largest);
}

/** One kind of customers of a closed network. */
export interface ClosedClass {
  readonly population: number;
  /** Time of a cycle spent nowhere. */
  readonly thinkSeconds: number;
  /** By station. */
  readonly demandSeconds: readonly number[];
}

export interface ClassMeans {
  readonly throughputPerSecond: number;
  /** By station, in a cycle. */
  readonly residenceSeconds: readonly number[];
}

/**
 * A closed network with several kinds of customers, approximately: a customer finds on arrival what is there on average,
 * less its own share of its kind. Exact for one customer; worst for few customers at
 * balanced stations. c servers are taken for one that is c times as fast and a delay of the rest.
 * Sources: Bard (1979); Schweitzer, Approximate analysis of multiclass closed networks of queues (1979); for the servers,
 * Seidmann, Schweitzer and Shalev-Oren (1987).
 *
 * @param serverCounts by station; Infinity for a delay
 */
export function approximateClosedMeans(
  classes: readonly ClosedClass[],
  serverCounts: readonly number[],
): readonly ClassMeans[] {
  classes.forEach(({ population }, kind) => {
    if (!(population >= 1 && Number.isFinite(population))) {
      throw new RangeError(`classes[${kind}].population: ${population} must be finite and ≥ 1`);
    }
  });
  // By class and station: customers at the fast server.
  let queued = classes.map(({ population }) => serverCounts.map(() => population / serverCounts.length));
  for (let round = 0; round < 100_000; round++) {
    const solved = classes.map(({ population, thinkSeconds, demandSeconds }, kind) => {
      const fastSeconds = demandSeconds.map((demand, station) => {
        const found = queued.reduce((sum, each, of) => {
          return sum + each[station]! * (of === kind ? (population - 1) / population : 1);
        }, 0);
        return (demand / serverCounts[station]!) * (1 + found);
      });
      const residenceSeconds = demandSeconds.map((demand, station) => {
        return fastSeconds[station]! + demand * (1 - 1 / serverCounts[station]!);
      });
      const cycle = residenceSeconds.reduce((sum, seconds) => sum + seconds, thinkSeconds);
      return { throughputPerSecond: population / cycle, residenceSeconds, fastSeconds };
    });
    const next = solved.map(({ throughputPerSecond, fastSeconds }) =>
      fastSeconds.map((each) => throughputPerSecond * each),
    );
    const change = next.flatMap((row, kind) => row.map((each, station) => Math.abs(each - queued[kind]![station]!)));
    queued = next;
    if (Math.max(0, ...change) < 1e-10) {
      return solved.map(({ throughputPerSecond, residenceSeconds }) => ({ throughputPerSecond, residenceSeconds }));
    }
  }
  throw new RangeError("classes: the fixed point was not reached in 100 000 rounds");
}
