import { type HitsAtDepth, NO_HITS } from "./root-cause.ts";
import { quantileOf } from "./statistics.ts";

/** Node scores of one scorer, window by window. */
export interface ScoredTimeline {
  /** End of each window in unix seconds, ascending. */
  readonly windowEndSeconds: readonly number[];
  /** Names by node index, of all nodes seen until the end. */
  readonly nodes: readonly string[];
  /** One row a window: fault probability by node index. Nodes only seen later are absent from the row; NaN = no score. */
  readonly probability: readonly Float64Array[];
  /** Visits (or calls into it, of a leaf station) by node index in each window, when they were kept. */
  readonly visits?: readonly Float64Array[];
}

/** Median visits of a node in the windows that end in (from, to]; null when nobody counted. */
export function medianVisits(
  timeline: ScoredTimeline,
  nodeName: string,
  fromSeconds: number,
  toSeconds: number,
): number | null {
  const node = timeline.nodes.indexOf(nodeName);
  const rows = rowsBetween(timeline, fromSeconds, toSeconds);
  if (timeline.visits === undefined || node < 0 || rows.length === 0) return null;
  return quantileOf(
    rows.map((row) => timeline.visits?.[row]?.[node] ?? 0),
    0.5,
  );
}

/** Rows of windows that end in (from, to]. */
export function rowsBetween(timeline: ScoredTimeline, fromSeconds: number, toSeconds: number): number[] {
  const rows: number[] = [];
  for (const [row, end] of timeline.windowEndSeconds.entries())
    if (end > fromSeconds && end <= toSeconds) rows.push(row);
  return rows;
}

/** Mean probability of each node over the windows that end in (from, to]; nodes without a score are absent. */
export function meanScores(timeline: ScoredTimeline, fromSeconds: number, toSeconds: number): Map<string, number> {
  const rows = rowsBetween(timeline, fromSeconds, toSeconds);
  const means = new Map<string, number>();
  for (const [node, name] of timeline.nodes.entries()) {
    let sum = 0;
    let count = 0;
    for (const row of rows) {
      const probability = timeline.probability[row]?.[node] ?? Number.NaN;
      if (Number.isNaN(probability)) continue;
      sum += probability;
      count += 1;
    }
    if (count > 0) means.set(name, sum / count);
  }
  return means;
}

/** Nodes by mean score, highest first; equal scores by name. */
export function rankedNodes(scores: ReadonlyMap<string, number>): string[] {
  return [...scores].toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).map(([name]) => name);
}

/**
 * Chance that the guilty node is among the first k when equal scores are put in random order: a scorer that says
 * nothing gets what guessing gets, not what the alphabet gives.
 */
export function hitsOfScores(scores: ReadonlyMap<string, number>, guilty: string): HitsAtDepth {
  const own = scores.get(guilty);
  if (own === undefined) return NO_HITS;
  let better = 0;
  let equal = 0;
  for (const score of scores.values()) {
    if (score > own) better += 1;
    else if (score === own) equal += 1;
  }
  return NO_HITS.map((_, depth) => Math.min(1, Math.max(0, (depth + 1 - better) / equal)));
}
