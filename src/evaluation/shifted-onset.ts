import type { EvaluationRules, FaultCase } from "./cases.ts";
import { type CaseHits, type RootCauseRates, rootCauseRates } from "./root-cause.ts";
import { hitsOfScores, meanScores, rowsBetween, type ScoredTimeline } from "./scored-timeline.ts";

/** Ranking by node scores alone, given when the fault began, and given it too late. */
export interface OnsetRanking {
  readonly atOnset: RootCauseRates;
  readonly shifted: RootCauseRates;
}

/** Cases with data after the true onset and after the shifted one; the same for every scorer. */
export interface OnsetCases {
  readonly ranked: readonly FaultCase[];
  /** Names of those with no window in one of the two spans of time: absent data is not a signal. */
  readonly withoutData: readonly string[];
}

/** A case is in when any of the scorers has a window in each span. */
export function onsetCases(
  cases: readonly FaultCase[],
  timelines: readonly ScoredTimeline[],
  rules: EvaluationRules,
): OnsetCases {
  const hasData = ({ fault }: FaultCase) =>
    [fault.start, fault.start + rules.onsetShiftSeconds].every((onset) =>
      timelines.some((timeline) => rowsBetween(timeline, onset, onset + rules.rankingSeconds).length > 0),
    );
  return {
    ranked: cases.filter(hasData),
    withoutData: cases.filter((row) => !hasData(row)).map((row) => row.name),
  };
}

/** How high each case's guilty node ranks by mean score from its onset, and from the shifted one. */
export interface OnsetHits {
  readonly atOnset: readonly CaseHits[];
  readonly shifted: readonly CaseHits[];
}

export function onsetHits(cases: readonly FaultCase[], timeline: ScoredTimeline, rules: EvaluationRules): OnsetHits {
  const hitsFrom = (shiftSeconds: number): CaseHits[] =>
    cases.map((row) => {
      const onset = row.fault.start + shiftSeconds;
      const scores = meanScores(timeline, onset, onset + rules.rankingSeconds);
      return { fault: row, hits: hitsOfScores(scores, row.fault.service) };
    });
  return { atOnset: hitsFrom(0), shifted: hitsFrom(rules.onsetShiftSeconds) };
}

export function onsetRanking(hits: OnsetHits, seed: number): OnsetRanking {
  return { atOnset: rootCauseRates(hits.atOnset, seed), shifted: rootCauseRates(hits.shifted, seed) };
}
