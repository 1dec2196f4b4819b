import { MalformedError } from "../contracts/errors.ts";
import type { Encoding } from "./encodings.ts";
import { keysOfFirstObject } from "./json-keys.ts";
import type { Signal } from "./otlp/decoder.ts";
import { WIRE, WireReader } from "./otlp/wire.ts";

/** What a body looks like. Whether it is that, only decoding tells. */
export interface Sniffed {
  readonly encoding: Encoding;
  readonly signal: Signal;
}

const OTLP_TRACES: Sniffed = { encoding: "otlp_proto", signal: "traces" };
const OTLP_METRICS: Sniffed = { encoding: "otlp_proto", signal: "metrics" };
const JAEGER_PROTO: Sniffed = { encoding: "jaeger_proto", signal: "traces" };
const JAEGER_JSON: Sniffed = { encoding: "jaeger_json", signal: "traces" };
const ZIPKIN_JSON: Sniffed = { encoding: "zipkin_json", signal: "traces" };
const OTLP_JSON_TRACES: Sniffed = { encoding: "otlp_json", signal: "traces" };
const OTLP_JSON_METRICS: Sniffed = { encoding: "otlp_json", signal: "metrics" };

/** Keys that only one format has at its top. */
const BY_KEY: Readonly<Record<string, Sniffed>> = {
  resourceSpans: OTLP_JSON_TRACES,
  resource_spans: OTLP_JSON_TRACES,
  resourceMetrics: OTLP_JSON_METRICS,
  resource_metrics: OTLP_JSON_METRICS,
  data: JAEGER_JSON,
  spans: JAEGER_JSON,
  processes: JAEGER_JSON,
  traceID: JAEGER_JSON,
  spanID: JAEGER_JSON,
  spanId: JAEGER_JSON,
  operationName: JAEGER_JSON,
  id: ZIPKIN_JSON,
  localEndpoint: ZIPKIN_JSON,
};

const BYTES_1 = 0x0a;
const BYTES_2 = 0x12;
/** Fields on the way to an item: resource spans or metrics, scope spans or metrics, span or metric. */
const ITEM_TAGS = [BYTES_1, BYTES_2, BYTES_2];
const TRACE_ID_BYTES = 16;
const SPAN_ID_BYTES = 8;
/** A span's `start_time_unix_nano`; a metric has no field of that number and wire type. */
const SPAN_START = 0x39;
/** gauge, sum, histogram, exponential_histogram, summary. */
const METRIC_SHAPES: readonly number[] = [0x2a, 0x3a, 0x4a, 0x52, 0x5a];

/**
 * What a body is written in, by the keys at the top of JSON and by the shape of protobuf messages; null when it is none of
 * the encodings, or holds too little to tell. A body that does not decode as what it looks like is malformed.
 */
export function sniffEncoding(body: Uint8Array): Sniffed | null {
  for (const key of keysOfFirstObject(body)) {
    if (Object.hasOwn(BY_KEY, key)) return BY_KEY[key]!;
  }
  const reader = new WireReader();
  reader.reset(body);
  try {
    if (isJaegerSpan(reader)) return JAEGER_PROTO;
    reader.position = 0;
    return sniffOtlp(reader, body.length, 0);
  } catch (error) {
    if (error instanceof MalformedError) return null;
    throw error;
  }
}

/** A Jaeger span begins with both its ids; in OTLP's messages nothing but field 1 stands at the top. */
function isJaegerSpan(reader: WireReader): boolean {
  const end = reader.bytes.length;
  const idLengths: number[] = [];
  for (const wanted of [BYTES_1, BYTES_2]) {
    if (reader.position >= end || reader.tag(end) !== wanted) return false;
    const idEnd = reader.bytesEnd(end);
    idLengths.push(idEnd - reader.position);
    reader.position = idEnd;
  }
  while (reader.position < end) reader.skip(reader.tag(end), end);
  return idLengths[0] === TRACE_ID_BYTES && idLengths[1] === SPAN_ID_BYTES;
}

/** Walks down to the first span or metric that shows which it is: resource, scope, item. */
function sniffOtlp(reader: WireReader, end: number, depth: number): Sniffed | null {
  if (depth === ITEM_TAGS.length) return sniffItem(reader, end);
  let found: Sniffed | null = null;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (depth === 0 && tag !== BYTES_1) return null;
    if (tag !== ITEM_TAGS[depth] || found !== null) {
      reader.skip(tag, end);
      continue;
    }
    const itemEnd = reader.bytesEnd(end);
    found = sniffOtlp(reader, itemEnd, depth + 1);
    reader.position = itemEnd;
  }
  return found;
}

function sniffItem(reader: WireReader, end: number): Sniffed | null {
  const lengths: Record<number, number> = {};
  const tags = new Set<number>();
  while (reader.position < end) {
    const tag = reader.tag(end);
    tags.add(tag);
    const start = reader.position;
    reader.skip(tag, end);
    if ((tag & 7) === WIRE.bytes) lengths[tag] = reader.position - start - 1;
  }
  const hasIds = lengths[BYTES_1] === TRACE_ID_BYTES && lengths[BYTES_2] === SPAN_ID_BYTES;
  if (tags.has(SPAN_START) || hasIds) return OTLP_TRACES;
  return METRIC_SHAPES.some((shape) => tags.has(shape)) ? OTLP_METRICS : null;
}
