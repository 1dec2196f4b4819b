import type { Change } from "../../src/contracts/what-if.ts";
import type { OperationSpec, ProgramSpec } from "../kernel/spec.ts";
import { edgesAt, type NamedNetwork, operationsOf, stationOf } from "./named-network.ts";
import { ScenarioError } from "./scenario-error.ts";

type CacheChange = Extract<Change, { readonly verb: "cacheHit" }>;

/**
 * Gives call programs of a hit the share wanted and those of a miss the rest, each in their old proportions. An operation
 * has a cache when some of its programs call stations (databases, externals) that others of them do not: these are the
 * hits. A target that is itself a cache stands for all who call it.
 *
 * @throws {ScenarioError} when no operation of the target has both.
 */
export function editedForHits(network: NamedNetwork, change: CacheChange): ReadonlyMap<number, OperationSpec> {
  const edited = new Map<number, OperationSpec>();
  for (const index of lookers(network, change)) {
    const operation = network.spec.operations[index]!;
    const isMiss = missesOf(network, operation.programs);
    const misses = shareOf(operation.programs, isMiss);
    if (misses > 0 && misses < 1) {
      const programs = operation.programs.map((program, k) => ({
        ...program,
        probability: isMiss[k]
          ? (program.probability * (1 - change.share)) / misses
          : (program.probability * change.share) / (1 - misses),
      }));
      edited.set(index, { ...operation, programs });
    }
  }
  if (edited.size === 0) {
    const rule = "shows no cache: none of its operations was seen both with and without its calls to a database";
    throw new ScenarioError(change, change.target, rule);
  }
  return edited;
}

function lookers(network: NamedNetwork, change: CacheChange): Iterable<number> {
  const isCache = network.stations.some((each) => each.kind === "cache" && each.name === change.target);
  if (!isCache) {
    return operationsOf(network, change.target);
  }
  const cache = stationOf(network, change.target);
  const incoming = new Set(edgesAt(network, cache));
  return network.spec.operations.flatMap((operation, index) =>
    operation.programs.some((program) => program.groups.flat().some((call) => incoming.has(call.edge))) ? [index] : [],
  );
}

/** Programs that call a store which not all programs of the operation call. */
function missesOf(network: NamedNetwork, programs: readonly ProgramSpec[]): boolean[] {
  const stores = programs.map((program) => storesCalled(network, program));
  return stores.map((called) => [...called].some((store) => !stores.every((each) => each.has(store))));
}

function storesCalled(network: NamedNetwork, program: ProgramSpec): ReadonlySet<number> {
  const { spec } = network;
  const called = program.groups.flat().map((call) => spec.operations[spec.edges[call.edge]!.calleeOperation]!.station);
  return new Set(called.filter((station) => ["database", "external"].includes(network.stations[station]!.kind)));
}

function shareOf(programs: readonly ProgramSpec[], isMember: readonly boolean[]): number {
  return programs.reduce((sum, program, k) => sum + (isMember[k] ? program.probability : 0), 0);
}
