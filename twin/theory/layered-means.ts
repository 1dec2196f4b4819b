import {
  callersFirst,
  callsOf,
  hasWorkers,
  type LayeredNetwork,
  sharesServers,
  visitRates,
} from "./layered-network.ts";
import { capacityOf, openState, sharedServers } from "./state-dependent-server.ts";
import { aloneDelays, aloneTimes, type Delays, heldTimes, sojournSeconds } from "./visit-times.ts";
import { type Flows, type Holding, holdingOf, type Place, placeKey } from "./worker-holding.ts";

export interface LayeredMeans {
  /** By station: busy shared servers / servers; 0 where there are none. */
  readonly utilization: Float64Array;
  /** By station: workers held / workers; 0 where there are none. */
  readonly workerUtilization: Float64Array;
  /** By station: mean time a visit waits for a worker. */
  readonly waitingSeconds: Float64Array;
  /** By operation: mean time from a visit's arrival to its departure. */
  readonly sojournSeconds: Float64Array;
  /** By operation: visits per second. */
  readonly ratePerSecond: Float64Array;
}

/** The network bottom up: every place with all that is held below it. */
export interface Layers {
  readonly flows: Flows;
  readonly places: ReadonlyMap<number, Place>;
  readonly holdings: ReadonlyMap<number, Holding>;
  /** Places that cannot keep up; what stands above them is then not worked out. */
  readonly overloaded: readonly { readonly station: number; readonly isWorkers: boolean }[];
}

/**
 * @param entryRatePerSecond visits from outside, by operation
 * @param isBusiest true: every replica is taken to be as loaded as its station's busiest
 */
export function flowsOf(network: LayeredNetwork, entryRatePerSecond: ArrayLike<number>, isBusiest: boolean): Flows {
  const order = callersFirst(network);
  return {
    network,
    calleesFirst: order.toReversed(),
    rates: visitRates(network, order, entryRatePerSecond),
    alone: aloneTimes(network, order),
    replicaShare: Float64Array.from(network.stations, ({ replicaCount, busiestShare }) =>
      isBusiest ? busiestShare : 1 / replicaCount,
    ),
  };
}

export function layersOf(network: LayeredNetwork, entryRatePerSecond: ArrayLike<number>, isBusiest: boolean): Layers {
  const flows = flowsOf(network, entryRatePerSecond, isBusiest);
  const { replicaShare } = flows;
  const places = new Map<number, Place>();
  const holdings = new Map<number, Holding>();
  const overloaded: { station: number; isWorkers: boolean }[] = [];
  const add = (place: Place): void => {
    if (!(place.offeredLoad > 0)) return;
    places.set(placeKey(place.station, place.isWorkers), place);
    if (!(place.offeredLoad < capacityOf(place.workRates))) overloaded.push(place);
  };
  network.stations.forEach((each, station) => {
    if (!sharesServers(each)) return;
    const offeredLoad = replicaShare[station]! * workRate(flows, station);
    const workRates = sharedServers(each.sharedServerCount);
    add({ station, isWorkers: false, workRates, offeredLoad, squaredVariation: workVariation(flows, station) });
  });
  for (const station of stationsCalleesFirst(network)) {
    if (overloaded.length > 0) break;
    if (!hasWorkers(network.stations[station]!) || !isHeld(flows, station)) continue;
    const holding = holdingOf(flows, station, places);
    holdings.set(station, holding);
    add({ station, isWorkers: true, ...holding });
  }
  return { flows, places, holdings, overloaded };
}

/**
 * Steady-state means with Poisson arrivals from outside. Bottom up, the workers of a station become a server as fast as
 * the closed network below lets them be (`holdingOf`); top down, the number of visits in each says what those see that
 * they call. Exact for Jackson networks, M/M/c, M/G/1 (FIFO waiting) and shared servers; see the tests for the error
 * elsewhere. It knows no timeouts, retries, refusals or losses.
 *
 * @param entryRatePerSecond visits from outside, by operation
 * @throws {RangeError} when something cannot keep up, or operations call each other in a circle.
 */
