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

/**
 * Two calls whose intervals overlap by more than this ran in parallel; less is clock grain: some SDKs cut starts to whole
 * milliseconds. Where starts are finer, calls that are short themselves are forgiven half their own length only: those that
 * began together would else stand one after the other, until load makes them longer.
 */
const OVERLAP_SECONDS_MIN = 0.0015;
/** A double holds today's time to 0.24 µs. */
const ROUNDING_MILLISECONDS = 0.002;

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
  const isCut = calls.every((call) => isWholeMilliseconds(call.startSeconds));
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
    const forgiven = isCut ? OVERLAP_SECONDS_MIN : Math.min(OVERLAP_SECONDS_MIN, (groupEnd - groupStart) / 2);
    const isNext = group.length > 0 && hasSync && start >= groupEnd - forgiven;
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

function isWholeMilliseconds(seconds: number): boolean {
  const milliseconds = 1000 * seconds;
  return Math.abs(milliseconds - Math.round(milliseconds)) < ROUNDING_MILLISECONDS;
}

function clamp(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}
