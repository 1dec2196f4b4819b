import type { SpanColumns } from "./span-columns.ts";

const NANOS_PER_SECOND = 1e9;
/** OTLP's times are unsigned and have 64 bits; what is beyond is no time in any format. */
const NANOS_END = 2 ** 64;

/** Writes start and length of the open row; false when they are no times, or the start is missing (0 or NaN). */
export function putNanos(columns: SpanColumns, row: number, startNanos: number, durationNanos: number): boolean {
  if (!(startNanos > 0 && startNanos < NANOS_END && Math.abs(durationNanos) < NANOS_END)) return false;
  columns.startSeconds[row] = startNanos / NANOS_PER_SECOND;
  columns.durationSeconds[row] = durationNanos / NANOS_PER_SECOND;
  return true;
}