export function layeredMeans(network: LayeredNetwork, entryRatePerSecond: ArrayLike<number>): LayeredMeans {
  const layers = layersOf(network, entryRatePerSecond, false);
  const { flows, holdings } = layers;
  const [first] = layers.overloaded;
  if (first !== undefined) {
    throw new RangeError(`stations[${first.station}]: its ${first.isWorkers ? "workers" : "servers"} cannot keep up`);
  }
  const { rates } = flows;
  const mixes = sourcesOf(flows, entryRatePerSecond);
  const open = openDelays(layers);
  const views = new Map<number, Delays>([[OPEN, open.delays]]);
  // Callers first: how many workers are held above says what is seen below.
  for (const station of stationsCalleesFirst(network).reverse()) {
    const holding = holdings.get(station);
    if (holding !== undefined) views.set(station, delaysBelow(network, holding, open.heldShare.get(station)!));
  }
  const sojourn = new Float64Array(network.operations.length);
  const held = new Float64Array(network.operations.length);
  for (const [source, delays] of views) {
    const reached = source === OPEN ? flows.calleesFirst : holdings.get(source)!.operations;
    const times = heldTimes(network, flows.alone, reached, delays);
    network.operations.forEach(({ station }, operation) => {
      const share = mixes[operation]!.get(source) ?? 0;
      if (share > 0)
        sojourn[operation]! += share * sojournSeconds(network, flows.alone, operation, times[operation]!, delays);
      if (station === source) held[operation] = times[operation]!;
    });
  }
  return { ...stationMeans(flows, sojourn, held), sojournSeconds: sojourn, ratePerSecond: rates };
}

/** Who makes a call: visits that nothing limits, or the workers of a station (its number). */
const OPEN = -1;

/** By operation: the share of its visits that comes from each source. */
function sourcesOf({ network, calleesFirst, rates }: Flows, entry: ArrayLike<number>): Map<number, number>[] {
  const mixes = network.operations.map((_, operation) => {
    const share = rates[operation]! > 0 ? entry[operation]! / rates[operation]! : 1;
    return new Map<number, number>(share > 0 ? [[OPEN, share]] : []);
  });
  for (let at = calleesFirst.length - 1; at >= 0; at--) {
    const caller = calleesFirst[at]!;
    const { station } = network.operations[caller]!;
    const isHolding = hasWorkers(network.stations[station]!);
    for (const { call, share } of callsOf(network.operations[caller]!)) {
      const mix = mixes[call.operation]!;
      if (!(rates[call.operation]! > 0)) continue;
      const part = (rates[caller]! * share) / rates[call.operation]!;
      const from = call.isAsync ? new Map([[OPEN, 1]]) : isHolding ? new Map([[station, 1]]) : mixes[caller]!;
      for (const [source, of] of from) mix.set(source, (mix.get(source) ?? 0) + part * of);
    }
  }
  return mixes;
}

/** What visits see that come whenever they like, and how many workers each holding station has in use then. */
function openDelays({ flows, places }: Layers) {
  const delays = aloneDelays(flows.network);
  const heldShare = new Map<number, Float64Array>();
  for (const { station, isWorkers, workRates, offeredLoad, squaredVariation } of places.values()) {
    const { present, waiting, share } = openState(workRates, offeredLoad);
    if (!isWorkers) {
      delays.shareStretch[station] = present / offeredLoad;
      continue;
    }
    delays.holdStretch[station] = (present - waiting) / offeredLoad;
    const replicaRate = stationRate(flows, station) * flows.replicaShare[station]!;
    delays.waitingSeconds[station] = (waiting * (1 + squaredVariation)) / 2 / replicaRate;
    heldShare.set(station, share);
  }
  return { delays, heldShare };
}

