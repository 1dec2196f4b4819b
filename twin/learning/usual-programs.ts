import type { LearnedVisit } from "./learned-visit.ts";

/** Calls whose spans were lost make programs of their own, each of a few visits. */
const USUAL_SHARE_MIN = 0.1;
/** An operation with so many ways that few are usual shows nothing by this: then all of its visits count. */
const USUAL_VISITS_SHARE_MIN = 0.5;

/**
 * Marks the visits that ran a usual program of their operation. The others may be visits some of whose calls were not
 * seen, so that the time those took passes for own work.
 */
export function usualVisits(runs: readonly (readonly LearnedVisit[])[]): Uint8Array<ArrayBuffer>[] {
  const visitsOf = new Map<number, number>();
  const byProgram = new Map<number, { operation: number; visits: number }>();
  for (const { operation, program } of runs.flat()) {
    visitsOf.set(operation, (visitsOf.get(operation) ?? 0) + 1);
    const known = byProgram.get(program) ?? { operation, visits: 0 };
    known.visits++;
    byProgram.set(program, known);
  }
  const usual = new Set<number>();
  const usualVisitsOf = new Map<number, number>();
  for (const [program, { operation, visits }] of byProgram) {
    if (visits >= USUAL_SHARE_MIN * visitsOf.get(operation)!) {
      usual.add(program);
      usualVisitsOf.set(operation, (usualVisitsOf.get(operation) ?? 0) + visits);
    }
  }
  const isVaried = (operation: number): boolean =>
    (usualVisitsOf.get(operation) ?? 0) < USUAL_VISITS_SHARE_MIN * visitsOf.get(operation)!;
  return runs.map((run) =>
    Uint8Array.from(run, ({ operation, program }) => (usual.has(program) || isVaried(operation) ? 1 : 0)),
  );
}
