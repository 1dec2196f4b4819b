import type { TimeRange } from "../contracts/settings.ts";

/** A local time would be another one on another machine, so the zone has to be given. */
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/;
const UNIX_SECONDS = /^\d+(\.\d+)?$/;

/** What `timeRangeOf` takes, to follow "must be". */
export const TIME_RANGE_RULE = '"<from>/<to>" with from before to, each an ISO 8601 time with its zone or unix seconds';

/** Reads `<from>/<to>`; null when it is no such range. */
export function timeRangeOf(text: string): TimeRange | null {
  const parts = text.split("/").map((part) => secondsOf(part.trim()));
  const [fromSeconds, toSeconds] = parts;
  const isRange = parts.length === 2 && fromSeconds! < toSeconds!;
  return isRange ? { fromSeconds: fromSeconds!, toSeconds: toSeconds! } : null;
}

/**
 * Unix seconds of an ISO 8601 time with its zone, or of unix seconds; NaN for what is no time: a 30th of February parses,
 * but comes out as another day.
 */
export function secondsOf(text: string): number {
  if (UNIX_SECONDS.test(text)) return Number(text);
  if (!ISO_TIME.test(text)) return Number.NaN;
  const date = text.slice(0, 10);
  const isDay = new Date(`${date}T00:00:00Z`).toJSON()?.startsWith(date) === true;
  return isDay ? Date.parse(text) / 1000 : Number.NaN;
}
