import { callsOf, hasWorkers, type LayeredNetwork, sharesServers } from "./layered-network.ts";
import type { Moments } from "./slowest-of.ts";
import { capacityOf, ratesBesideOthers, type WorkRates } from "./state-dependent-server.ts";
import { aloneDelays, heldTimes } from "./visit-times.ts";

/** Something visits queue for at a replica: its shared servers, or its workers with all that is held below them. */
export interface Place {
  readonly station: number;
  readonly isWorkers: boolean;
  readonly workRates: WorkRates;
  /** Seconds of work a second that come to one replica. */
  readonly offeredLoad: number;
  /** Squared variation (variance / mean²) of what a visit asks of it. */
  readonly squaredVariation: number;
}

export interface Flows {
  readonly network: LayeredNetwork;
  readonly calleesFirst: readonly number[];
  /** Visits per second by operation. */
  readonly rates: Float64Array;
  readonly alone: readonly Moments[];
  /** Share of a station's visits that one replica gets, by station. */
  readonly replicaShare: Float64Array;
}

/** What one replica's workers are like with each number of them held. */
export interface Holding {
  /** Throughput with n held, times the mean time one is held in an empty network. */
  readonly workRates: WorkRates;
  readonly offeredLoad: number;
  readonly squaredVariation: number;
  /** Operations of the station, and those below that no other workers stand in front of; callees first. */
  readonly operations: readonly number[];
  /** By place used below: `stretch[n − 1]` time there / time alone with n held. */
  readonly stretch: ReadonlyMap<Place, Float64Array>;
}

/** A place below, seen by the visits of one replica's workers. */
interface SharedPlace {
  readonly place: Place;
  /** Seconds of work for it in one holding of a worker. */
  readonly workSeconds: number;
  /** What the others leave of it. */
  readonly workRates: WorkRates;
  /** `perPresent[j − 1]`: time there / time alone, for each of j of ours. */
  readonly perPresent: Float64Array;
  readonly stretch: Float64Array;
  /** `present[j]`: chance of j of ours there; more than there are elements never are. */
  present: Float64Array;
}

/** Chances below this are taken for none: most places hold few, however many workers stand above. */
const NEGLIGIBLE = 1e-13;

/**
 * The workers of one replica of `station` with all that is below, as one state-dependent server: with n workers held, n
 * visits go round in the network below, so its throughput is that of a closed network of n (exact mean value analysis
 * with load-dependent stations, beside the other callers as open flows). A worker's wait below thus keeps it from others.
 *
 * Throughput is exact for exponential times, sequential calls and no second caller of what is below. Otherwise an
 * approximation: in eight small networks the mean sojourn time was off the simulator's by at most 2.4 % at half of
 * saturation and 5 % at 0.8 of it (14 % where two pools of workers compete for one server), saturation by 6 %.
 * Sources: Chandy, Herzog and Woo, Parametric analysis of queuing networks (1975), flow-equivalent servers; Reiser and
 * Lavenberg, Mean-value analysis of closed multichain queuing networks (1980); Rolia and Sevcik, The method of layers
 * (1995); for work that is not exponential, the residual life of who is served: Reiser (1979).
 *
 * @param places those below that are known; calls to others (a circle of stations) are taken to wait for nobody
 * @throws {RangeError} when the other callers alone overload a place below.
 */
export function holdingOf(flows: Flows, station: number, places: ReadonlyMap<number, Place>): Holding {
  const { network, rates, alone } = flows;
  const own = network.operations.flatMap((operation, index) => (operation.station === station ? [index] : []));
  const stationRate = own.reduce((sum, operation) => sum + rates[operation]!, 0);
  const weight = new Map(own.map((operation) => [operation, rates[operation]! / stationRate]));
  const below = operationsBelow(flows, station, weight);
  const workers = network.stations[station]!.workerCount;
  const shared = sharedPlaces(flows, station, below.workSeconds, places, stationRate, workers);
  const mean = own.reduce((sum, operation) => sum + weight.get(operation)! * alone[operation]!.mean, 0);
  const workRates = new Float64Array(workers);
  let throughput = 0;
  const capacity = Math.min(...shared.map((each) => Math.max(...each.workRates) / each.workSeconds));
  const delays = aloneDelays(network);
  for (let held = 1; held <= workers; held++) {
    for (const each of shared) {
      const stretch = arrivalStretch(each);
      each.stretch[held - 1] = stretch;
      (each.place.isWorkers ? delays.holdStretch : delays.shareStretch)[each.place.station] = stretch;
    }
    const times = heldTimes(network, alone, below.operations, delays);
    const cycle = own.reduce((sum, operation) => sum + weight.get(operation)! * times[operation]!, 0);
    throughput = Math.max(throughput, Math.min(held / cycle, capacity));
    workRates[held - 1] = throughput * mean;
    for (const each of shared) each.present = nextPresent(each, throughput);
  }
  return {
    workRates,
    offeredLoad: stationRate * flows.replicaShare[station]! * mean,
    squaredVariation: shownVariation(flows, weight, mean, workRates, shared),
    operations: below.operations,
    stretch: new Map(shared.map((each) => [each.place, each.stretch])),
  };
}

/** Key of a place: shared servers are even, workers odd. */
export function placeKey(station: number, isWorkers: boolean): number {
  return 2 * station + (isWorkers ? 1 : 0);
}

