import type { Suspect } from "../contracts/incident.ts";
import type { FaultCase } from "./cases.ts";
import { bootstrap, type Estimate, meanOf, proportion } from "./statistics.ts";

/** How deep a ranked list is looked at. */
export const RANK_DEPTH = 5;

/** Chance that the guilty node is among the first 1, 2, … 5: 0 or 1 unless it ties with others. */
export type HitsAtDepth = readonly number[];

export const NO_HITS: HitsAtDepth = new Array<number>(RANK_DEPTH).fill(0);

export interface RootCauseRates {
  readonly cases: number;
  readonly ac1: Estimate;
  readonly ac3: Estimate;
  /** Mean of AC@1 … AC@5, as RCAEval defines Avg@5. */
  readonly avg5: Estimate;
}

export interface KindRootCause {
  readonly fault: string;
  readonly rates: RootCauseRates;
}

export interface CaseHits {
  readonly fault: FaultCase;
  readonly hits: HitsAtDepth;
}

/** Hits of a ranked list of nodes, best first. A node named twice counts at its better place; a short list misses. */
export function hitsOfList(nodes: readonly string[], guilty: string): HitsAtDepth {
  const rank = [...new Set(nodes)].indexOf(guilty);
  return NO_HITS.map((_, depth) => (rank >= 0 && rank <= depth ? 1 : 0));
}

export function hitsOfSuspects(suspects: readonly Suspect[], guilty: string): HitsAtDepth {
  return hitsOfList(
    suspects.map((suspect) => suspect.node),
    guilty,
  );
}

export function rootCauseRates(rows: readonly CaseHits[], seed: number): RootCauseRates {
  const sumAt = (depth: number) => rows.reduce((sum, row) => sum + row.hits[depth - 1]!, 0);
  return {
    cases: rows.length,
    ac1: proportion(sumAt(1), rows.length),
    ac3: proportion(sumAt(3), rows.length),
    avg5: bootstrap(
      rows.map((row) => meanOf(row.hits)),
      meanOf,
      seed,
    ),
  };
}

/** The same per kind of fault as labelled, sorted by name. */
export function rootCauseByKind(rows: readonly CaseHits[], seed: number): KindRootCause[] {
  const groups = Map.groupBy(rows, (row) => row.fault.fault.fault);
  return [...groups]
    .map(([fault, group]) => ({ fault, rates: rootCauseRates(group, seed) }))
    .toSorted((a, b) => (a.fault < b.fault ? -1 : 1));
}

/** What a random ranking of `nodeCount` nodes reaches: AC@k = min(k, n)/n. Null without nodes. */
export function randomRankingExpectation(nodeCount: number): { ac1: number; ac3: number; avg5: number } | null {
  if (nodeCount < 1) return null;
  const at = (depth: number) => Math.min(depth, nodeCount) / nodeCount;
  return { ac1: at(1), ac3: at(3), avg5: meanOf(NO_HITS.map((_, depth) => at(depth + 1))) };
}
