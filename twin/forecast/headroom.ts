import type { NetworkSpec } from "../kernel/spec.ts";
import { type LayeredSaturation, saturation } from "../theory/layered-saturation.ts";
import { layeredNetwork, layeredRates } from "./network-means.ts";

/** Something a visit takes and gives back, of which there is only so much. */
export interface Resource {
  readonly kind: "servers" | "workers" | "connections";
  readonly station: number;
  /** Index of the pool of connections, −1 for the others. */
  readonly pool: number;
}

export interface Headroom {
  /** How many times the given rates the network can take; Infinity when nothing limits it. */
  readonly factor: number;
  /** What is used up first; null when nothing is. */
  readonly bottleneck: Resource | null;
}

/** Calls deeper than this are a circle: what lies below is left out, as the simulator does. */
const MAX_DEPTH = 100;

/**
 * The load the network can take, with what queueing below adds to the time that servers, workers and connections are
 * held. Timeouts, retries and refusals are left out: calls tried again come on top.
 *
 * @param ratePerSecond exogenous visits by operation
 */
export function headroom(spec: NetworkSpec, ratePerSecond: Float64Array): Headroom {
  const network = layeredNetwork(spec);
  const { factor, bottleneck } = saturation(network, layeredRates(network, ratePerSecond));
  return { factor, bottleneck: bottleneck === null ? null : resourceOf(spec, bottleneck) };
}

function resourceOf(spec: NetworkSpec, { station, resource }: NonNullable<LayeredSaturation["bottleneck"]>): Resource {
  const pool = station - spec.stations.length;
  if (pool >= 0) {
    return { kind: "connections", station: spec.pools![pool]!.station, pool };
  }
  // What a FIFO station has are servers, though they are held as workers are.
  const kind = spec.stations[station]!.discipline === "fifo" ? "servers" : resource;
  return { kind, station, pool: -1 };
}

/** Visits per second by operation: those from outside and those called. */
export function visitRates(spec: NetworkSpec, ratePerSecond: Float64Array): Float64Array {
  const total = ratePerSecond.slice();
  let wave = ratePerSecond.slice();
  for (let depth = 0; depth < MAX_DEPTH && wave.some((rate) => rate > 0); depth++) {
    const next = new Float64Array(wave.length);
    spec.operations.forEach((operation, caller) => {
      for (const program of operation.programs) {
        for (const { edge } of program.groups.flat()) {
          next[spec.edges[edge]!.calleeOperation]! += wave[caller]! * program.probability;
        }
      }
    });
    next.forEach((rate, operation) => {
      total[operation]! += rate;
    });
    wave = next;
  }
  return total;
}
