/** A call a visit made, as offsets from the visit's arrival. */
export interface VisitCall {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly edge: number;
  readonly isAsync: boolean;
}

export interface GroupedCalls {
  /** Edge indices by group, sorted within a group. */
  readonly groups: readonly (readonly number[])[];
  /** Self segments: one more than groups. Their sum is the visit's self time. */
  readonly segments: readonly number[];
  /** How long each group kept the visit waiting. */
  readonly groupSeconds: readonly number[];
  readonly selfSeconds: number;
}

/** Two calls whose intervals overlap by more than this ran in parallel; less is clock grain (some SDKs cut to 1 ms). */
const OVERLAP_SECONDS_MIN = 0.0015;

/**
 * Splits a visit of the given length into self segments and groups of calls: calls that overlap are one parallel group,
 * the next group starts after the last call of this one ended. Async calls stand in the group in which they start.
 *
 * `calls` must be sorted by start.
 */
export function groupCalls(calls: readonly VisitCall[], sojournSeconds: number): GroupedCalls {
  const groups: number[][] = [];
  const segments: number[] = [];
  const groupSeconds: number[] = [];
  let group: number[] = [];
  let groupStart = 0;
  let groupEnd = 0;
  let hasSync = false;
  let cursor = 0;
  const close = (): void => {
    groups.push(group.sort((a, b) => a - b));
    segments.push(Math.max(0, groupStart - cursor));
    const begin = Math.max(cursor, groupStart);
    groupSeconds.push(Math.max(0, groupEnd - begin));
    cursor = Math.max(cursor, groupEnd);
  };
  for (const call of calls) {
    const start = clamp(call.startSeconds, 0, sojournSeconds);
    const end = call.isAsync ? start : clamp(call.endSeconds, start, sojournSeconds);
    const isNext = group.length > 0 && hasSync && start >= groupEnd - OVERLAP_SECONDS_MIN;
    if (isNext) {
      close();
      group = [];
      hasSync = false;
    }
    if (group.length === 0) {
      groupStart = start;
      groupEnd = end;
    }
    group.push(call.edge);
    groupEnd = Math.max(groupEnd, end);
    hasSync ||= !call.isAsync;
  }
  if (group.length > 0) {
    close();
  }
  segments.push(Math.max(0, sojournSeconds - cursor));
  let selfSeconds = 0;
  for (const segment of segments) {
    selfSeconds += segment;
  }
  return { groups, segments, groupSeconds, selfSeconds };
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
