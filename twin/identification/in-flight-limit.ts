/** A limit of how many are in flight at once, as far as starts and ends alone show it. */
export interface InFlightLimit {
  /** Most that were ever in flight. */
  readonly count: number;
  /** Ends at that level that were followed by a start at once: somebody had been waiting. */
  readonly replacedShare: number;
  /** The same at lower levels, where it is chance. */
  readonly chanceShare: number;
}

/** A place that falls free is taken within this share of a typical stay, and within this time. */
const REPLACED_STAY_SHARE = 0.02;
const REPLACED_SECONDS_MAX = 0.002;
/** Fewer ends at the limit are no evidence. */
const ENDS_MIN = 30;
const REPLACED_SHARE_MIN = 0.3;
const CHANCE_RATIO_MIN = 3;

/**
 * Finds a limit behind which visits wait unseen: worker threads whose spans begin when a thread takes the request up (its
 * waiting shows in the callers' gap), or connections taken before the call's span begins. At such a limit whoever leaves is
 * followed at once by the next, which nobody does by chance below it.
 *
 * What cannot be told: a limit that was never reached; one whose waiting is inside the span (that is a FIFO station, found by
 * inversion); and where several limits stand in a row, any but the tightest.
 *
 * @param starts ascending, seconds. @returns null where nothing shows a limit.
 * @throws {RangeError} when the columns are not equally long.
 */
export function findInFlightLimit(starts: Float64Array, ends: Float64Array): InFlightLimit | null {
  if (starts.length !== ends.length) throw new RangeError(`ends: ${ends.length} must be as many as starts`);
  if (starts.length < ENDS_MIN) return null;
  const replacedWithinSeconds = Math.min(REPLACED_SECONDS_MAX, REPLACED_STAY_SHARE * typicalStay(starts, ends));
  const departures = ends.slice().sort();
  const endsAt: number[] = [];
  const replacedAt: number[] = [];
  let level = 0;
  let next = 0;
  for (const end of departures) {
    // Who starts at the very end of another takes his place.
    while (next < starts.length && starts[next]! < end) {
      next++;
      level++;
    }
    endsAt[level] = (endsAt[level] ?? 0) + 1;
    if (next < starts.length && starts[next]! - end <= replacedWithinSeconds) {
      replacedAt[level] = (replacedAt[level] ?? 0) + 1;
    }
    level--;
  }
  return limitOf(endsAt, replacedAt);
}

function limitOf(endsAt: readonly number[], replacedAt: readonly number[]): InFlightLimit | null {
  const count = endsAt.length - 1;
  const atLimit = endsAt[count] ?? 0;
  const below = sum(endsAt) - atLimit;
  const replaced = replacedAt[count] ?? 0;
  if (atLimit < ENDS_MIN) return null;
  const replacedShare = replaced / atLimit;
  const chanceShare = below === 0 ? 0 : (sum(replacedAt) - replaced) / below;
  const isLimit = replacedShare >= REPLACED_SHARE_MIN && replacedShare >= CHANCE_RATIO_MIN * chanceShare;
  return isLimit ? { count, replacedShare, chanceShare } : null;
}

function typicalStay(starts: Float64Array, ends: Float64Array): number {
  const stays = ends.map((end, i) => end - starts[i]!).sort();
  return stays[stays.length >> 1]!;
}

/** Levels nobody left are holes. */
function sum(counts: readonly number[]): number {
  let total = 0;
  counts.forEach((count) => {
    total += count;
  });
  return total;
}
