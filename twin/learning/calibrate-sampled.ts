import { normalQuantile } from "../identification/normal-quantile.ts";
import { lognormalTable } from "../identification/sampled-station.ts";
import type { StructureFit } from "../identification/simulation-matching.ts";
import type { StructureKnowledge } from "./knowledge.ts";
import { type LevelsOfNode, ownSecondsOf } from "./load-levels.ts";
import type { MatchedStructures } from "./matched-structures.ts";
import { programTables, type SortedVisits } from "./program-tables.ts";
import { Reference } from "./reference.ts";

/**
 * Structures of a node that is seen in part, each with the service times that matching found for it. Until matching can
 * say anything, what is seen is taken as it is: work, and nothing that waits.
 */
export function sampledStructures(
  runs: readonly SortedVisits[],
  levels: LevelsOfNode,
  matched: MatchedStructures | null,
  programCounts: ReadonlyMap<number, number>,
): StructureKnowledge[] {
  return matched === null
    ? [asSeen(runs, programCounts)]
    : matched.fits.map((fit) => fitted(fit, runs, levels, programCounts));
}

function asSeen(runs: readonly SortedVisits[], programCounts: ReadonlyMap<number, number>): StructureKnowledge {
  const structure = { discipline: "delay", serverCount: Number.POSITIVE_INFINITY } as const;
  const ownOf = ({ visits }: SortedVisits): Float64Array => Float64Array.from(visits, ownSecondsOf);
  const own = new Map<number, number[]>();
  for (const { visits } of runs) {
    for (const visit of visits) {
      const list = own.get(visit.operation) ?? [];
      own.set(visit.operation, list);
      list.push(ownSecondsOf(visit));
    }
  }
  const service = new Map([...own].map(([operation, list]) => [operation, new Reference(Float64Array.from(list))]));
  return { structure, service, programs: programTables(structure, runs, programCounts, ownOf) };
}

function fitted(
  fit: StructureFit,
  runs: readonly SortedVisits[],
  { kindOf }: LevelsOfNode,
  programCounts: ReadonlyMap<number, number>,
): StructureKnowledge {
  const meanOf = (operation: number): number => fit.meanSeconds[kindOf(operation)]!;
  const ranks = ranksOf(runs);
  const logVariance = Math.log1p(fit.variation ** 2);
  const serviceOf = ({ visits }: SortedVisits): Float64Array =>
    Float64Array.from(visits, (visit) => {
      const z = normalQuantile(ranks.get(visit)!);
      return meanOf(visit.operation) * Math.exp(z * Math.sqrt(logVariance) - logVariance / 2);
    });
  const operations = new Set(runs.flatMap(({ visits }) => visits.map(({ operation }) => operation)));
  const service = new Map(
    [...operations].map((operation) => [operation, new Reference(lognormalTable(meanOf(operation), fit.variation))]),
  );
  return { structure: fit.structure, service, programs: programTables(fit.structure, runs, programCounts, serviceOf) };
}

/**
 * Place of each visit among those of its operation by own time, in (0, 1). The service time of a single visit cannot be
 * known where others were not seen; the longer it stayed, the more work it is taken to have been, so that programs that
 * take longer keep longer segments.
 */
function ranksOf(runs: readonly SortedVisits[]): Map<SortedVisits["visits"][number], number> {
  const byOperation = new Map<number, SortedVisits["visits"][number][]>();
  for (const visit of runs.flatMap(({ visits }) => visits)) {
    const list = byOperation.get(visit.operation) ?? [];
    byOperation.set(visit.operation, list);
    list.push(visit);
  }
  const ranks = new Map<SortedVisits["visits"][number], number>();
  for (const list of byOperation.values()) {
    list.sort((a, b) => ownSecondsOf(a) - ownSecondsOf(b));
    list.forEach((visit, rank) => {
      ranks.set(visit, (rank + 0.5) / list.length);
    });
  }
  return ranks;
}
