/**
 * How high scores get when nothing is wrong: upper quantiles of the scores of clean windows of applications that the
 * model was not trained on. Beyond the last one the tail is taken to fall off exponentially, as log odds do.
 */
export interface NullScores {
  /** Ascending. */
  readonly scores: readonly number[];
  /** Chance of a score of at least that, descending; the first is 1. */
  readonly chances: readonly number[];
  /** Rise of a score, beyond the last, for which its chance falls to 1/e. */
  readonly tailScale: number;
}

/** Chances at which quantiles are kept; more of them would say more than there were windows. */
const CHANCES = [
  0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 0.0005, 0.0003, 0.0002, 0.0001,
];
/** A quantile needs so many scores above it. */
const SCORES_ABOVE_MIN = 10;
/** The tail begins here, at the latest. */
const TAIL_FROM = 0.01;

/** Fewer say nothing of the tail. */
export const CLEAN_SCORES_MIN = 1000;

/** @throws {RangeError} when there are fewer than `CLEAN_SCORES_MIN` */
export function nullScoresOf(scores: ArrayLike<number>): NullScores {
  if (scores.length < CLEAN_SCORES_MIN)
    throw new RangeError(`${scores.length} clean scores: at least ${CLEAN_SCORES_MIN} are needed`);
  const sorted = Float64Array.from(scores).sort();
  const n = sorted.length;
  const chances = CHANCES.filter((chance) => chance * n >= SCORES_ABOVE_MIN);
  const quantiles = chances.map((chance) => sorted[n - Math.ceil(chance * n)]!);
  const tail = sorted.subarray(n - Math.max(SCORES_ABOVE_MIN, Math.ceil(TAIL_FROM * n)));
  const meanExcess = tail.reduce((sum, score) => sum + score - tail[0]!, 0) / tail.length;
  return {
    scores: [sorted[0]!, ...quantiles],
    chances: [1, ...chances],
    // What few scores say of a tail is uncertain by 1/√n: it is taken to be as heavy as they allow.
    tailScale: Math.max(1e-3, meanExcess * (1 + 2 / Math.sqrt(tail.length))),
  };
}

/** Chance of a score of at least `score` when nothing is wrong, in (0, 1]; log-linear between quantiles. */
export function pValueOf(score: number, { scores, chances, tailScale }: NullScores): number {
  if (!(score > scores[0]!)) return 1;
  const above = scores.findIndex((each) => each >= score);
  if (above < 0) return chances.at(-1)! * Math.exp((scores.at(-1)! - score) / tailScale);
  const [low, high] = [scores[above - 1]!, scores[above]!];
  const part = high > low ? (score - low) / (high - low) : 1;
  return chances[above - 1]! * (chances[above]! / chances[above - 1]!) ** part;
}
