import type { OpenTrace } from "./trace-buffer.ts";

/** Part of a window, in event time. */
export interface Slice {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** A slice is no shorter: what is under way at its edges must stay a small part of it. */
const SLICE_SECONDS_MIN = 1;
/** Slices of windows that follow each other lie apart by this share of the room there is: the golden section leaves no gap long. */
const STEP = 0.618_033_988_749_895;

/**
 * Which part of each window is looked at visit by visit, for windows with more spans than `spansMax`: so many of them as that
 * are seen, whatever the rate. Where the slice lies depends on the number of the window alone, so it favours nobody.
 * Windows that are not named are seen whole.
 *
 * @param traces those that complete now; each counts for the window in which it is due
 */
export function planSlices(
  traces: readonly OpenTrace[],
  options: { readonly windowSeconds: number; readonly spansMax: number },
): Map<number, Slice> {
  const { windowSeconds, spansMax } = options;
  const spans = new Map<number, number>();
  for (const { dueSeconds, rows } of traces) {
    const index = Math.floor(dueSeconds / windowSeconds);
    spans.set(index, (spans.get(index) ?? 0) + rows.length);
  }
  const slices = new Map<number, Slice>();
  for (const [index, count] of spans) {
    const seconds = Math.max(SLICE_SECONDS_MIN, (windowSeconds * spansMax) / count);
    if (seconds >= windowSeconds) continue;
    const startSeconds = index * windowSeconds + ((index * STEP) % 1) * (windowSeconds - seconds);
    slices.set(index, { startSeconds, endSeconds: startSeconds + seconds });
  }
  return slices;
}
