import type { Bottleneck, Saturation } from "../../src/contracts/what-if.ts";
import type { Headroom, Resource } from "../forecast/headroom.ts";
import type { NamedNetwork } from "./named-network.ts";

/** Where and when the network saturates, over replications. `requestsPerSecond`: the rate that the headrooms are factors of. */
export function saturationOf(
  network: NamedNetwork,
  headrooms: readonly Headroom[],
  requestsPerSecond: number,
): Saturation {
  const sorted = headrooms.map((each) => each.factor * requestsPerSecond).sort((a, b) => a - b);
  const at = (p: number): number | null => {
    const rate = sorted[Math.round(p * (sorted.length - 1))]!;
    return Number.isFinite(rate) ? rate : null;
  };
  const counts = new Map<string, { readonly bottleneck: Bottleneck; count: number }>();
  for (const { bottleneck } of headrooms) {
    if (bottleneck !== null) {
      const found = named(network, bottleneck);
      const key = JSON.stringify(found);
      const entry = counts.get(key) ?? { bottleneck: found, count: 0 };
      entry.count++;
      counts.set(key, entry);
    }
  }
  const candidates = [...counts.values()]
    .sort((a, b) => b.count - a.count)
    .map(({ bottleneck, count }) => ({ bottleneck, share: count / headrooms.length }));
  return {
    ratePerSecond: [at(0.05), at(0.5), at(0.95)],
    bottleneck: candidates[0]?.bottleneck ?? null,
    candidates,
  };
}

function named(network: NamedNetwork, { kind, station, pool }: Resource): Bottleneck {
  return {
    service: network.stations[station]!.name,
    resource: kind,
    to: kind === "connections" ? calleeOfPool(network, pool) : null,
    isAwaited: awaitedStations(network).has(station),
  };
}

/** Stations that some request waits for until it is answered: where it enters, and whatever is called from there and awaited. */
function awaitedStations({ spec, operations }: NamedNetwork): ReadonlySet<number> {
  const awaited = new Set(operations.flatMap(({ isEntry }, operation) => (isEntry ? [operation] : [])));
  // The set grows while it is walked, and the walk goes on over what was added.
  for (const operation of awaited) {
    for (const { edge } of spec.operations[operation]!.programs.flatMap((program) => program.groups.flat())) {
      const { isAsync, calleeOperation } = spec.edges[edge]!;
      if (!isAsync) {
        awaited.add(calleeOperation);
      }
    }
  }
  return new Set([...awaited].map((operation) => spec.operations[operation]!.station));
}

function calleeOfPool({ spec, stations }: NamedNetwork, pool: number): string | null {
  const edge = spec.edges.find((each) => each.pool === pool);
  return edge === undefined ? null : stations[spec.operations[edge.calleeOperation]!.station]!.name;
}
