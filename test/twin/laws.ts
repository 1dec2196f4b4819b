import type { NetworkSpec } from "../../twin/kernel/spec.ts";
import type { Row } from "./networks.ts";

/** ∫ f(number of intervals open) dt. */
export function integrate(intervals: readonly (readonly [number, number])[], f: (present: number) => number): number {
  const changes = intervals.flatMap(([from, to]) => [
    { at: from, by: 1 },
    { at: to, by: -1 },
  ]);
  changes.sort((a, b) => a.at - b.at);
  let present = 0;
  let last = 0;
  let total = 0;
  for (const { at, by } of changes) {
    total += present > 0 ? f(present) * (at - last) : 0;
    present += by;
    last = at;
  }
  return total;
}

export function byReplica(rows: readonly Row[], spec: NetworkSpec): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${spec.operations[row.operation]!.station}/${row.replica}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  return groups;
}
