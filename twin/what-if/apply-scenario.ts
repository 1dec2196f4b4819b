import type { Change, Scenario } from "../../src/contracts/what-if.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
import { editedForHits } from "./cache-edit.ts";
import { durationTable } from "./distribution.ts";
import { type EdgeChange, editEdges } from "./edge-edits.ts";
import { edgesAt, edgesOf, type NamedNetwork, operationsOf, stationOf } from "./named-network.ts";
import { madeFor, ScenarioError } from "./scenario-error.ts";
import { editStation, isStationChange } from "./station-edits.ts";
import { editOperations, scaleWork, setMeanWork, setWork } from "./work-edits.ts";

/**
 * The network with the changes made, one after the other; what no change names stays the very same object, so that equal
 * dice give equal results there. Changes to traffic leave the network alone: see `scaleTraffic`.
 *
 * @throws {ScenarioError} naming the change that does not fit this network.
 */
export function applyScenario(network: NamedNetwork, scenario: Scenario): NetworkSpec {
  return scenario.changes.reduce(
    (spec, change) => madeFor(change, () => applyChange({ ...network, spec }, change)),
    network.spec,
  );
}

function applyChange(network: NamedNetwork, change: Change): NetworkSpec {
  const { spec } = network;
  if (isStationChange(change)) {
    return editStation(spec, stationOf(network, change.service), change);
  }
  switch (change.verb) {
    case "traffic":
    case "mix":
      return spec;
    case "serviceTime": {
      const operations = operationsOf(network, change.target);
      const { to } = change;
      return "factor" in to
        ? scaleWork(spec, new Map(operations.map((each) => [each, to.factor])))
        : setMeanWork(spec, operations, to.meanSeconds);
    }
    case "device":
      return setWork(spec, operationsOf(network, change.service), durationTable(change.distribution));
    case "cacheHit": {
      const edited = editedForHits(network, change);
      return editOperations(spec, edited.keys(), (_, index) => edited.get(index)!);
    }
    default:
      return editEdges(spec, edgesMeant(network, change), change);
  }
}

/** @throws {ScenarioError} when there are none, or none that the caller waits for where the change is about waiting. */
function edgesMeant(network: NamedNetwork, change: EdgeChange): number[] {
  if (change.verb === "placement") {
    return edgesAt(network, stationOf(network, change.service));
  }
  const edges = edgesOf(network, change.edge);
  if (change.verb === "edgeDelay" || change.verb === "edgeLoss") {
    return edges;
  }
  const awaited = edges.filter((edge) => !network.spec.edges[edge]!.isAsync);
  if (awaited.length === 0) {
    const value = `${change.edge.from}->${change.edge.to}`;
    throw new ScenarioError(change, value, "cannot be changed so: the caller does not wait there");
  }
  return awaited;
}