/** What one holding of a worker asks of each place below, by the key of the place. */
function operationsBelow(
  { network, calleesFirst, alone }: Flows,
  station: number,
  weight: ReadonlyMap<number, number>,
) {
  const visits = new Map(weight);
  const workSeconds = new Map<number, number>();
  const ask = (key: number, seconds: number): void => {
    workSeconds.set(key, (workSeconds.get(key) ?? 0) + seconds);
  };
  const operations: number[] = [];
  for (let at = calleesFirst.length - 1; at >= 0; at--) {
    const caller = calleesFirst[at]!;
    const share = visits.get(caller);
    if (share === undefined) continue;
    operations.push(caller);
    const operation = network.operations[caller]!;
    if (sharesServers(network.stations[operation.station]!)) {
      const work = operation.programs.reduce((sum, program) => sum + program.share * program.workSeconds, 0);
      ask(placeKey(operation.station, false), share * work);
    }
    for (const { call, share: callShare } of callsOf(operation)) {
      if (call.isAsync) continue;
      const callee = network.operations[call.operation]!.station;
      const calls = share * callShare;
      if (callee !== station && hasWorkers(network.stations[callee]!)) {
        ask(placeKey(callee, true), calls * alone[call.operation]!.mean);
      } else if (callee !== station) {
        visits.set(call.operation, (visits.get(call.operation) ?? 0) + calls);
      }
    }
  }
  return { operations: operations.reverse(), workSeconds };
}

function sharedPlaces(
  flows: Flows,
  station: number,
  workSeconds: ReadonlyMap<number, number>,
  places: ReadonlyMap<number, Place>,
  stationRate: number,
  workers: number,
): SharedPlace[] {
  const ownRate = stationRate * flows.replicaShare[station]!;
  return [...workSeconds].flatMap(([key, seconds]) => {
    const place = places.get(key);
    if (place === undefined || seconds === 0) return [];
    // Below, a replica gets its part of our visits; at our own servers all of ours are there.
    const part = place.station === station ? 1 : flows.replicaShare[place.station]!;
    const otherLoad = Math.max(0, place.offeredLoad - ownRate * seconds * part);
    const isAlone = otherLoad < 1e-12 * place.offeredLoad;
    const workRates = ratesBesideOthers(place.workRates, isAlone ? 0 : otherLoad, workers);
    return {
      place,
      workSeconds: seconds * part,
      workRates,
      perPresent: workRates.map((_, before) => timePerPresent(place, workRates, before + 1)),
      stretch: new Float64Array(workers),
      present: Float64Array.of(1),
    };
  });
}

/** Who waits for a server waits for the residual life of the visit in service; who shares one has no use for that. */
function timePerPresent(place: Place, workRates: WorkRates, ours: number): number {
  const rate = workRates[ours - 1]!;
  if (!place.isWorkers) return 1 / rate;
  const busyShare = ours > place.workRates.length ? 1 : 1 - rate / place.workRates[ours - 1]!;
  const residual = (place.squaredVariation - 1) / 2 / capacityOf(workRates);
  return 1 / rate + (residual * busyShare) / ours;
}

/** A visit that comes finds what the others, without it, leave there in the long run (arrival theorem). */
function arrivalStretch({ present, perPresent }: SharedPlace): number {
  let stretch = 0;
  for (let found = 0; found < present.length; found++) {
    stretch += present[found]! * (found + 1) * perPresent[found]!;
  }
  return stretch;
}

function nextPresent({ present, perPresent, workSeconds }: SharedPlace, throughput: number): Float64Array {
  const next = new Float64Array(present.length + 1);
  let some = 0;
  let length = 1;
  for (let ours = 1; ours <= present.length; ours++) {
    const share = present[ours - 1]! * throughput * workSeconds * perPresent[ours - 1]!;
    next[ours] = share;
    some += share;
    if (share > NEGLIGIBLE) length = ours + 1;
  }
  // The difference loses its figures when somebody is nearly always there; then it no longer matters.
  if (some > 1) return next.subarray(0, length).map((each) => each / some);
  next[0] = 1 - some;
  return next.subarray(0, length);
}

/**
 * The variation that shows in the queue for the workers: that of the time one is held as far as the workers are what is
 * scarce, that of the work at the busiest place below as far as that is (for limited processor sharing, Avi-Itzhak and
 * Halfin, Expected response times in a non-symmetric time sharing queue with a limited number of service positions, 1988).
 */
function shownVariation(
  flows: Flows,
  weight: ReadonlyMap<number, number>,
  mean: number,
  workRates: WorkRates,
  shared: readonly SharedPlace[],
): number {
  let square = 0;
  for (const [operation, share] of weight) {
    const times = flows.alone[operation]!;
    square += share * (times.mean * times.mean + times.variance);
  }
  const ofHolding = Math.max(0, square / (mean * mean) - 1);
  const fullness = (each: SharedPlace): number => each.workSeconds / capacityOf(each.workRates);
  const busiest = shared.reduce<SharedPlace | undefined>(
    (fullest, each) => (fullest === undefined || fullness(each) > fullness(fullest) ? each : fullest),
    undefined,
  );
  const linearity = Math.min(1, capacityOf(workRates) / (workRates.length * workRates[0]!));
  return linearity * ofHolding + (1 - linearity) * (busiest?.place.squaredVariation ?? ofHolding);
}
