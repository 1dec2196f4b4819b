import { flowsOf, type Layers, layersOf, stationsCalleesFirst } from "./layered-means.ts";
import { hasWorkers, type LayeredNetwork } from "./layered-network.ts";
import { capacityOf } from "./state-dependent-server.ts";
import type { Flows, Place } from "./worker-holding.ts";

export interface LayeredSaturation {
  /** How many times the given rates the network can take; Infinity when nothing limits it. */
  readonly factor: number;
  /** Requests from outside per second at which it saturates; Infinity when nothing limits it. */
  readonly ratePerSecond: number;
  /** What stops the growth: shared servers, or workers held too long; null when nothing does. */
  readonly bottleneck: { readonly station: number; readonly resource: "servers" | "workers" } | null;
}

/** The factor is bisected until it is known to this share of itself. */
const PRECISION = 5e-4;
/** What is nearly as full as the fullest and stands below it is the cause: those above only wait for it. */
const CAUSE_SHARE = 0.95;

/**
 * The load at which something cannot keep up any more when all rates from outside grow together, worker holding counted:
 * a pool of workers above a slow or busy callee is used up sooner than its own work says. The busiest replica decides.
 *
 * Bisection between 0 and the least of the bounds by demand alone (utilisation law with holding times of an empty
 * network), so it always ends. Throughput is exact or approximate as in `holdingOf`.
 *
 * @param entryRatePerSecond visits from outside, by operation
 */
export function saturation(network: LayeredNetwork, entryRatePerSecond: ArrayLike<number>): LayeredSaturation {
  const scaled = (factor: number): Float64Array => Float64Array.from(entryRatePerSecond, (rate) => rate * factor);
  const bound = demandBound(flowsOf(network, scaled(1), true));
  if (!Number.isFinite(bound)) return { factor: bound, ratePerSecond: bound, bottleneck: null };
  let low = 0;
  let high = bound;
  while (high - low > PRECISION * high) {
    const middle = (low + high) / 2;
    if (layersOf(network, scaled(middle), true).overloaded.length > 0) high = middle;
    else low = middle;
  }
  const ratePerSecond = scaled(low).reduce((sum, rate) => sum + rate, 0);
  return { factor: low, ratePerSecond, bottleneck: causeOf(layersOf(network, scaled(low), true)) };
}

function demandBound({ network, rates, alone, replicaShare }: Flows): number {
  const work = new Float64Array(network.stations.length);
  const held = new Float64Array(network.stations.length);
  network.operations.forEach(({ station, programs }, operation) => {
    const visits = rates[operation]! * replicaShare[station]!;
    for (const { share, workSeconds } of programs) work[station]! += visits * share * workSeconds;
    held[station]! += visits * alone[operation]!.mean;
  });
  const bounds = network.stations.map((each, station) =>
    Math.min(
      work[station]! > 0 ? each.sharedServerCount / work[station]! : Number.POSITIVE_INFINITY,
      hasWorkers(each) && held[station]! > 0 ? each.workerCount / held[station]! : Number.POSITIVE_INFINITY,
    ),
  );
  return Math.min(...bounds, Number.POSITIVE_INFINITY);
}

function causeOf({ flows, places }: Layers): LayeredSaturation["bottleneck"] {
  const depth = stationsCalleesFirst(flows.network);
  const fullness = ({ offeredLoad, workRates }: Place): number => offeredLoad / capacityOf(workRates);
  const fullest = Math.max(...[...places.values()].map(fullness));
  const [cause] = [...places.values()]
    .filter((place) => fullness(place) >= CAUSE_SHARE * fullest)
    .sort((a, b) => depth.indexOf(a.station) - depth.indexOf(b.station) || Number(a.isWorkers) - Number(b.isWorkers));
  return cause === undefined ? null : { station: cause.station, resource: cause.isWorkers ? "workers" : "servers" };
}
