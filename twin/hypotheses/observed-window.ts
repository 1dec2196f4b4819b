import type { Observation } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";

/** Own time of visits (wait and work, without calls), seconds, with the instance each was at. */
export interface OwnTimes {
  readonly seconds: readonly number[];
  readonly instance: readonly number[];
}

/** What a window shows that the hypotheses are held against. */
export interface ObservedWindow {
  readonly ownTimes: ReadonlyMap<number, OwnTimes>;
  /** By edge, seconds. */
  readonly gaps: ReadonlyMap<number, readonly number[]>;
  /** By callee node: calls made, and those that nobody was seen to answer. */
  readonly calls: ReadonlyMap<number, { readonly made: number; readonly missing: number }>;
  /** By operation, then program. */
  readonly programs: ReadonlyMap<number, ReadonlyMap<number, number>>;
}

export function observeWindow(window: Observation): ObservedWindow {
  return { ...observeVisits(window), ...observeCalls(window) };
}

function observeVisits({ visits, topology }: Observation): Pick<ObservedWindow, "ownTimes" | "programs"> {
  const ownTimes = new Map<number, { seconds: number[]; instance: number[] }>();
  const programs = new Map<number, Map<number, number>>();
  for (let row = 0; row < visits.count; row++) {
    if (visits.isPartial[row] === 1) continue;
    const operation = visits.operation[row]!;
    const { node } = topology.operations[operation]!;
    const own = ownTimes.get(node) ?? { seconds: [], instance: [] };
    ownTimes.set(node, own);
    own.seconds.push(visits.selfSeconds[row]! + visits.lagSeconds[row]!);
    own.instance.push(visits.instance[row]!);
    const counts = programs.get(operation) ?? new Map<number, number>();
    programs.set(operation, counts);
    counts.set(visits.program[row]!, (counts.get(visits.program[row]!) ?? 0) + 1);
  }
  return { ownTimes, programs };
}

function observeCalls({ calls, topology }: Observation): Pick<ObservedWindow, "gaps" | "calls"> {
  const gaps = new Map<number, number[]>();
  const made = new Map<number, { made: number; missing: number }>();
  for (let row = 0; row < calls.count; row++) {
    const edge = topology.edges[calls.edge[row]!]!;
    const gap = calls.gapSeconds[row]!;
    if (!Number.isNaN(gap)) pushTo(gaps, edge.index, Math.max(0, gap));
    const { node } = topology.operations[edge.calleeOperation]!;
    const count = made.get(node) ?? { made: 0, missing: 0 };
    made.set(node, { made: count.made + 1, missing: count.missing + (calls.calleeVisit[row] === -1 ? 1 : 0) });
  }
  return { gaps, calls: made };
}
