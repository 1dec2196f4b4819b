import type { EvaluationRules, FaultCase } from "./cases.ts";
import { type CaseHits, type RootCauseRates, rootCauseRates } from "./root-cause.ts";
import { hitsOfScores, meanScores, rowsBetween, type ScoredTimeline } from "./scored-timeline.ts";

/** Ranking by node scores alone, given when the fault began, and given it too late. */
export interface OnsetRanking {
  readonly atOnset: RootCauseRates;
  /** The faults that still last at the shifted onset, given that; and the same faults given the true one. */
  readonly shifted: RootCauseRates;
  readonly unshifted: RootCauseRates;
}

/** Cases that can be ranked; the same for every scorer. */
export interface OnsetCases {
  /** With data after the true onset. */
  readonly ranked: readonly FaultCase[];
  /** Those of them with data after the shifted onset that last through half of the time ranked by. */
  readonly lasting: readonly FaultCase[];
  /** Names of those with no data after the onset, and of those over or without data by the shifted one. */
  readonly withoutData: readonly string[];
  readonly overTooSoon: readonly string[];
}

/** A case is in when any of the scorers has a window in the span of time: absent data is not a signal. */
export function onsetCases(
  cases: readonly FaultCase[],
  timelines: readonly ScoredTimeline[],
  rules: EvaluationRules,
): OnsetCases {
  const { onsetShiftSeconds, rankingSeconds } = rules;
  const hasDataAfter = (onset: number) =>
    timelines.some((timeline) => rowsBetween(timeline, onset, onset + rankingSeconds).length > 0);
  const isLasting = ({ fault }: FaultCase) => {
    const onset = fault.start + onsetShiftSeconds;
    return fault.end >= onset + rankingSeconds / 2 && hasDataAfter(onset);
  };
  const ranked = cases.filter(({ fault }) => hasDataAfter(fault.start));
  const lasting = ranked.filter(isLasting);
  return {
    ranked,
    lasting,
    withoutData: cases.filter((row) => !ranked.includes(row)).map((row) => row.name),
    overTooSoon: ranked.filter((row) => !lasting.includes(row)).map((row) => row.name),
  };
}

/** How high each case's guilty node ranks by mean score from its onset, and from the shifted one. */
export interface OnsetHits {
  readonly atOnset: readonly CaseHits[];
  readonly shifted: readonly CaseHits[];
}

export function onsetHits(cases: OnsetCases, timeline: ScoredTimeline, rules: EvaluationRules): OnsetHits {
  const hitsFrom = (rows: readonly FaultCase[], shiftSeconds: number): CaseHits[] =>
    rows.map((row) => {
      const onset = row.fault.start + shiftSeconds;
      const scores = meanScores(timeline, onset, onset + rules.rankingSeconds);
      return { fault: row, hits: hitsOfScores(scores, row.fault.service) };
    });
  return { atOnset: hitsFrom(cases.ranked, 0), shifted: hitsFrom(cases.lasting, rules.onsetShiftSeconds) };
}

export function onsetRanking(hits: OnsetHits, seed: number): OnsetRanking {
  const lasting = new Set(hits.shifted.map((row) => row.fault));
  return {
    atOnset: rootCauseRates(hits.atOnset, seed),
    shifted: rootCauseRates(hits.shifted, seed),
    unshifted: rootCauseRates(
      hits.atOnset.filter((row) => lasting.has(row.fault)),
      seed,
    ),
  };
}
