import type { StationStructure } from "../../src/contracts/forecast.ts";
import { invertFifo, invertPsIntervals } from "./inversion.ts";
import type { SelfIntervals } from "./self-intervals.ts";

/**
 * Service times that a station of this structure must have given, from arrivals (ascending), departures, the time each
 * visit waited for its calls and when it did own work; seconds, in order of arrival. Not positive where the structure
 * contradicts the data.
 */
export function invert(
  structure: StationStructure,
  arrivals: Float64Array,
  departures: Float64Array,
  childSeconds: Float64Array,
  selfIntervals: SelfIntervals,
): Float64Array {
  if (structure.discipline === "fifo") {
    return invertFifo(arrivals, departures, childSeconds, structure.serverCount).serviceSeconds;
  }
  if (structure.discipline === "ps") {
    return invertPsIntervals(selfIntervals, arrivals.length, structure.serverCount);
  }
  return departures.map((departure, i) => departure - arrivals[i]! - childSeconds[i]!);
}
