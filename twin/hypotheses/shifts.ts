import type { Reference } from "../learning/reference.ts";

/** A share of samples that come so many seconds later. */
export interface Shift {
  readonly weight: number;
  readonly seconds: number;
}

/** Weights sum to 1. */
export type Shifts = readonly Shift[];

/** A delay is the same for all, give or take jitter, and the calls that need another round trip. */
const JITTER: Shifts = [
  { weight: 0.15, seconds: 0.6 },
  { weight: 0.2, seconds: 0.8 },
  { weight: 0.3, seconds: 1 },
  { weight: 0.2, seconds: 1.25 },
  { weight: 0.15, seconds: 2 },
];
/** What is lost is sent again after Linux's shortest timeout, doubled each time, or after that of an opening connection. */
const RETRANSMISSIONS: Shifts = [
  { weight: 0.7, seconds: 0.2 },
  { weight: 0.12, seconds: 0.6 },
  { weight: 0.12, seconds: 1 },
  { weight: 0.06, seconds: 1.4 },
];
/** Steps in which a stall's remaining time is spread. */
const STALL_STEPS = 8;

export function delayShifts(seconds: number): Shifts {
  return JITTER.map((each) => ({ weight: each.weight, seconds: each.seconds * seconds }));
}

/** @param share of calls that lose a message, in [0, 1] */
export function lossShifts(share: number): Shifts {
  return [{ weight: 1 - share, seconds: 0 }, ...RETRANSMISSIONS.map((each) => weighted(each, share))];
}

/** A share of samples meets a stall of up to so many seconds at a time that knows nothing of it: what is left is uniform. */
export function stallShifts(share: number, longestSeconds: number): Shifts {
  const steps = Array.from({ length: STALL_STEPS }, (_, k): Shift => {
    return { weight: share / STALL_STEPS, seconds: ((k + 0.5) / STALL_STEPS) * longestSeconds };
  });
  return [{ weight: 1 - share, seconds: 0 }, ...steps];
}

function weighted({ weight, seconds }: Shift, by: number): Shift {
  return { weight: weight * by, seconds };
}

export function meanShiftSeconds(shifts: Shifts): number {
  return shifts.reduce((sum, each) => sum + each.weight * each.seconds, 0);
}

/** P(sample ≤ x) when samples of `reference` come later by `shifts`. */
export function shiftedShareUpTo(reference: Reference, shifts: Shifts, x: number): number {
  return shifts.reduce((sum, each) => sum + each.weight * reference.pit(x - each.seconds), 0);
}

/**
 * The same table with `shifts` added to the first of so many columns of each row. Rows are repeated until each shift can
 * have its share; which rows get which follows from golden-ratio steps, so that neighbours differ.
 */
export function shiftRows(table: Float64Array, columns: number, shifts: Shifts): Float64Array {
  const rows = table.length / columns;
  const copies = Math.max(1, Math.ceil(ROWS_MIN / Math.max(1, rows)));
  const shifted = new Float64Array(table.length * copies);
  for (let row = 0; row < rows * copies; row++) {
    const from = (row % rows) * columns;
    for (let column = 0; column < columns; column++) shifted[row * columns + column] = table[from + column]!;
    shifted[row * columns] = shifted[row * columns]! + shiftAt(shifts, (row * GOLDEN_STEP) % 1);
  }
  return shifted;
}

const GOLDEN_STEP = (Math.sqrt(5) - 1) / 2;
const ROWS_MIN = 256;

/** @param place in [0, 1) */
function shiftAt(shifts: Shifts, place: number): number {
  let below = 0;
  for (const { weight, seconds } of shifts) {
    below += weight;
    if (place < below) return seconds;
  }
  return shifts[shifts.length - 1]!.seconds;
}
