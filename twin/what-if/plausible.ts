import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { Scenario } from "../../src/contracts/what-if.ts";
import { networkWith } from "./draw-network.ts";
import type { WhatIfModel } from "./model.ts";
import { ScenarioError } from "./scenario-error.ts";
import { isStationChange, reasonAgainst, type StationChange } from "./station-edits.ts";

/**
 * The model without the structures to which a change of the scenario cannot be made: who throttles a processor knows that
 * there is one.
 *
 * @throws {ScenarioError} when none is left.
 */
export function structuresThatFit(model: WhatIfModel, scenario: Scenario): WhatIfModel {
  const changes = scenario.changes.filter(isStationChange);
  const structures = model.structures.map((plausible, station) => {
    const { name } = model.network.stations[station]!;
    const own = changes.filter((change) => change.service === name);
    const hasWorkers = model.network.spec.stations[station]!.workerCount !== undefined;
    const fitting = plausible.filter(({ structure }) => misfit(structure, own, hasWorkers) === null);
    if (fitting.length === 0) {
      const { change, reason } = misfit(plausible[0]!.structure, own, hasWorkers)!;
      throw new ScenarioError(change, "count" in change ? change.count : name, `at ${name} ${reason}`);
    }
    return fitting;
  });
  const narrowed = { ...model, structures };
  const best = structures.map(() => 0);
  return { ...narrowed, network: { ...model.network, spec: networkWith(narrowed, best) } };
}

/** The first change that does not fit, and why. */
function misfit(
  learned: StationStructure,
  changes: readonly StationChange[],
  hadWorkers: boolean,
): { readonly change: StationChange; readonly reason: string } | null {
  let structure = learned;
  let hasWorkers = hadWorkers;
  for (const change of changes) {
    const reason = reasonAgainst(change, structure, hasWorkers);
    if (reason !== null) {
      return { change, reason };
    }
    hasWorkers ||= change.verb === "workers";
    if (change.verb === "servers" && structure.discipline === "delay") {
      structure = { discipline: "fifo", serverCount: change.count };
    }
  }
  return null;
}
