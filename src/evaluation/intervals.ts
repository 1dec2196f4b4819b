/** [from, to] in unix seconds. */
export type Interval = readonly [number, number];

/** Sorted and disjoint; touching intervals become one. */
export function unionOf(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals.filter(([from, to]) => to > from).toSorted((a, b) => a[0] - b[0]);
  const union: [number, number][] = [];
  for (const [from, to] of sorted) {
    const last = union.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else union.push([from, to]);
  }
  return union;
}

export function totalSeconds(intervals: readonly Interval[]): number {
  return unionOf(intervals).reduce((sum, [from, to]) => sum + to - from, 0);
}

/** Seconds of `interval` that lie in any of `others`. */
export function overlapSeconds(interval: Interval, others: readonly Interval[]): number {
  return totalSeconds(others.map(([from, to]) => [Math.max(from, interval[0]), Math.min(to, interval[1])]));
}

/** Share of `interval` inside `others`; an instant is inside or not. */
export function overlapShare(interval: Interval, others: readonly Interval[]): number {
  const length = interval[1] - interval[0];
  if (length > 0) return overlapSeconds(interval, others) / length;
  return others.some(([from, to]) => from <= interval[0] && interval[0] <= to) ? 1 : 0;
}

/** Seconds of `intervals` outside all of `others`. */
export function secondsOutside(intervals: readonly Interval[], others: readonly Interval[]): number {
  return unionOf(intervals).reduce(
    (sum, interval) => sum + interval[1] - interval[0] - overlapSeconds(interval, others),
    0,
  );
}
