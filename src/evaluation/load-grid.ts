import type { FaultCase } from "./cases.ts";
import { kindOfLabel, saidKind } from "./kind-confusion.ts";
import type { Matching } from "./match-events.ts";
import { bootstrap, type Estimate, proportion, quantileOf } from "./statistics.ts";

export interface LoadRecall {
  readonly load: string;
  readonly faults: number;
  readonly recall: Estimate;
}

/** Faults of one kind that came at one load. */
export interface GridCell {
  /** As labelled. */
  readonly fault: string;
  readonly load: string;
  readonly found: Estimate;
  /** Guilty node first at the end; one not found is a miss. */
  readonly rightNode: Estimate;
  /** Of the found: called by its kind at the end. Null when no verdict can name the kind. */
  readonly rightKind: Estimate;
  readonly delayMedianSeconds: Estimate;
  readonly cases: number;
}

/** Recall by the load at which the fault came: it should not depend on it. */
export function recallByLoad(cases: readonly FaultCase[], matching: Matching): LoadRecall[] {
  const detected = new Set(matching.detections.map((row) => row.fault));
  return [...Map.groupBy(cases, (row) => row.load)]
    .map(([load, group]) => ({
      load,
      faults: group.length,
      recall: proportion(group.filter((row) => detected.has(row)).length, group.length),
    }))
    .toSorted((a, b) => compareNames(a.load, b.load));
}

/** Kind of fault × load, sorted by both names; combinations that did not occur are absent. */
export function gridCells(cases: readonly FaultCase[], matching: Matching, seed: number): GridCell[] {
  const groups = Map.groupBy(cases, (row) => JSON.stringify([row.fault.fault, row.load]));
  const detections = new Map(matching.detections.map((row) => [row.fault, row]));
  return [...groups.values()]
    .map((group): GridCell => {
      const { fault, load } = group[0]!;
      const found = group.flatMap((row) => detections.get(row) ?? []);
      const right = found.filter((row) => row.alarm.atEnd.suspects[0]?.node === row.fault.fault.service);
      const kind = kindOfLabel(fault.fault);
      const named = found.filter(({ alarm }) => saidKind(alarm.atEnd, alarm.atEnd.suspects) === kind);
      const delays = found.map((row) => row.alarm.openedSeconds - row.fault.fault.start);
      return {
        fault: fault.fault,
        load,
        cases: group.length,
        found: proportion(found.length, group.length),
        rightNode: proportion(right.length, group.length),
        rightKind: proportion(named.length, kind === null ? 0 : found.length),
        delayMedianSeconds: bootstrap(delays, (sample) => quantileOf(sample, 0.5), seed),
      };
    })
    .toSorted((a, b) => compareNames(a.fault, b.fault) || compareNames(a.load, b.load));
}

/** "×10" after "×9". */
function compareNames(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}
