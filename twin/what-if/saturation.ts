import type { Bottleneck, Saturation } from "../../src/contracts/what-if.ts";
import type { Headroom, Resource } from "../forecast/headroom.ts";
import type { NetworkSpec } from "../kernel/spec.ts";
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
      const named = bottleneckName(network, bottleneck);
      const key = JSON.stringify(named);
      const entry = counts.get(key) ?? { bottleneck: named, count: 0 };
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

function bottleneckName(network: NamedNetwork, { kind, station, pool }: Resource): Bottleneck {
  return {
    service: network.stations[station]!.name,
    resource: kind,
    to: kind === "connections" ? calleeOfPool(network, network.spec, pool) : null,
  };
}

function calleeOfPool(network: NamedNetwork, spec: NetworkSpec, pool: number): string | null {
  const edge = spec.edges.find((each) => each.pool === pool);
  return edge === undefined ? null : network.stations[spec.operations[edge.calleeOperation]!.station]!.name;
}