/** What the calls of a station's workers see: the mean over how many are held, weighted by how many calls are made then. */
function delaysBelow(network: LayeredNetwork, { workRates, stretch }: Holding, heldShare: Float64Array): Delays {
  const delays = aloneDelays(network);
  let total = 0;
  workRates.forEach((rate, before) => {
    total += heldShare[before + 1]! * rate;
  });
  for (const [{ station, isWorkers }, byHeld] of stretch) {
    let mean = 0;
    byHeld.forEach((each, before) => {
      mean += (each * heldShare[before + 1]! * workRates[before]!) / total;
    });
    (isWorkers ? delays.holdStretch : delays.shareStretch)[station] = mean;
  }
  return delays;
}

function stationMeans(flows: Flows, sojourn: Float64Array, held: Float64Array) {
  const { network, rates } = flows;
  const utilization = new Float64Array(network.stations.length);
  const workerUtilization = new Float64Array(network.stations.length);
  const waitingSeconds = new Float64Array(network.stations.length);
  network.stations.forEach((each, station) => {
    if (sharesServers(each))
      utilization[station] = workRate(flows, station) / each.replicaCount / each.sharedServerCount;
    if (!hasWorkers(each)) return;
    let heldLoad = 0;
    let waitingLoad = 0;
    network.operations.forEach((operation, index) => {
      if (operation.station !== station) return;
      heldLoad += rates[index]! * held[index]!;
      waitingLoad += rates[index]! * Math.max(0, sojourn[index]! - held[index]!);
    });
    workerUtilization[station] = heldLoad / each.replicaCount / each.workerCount;
    const rate = stationRate(flows, station);
    if (rate > 0) waitingSeconds[station] = waitingLoad / rate;
  });
  return { utilization, workerUtilization, waitingSeconds };
}

/** Seconds of own work a second, over all replicas. */
function workRate({ network, rates }: Flows, station: number): number {
  return network.operations.reduce((sum, operation, index) => {
    if (operation.station !== station) return sum;
    return operation.programs.reduce((all, { share, workSeconds }) => all + rates[index]! * share * workSeconds, sum);
  }, 0);
}

/** Squared variation of a visit's own work, over all operations of the station. */
function workVariation({ network, rates }: Flows, station: number): number {
  let visits = 0;
  let sum = 0;
  let square = 0;
  network.operations.forEach((operation, index) => {
    if (operation.station !== station) return;
    for (const { share, workSeconds, workVariation: variation } of operation.programs) {
      const weight = rates[index]! * share;
      visits += weight;
      sum += weight * workSeconds;
      square += weight * workSeconds * workSeconds * (1 + variation * variation);
    }
  });
  return sum > 0 ? Math.max(0, (square * visits) / (sum * sum) - 1) : 0;
}

function stationRate({ network, rates }: Flows, station: number): number {
  return network.operations.reduce((sum, { station: at }, index) => sum + (at === station ? rates[index]! : 0), 0);
}

function isHeld({ network, rates, alone }: Flows, station: number): boolean {
  return network.operations.some(
    (operation, index) => operation.station === station && rates[index]! * alone[index]!.mean > 0,
  );
}

/** Stations with all they wait for before them, as far as they do not wait for each other in a circle. */
export function stationsCalleesFirst(network: LayeredNetwork): number[] {
  const callees = network.stations.map(() => new Set<number>());
  for (const operation of network.operations) {
    for (const { call } of callsOf(operation)) {
      if (!call.isAsync) callees[operation.station]!.add(network.operations[call.operation]!.station);
    }
  }
  const seen = new Set<number>();
  const order: number[] = [];
  const visit = (station: number): void => {
    if (seen.has(station)) return;
    seen.add(station);
    for (const callee of callees[station]!) visit(callee);
    order.push(station);
  };
  network.stations.forEach((_, station) => {
    visit(station);
  });
  return order;
}
