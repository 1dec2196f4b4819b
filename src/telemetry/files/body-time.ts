import { MalformedError } from "../../contracts/errors.ts";
import type { Signal } from "../otlp/decoder.ts";
import { WIRE, WireReader } from "../otlp/wire.ts";
import type { Message } from "./framing.ts";

/** Tags that lead from a request down to its times, and the tag of the time. */
const ROUTES: Readonly<Record<Signal, { readonly path: readonly (readonly number[])[]; readonly time: number }>> = {
  // ResourceSpans, ScopeSpans, Span; end_time_unix_nano.
  traces: { path: [[0x0a], [0x12], [0x12]], time: 0x41 },
  // ResourceMetrics, ScopeMetrics, Metric, any of the five shapes, data point; time_unix_nano.
  metrics: { path: [[0x0a], [0x12], [0x12], [42, 58, 74, 82, 90], [0x0a]], time: 0x19 },
};

const JSON_TIMES: Readonly<Record<Signal, RegExp>> = {
  traces: /"endTimeUnixNano"\s*:\s*"?(\d{1,20})/g,
  metrics: /"timeUnixNano"\s*:\s*"?(\d{1,20})/g,
};

/** The latest time in a message, in nanoseconds as a double; 0 when it has none or is malformed. */
export function latestTimeOf(signal: Signal, message: Message): number {
  if (message.format === "json") return latestInText(message.bytes.toString("latin1"), JSON_TIMES[signal]);
  const reader = new WireReader();
  reader.reset(message.bytes);
  try {
    return latestIn(reader, message.bytes.length, ROUTES[signal], 0);
  } catch (error) {
    if (error instanceof MalformedError) return 0;
    throw error;
  }
}

function latestInText(text: string, pattern: RegExp): number {
  let latest = 0;
  for (const match of text.matchAll(pattern)) latest = Math.max(latest, Number(match[1]));
  return latest;
}

function latestIn(reader: WireReader, end: number, route: (typeof ROUTES)[Signal], depth: number): number {
  const tags = route.path[depth];
  let latest = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tags === undefined) {
      if (tag === route.time) latest = Math.max(latest, timeAt(reader, end));
      else reader.skip(tag, end);
    } else if ((tag & 7) === WIRE.bytes && tags.includes(tag)) {
      latest = Math.max(latest, latestIn(reader, reader.bytesEnd(end), route, depth + 1));
    } else reader.skip(tag, end);
  }
  return latest;
}

function timeAt(reader: WireReader, end: number): number {
  const at = reader.fixed64(end);
  return reader.view.getUint32(at + 4, true) * 4_294_967_296 + reader.view.getUint32(at, true);
}
