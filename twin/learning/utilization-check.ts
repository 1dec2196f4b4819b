import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { invert } from "../identification/invert.ts";
import { checkUtilization, type ResourceReadings, type UtilizationCheck } from "../identification/resource-hints.ts";
import type { SortedVisits } from "./program-tables.ts";

/**
 * Measured use of CPU of a node against the own work of its visits under a structure, over the instances that were measured
 * while those visits came. Null when none was.
 */
export function measuredAgainstExplained(
  structure: StationStructure,
  runs: readonly SortedVisits[],
  resources: ResourceReadings,
  topology: Topology,
): UtilizationCheck | null {
  let explainedCpus = 0;
  let measuredCpus = 0;
  for (const { instance, arrivals, departures, childSeconds, selfIntervals } of runs) {
    const { name, node } = topology.instances[instance]!;
    const fromSeconds = arrivals[0]!;
    const untilSeconds = departures.reduce((last, each) => Math.max(last, each), fromSeconds);
    const measured = resources.cpusUsed(topology.nodes[node]!.name, name, fromSeconds, untilSeconds);
    if (Number.isNaN(measured)) continue;
    measuredCpus += measured;
    const serviceSeconds = invert(structure, arrivals, departures, childSeconds, selfIntervals);
    const workSeconds = serviceSeconds.reduce((sum, seconds) => sum + Math.max(0, seconds), 0);
    explainedCpus += workSeconds / (untilSeconds - fromSeconds);
  }
  return checkUtilization(structure, explainedCpus, measuredCpus);
}
