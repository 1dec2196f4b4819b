import { MalformedError } from "../../contracts/errors.ts";
import { type Encoding, readTaggedSpans } from "../encodings.ts";
import type { Signal } from "../otlp/decoder.ts";
import { WIRE, WireReader } from "../otlp/wire.ts";
import { StringTable } from "../string-table.ts";
import { TraceDraft } from "../trace-draft.ts";

const NANOS_PER_SECOND = 1e9;

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

interface Body {
  readonly encoding: Encoding;
  readonly signal: Signal;
  readonly bytes: Uint8Array;
}

/**
 * When a body goes by its content, in nanoseconds as a double: the latest time in a request of OTLP, which was sent when
 * that had passed, and the earliest end of a span in the others, which may be documents of a whole day. 0 when it has none
 * or is malformed.
 */
export function timeOfBody({ encoding, signal, bytes }: Body): number {
  try {
    switch (encoding) {
      case "otlp_json":
        return latestInText(
          Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1"),
          JSON_TIMES[signal],
        );
      case "otlp_proto": {
        const reader = new WireReader();
        reader.reset(bytes);
        return latestIn(reader, bytes.length, ROUTES[signal], 0);
      }
      default:
        return earliestEnd(encoding, bytes);
    }
  } catch (error) {
    if (error instanceof MalformedError) return 0;
    throw error;
  }
}

const scratch = new TraceDraft(new StringTable());

function earliestEnd(encoding: Parameters<typeof readTaggedSpans>[0], bytes: Uint8Array): number {
  scratch.begin();
  readTaggedSpans(encoding, bytes, scratch);
  const { spanCount, startSeconds, durationSeconds } = scratch.columns;
  let earliest = Number.POSITIVE_INFINITY;
  for (let row = 0; row < spanCount; row += 1)
    earliest = Math.min(earliest, startSeconds[row]! + durationSeconds[row]!);
  return Number.isFinite(earliest) ? earliest * NANOS_PER_SECOND : 0;
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
