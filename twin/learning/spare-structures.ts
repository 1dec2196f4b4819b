import type { StationStructure } from "../../src/contracts/forecast.ts";
import { mostInFlight } from "../identification/implied-services.ts";
import type { StructureService } from "./knowledge.ts";
import type { SortedVisits } from "./program-tables.ts";

/** Numbers of servers tried, as multiples of the most visits that were ever present at once. */
const MULTIPLES = [1, 1.5, 2, 3, 4];

/**
 * Structures with so many servers that nobody ever had to wait: as good as endless ones at the load learned from. They
 * stand beside the plausible structure that has no end of servers; where there is none, waiting was seen, and none is spare.
 */
export function spareStructures(known: readonly StructureService[], runs: readonly SortedVisits[]): StructureService[] {
  const most = runs.reduce((largest, run) => Math.max(largest, mostInFlight(run)), 1);
  const endless = known.find(({ structure }) => structure.serverCount >= most);
  if (endless === undefined) return [];
  const isKnown = ({ discipline, serverCount }: StationStructure): boolean =>
    known.some(({ structure }) => structure.discipline === discipline && structure.serverCount === serverCount);
  return [...new Set(MULTIPLES.map((multiple) => Math.round(multiple * most)))]
    .flatMap((serverCount) => (["fifo", "ps"] as const).map((discipline) => ({ discipline, serverCount })))
    .filter((structure) => !isKnown(structure))
    .map((structure) => ({ ...endless, structure }));
}
