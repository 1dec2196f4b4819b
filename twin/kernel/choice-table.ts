/**
 * Choices among entries of given shares, one uniform number each, in a time that does not grow with their number.
 *
 * By inversion of the running sums, from a guide table (Chen and Asau 1974): u in the k-th n-th of (0, 1) starts its search
 * where that n-th starts, so about one step is left. Unlike an alias table, inversion is monotone: when shares move a
 * little, the same u nearly always makes the same choice, which is what common random numbers live by.
 */
export interface ChoiceTable {
  /** Running sums of the shares, by entry; each owner's start anew. */
  readonly cumulative: Float64Array;
  /** By entry: where the search starts. */
  readonly guide: Int32Array;
}

/** The shares of each owner, numbered through all owners; those of an owner sum to 1. */
export function choiceTable(sharesByOwner: readonly (readonly number[])[]): ChoiceTable {
  const count = sharesByOwner.reduce((sum, shares) => sum + shares.length, 0);
  const cumulative = new Float64Array(count);
  const guide = new Int32Array(count);
  let first = 0;
  for (const shares of sharesByOwner) {
    const end = first + shares.length;
    let sum = 0;
    shares.forEach((share, index) => {
      sum += share;
      cumulative[first + index] = sum;
    });
    let at = first;
    for (let entry = first; entry < end; entry++) {
      const uniform = (entry - first) / shares.length;
      while (at + 1 < end && cumulative[at]! <= uniform) at++;
      guide[entry] = at;
    }
    first = end;
  }
  return { cumulative, guide };
}
