import type { StationStructure } from "../../src/contracts/forecast.ts";
import { invertFifo, invertPs } from "./inversion.ts";

/**
 * Service times that a station of this structure must have given, from arrivals (ascending), departures and the time
 * each visit waited for its calls; seconds, in order of arrival. Not positive where the structure contradicts the data.
 */
export function invert(
  structure: StationStructure,
  arrivals: Float64Array,
  departures: Float64Array,
  childSeconds: Float64Array,
): Float64Array {
  if (structure.discipline === "fifo") {
    return invertFifo(arrivals, departures, childSeconds, structure.serverCount).serviceSeconds;
  }
  if (structure.discipline === "ps") {
    return invertPs(arrivals, departures, structure.serverCount, childSeconds).serviceSeconds;
  }
  return departures.map((departure, i) => departure - arrivals[i]! - childSeconds[i]!);
}
