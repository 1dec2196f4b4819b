import { attributesText, type MetricsDraft, NO_RECORDED_VALUE } from "../metrics-draft.ts";
import { readAnyValue, readResource } from "./attributes-wire.ts";
import type { WireReader } from "./wire.ts";

const RESOURCE_METRICS = 0x0a;
const RESOURCE = 0x0a;
const SCOPE_METRICS = 0x12;
const METRIC = 0x12;
const NAME = 0x0a;
const UNIT = 0x1a;
const DATA_POINT = 0x0a;
const TEMPORALITY = 0x10;
const IS_MONOTONIC = 0x18;
const CUMULATIVE = 2;
const TIME = 0x19;

/** What differs between the five shapes of metric data. Times stand in field 3 of every point. */
interface Shape {
  /** Tag of the attributes in a data point. */
  readonly attribute: number;
  /** Tag of the flags in a data point. */
  readonly flags: number;
  readonly kind: "gauge" | "sum" | "histogram" | "summary";
}

const SHAPES: Readonly<Record<number, Shape>> = {
  42: { kind: "gauge", attribute: 0x3a, flags: 0x40 },
  58: { kind: "sum", attribute: 0x3a, flags: 0x40 },
  74: { kind: "histogram", attribute: 0x4a, flags: 0x50 },
  /** Exponential histogram. */
  82: { kind: "histogram", attribute: 0x0a, flags: 0x50 },
  90: { kind: "summary", attribute: 0x3a, flags: 0x40 },
};

/** Number points: `as_double` and `as_int`. Histogram and summary points: `sum` and `count`. */
const AS_DOUBLE = 0x21;
const AS_INT = 0x31;
const COUNT = 0x21;
const SUM = 0x29;

/**
 * Reads an ExportMetricsServiceRequest (or MetricsData) into the draft: one point a number, one a histogram (its sum and
 * count). `cumulative` is true for monotonic sums and histograms of cumulative temporality: an up-down counter is a level.
 *
 * @throws {MalformedError} when the bytes are not protobuf of that shape.
 */
export function readMetrics(reader: WireReader, draft: MetricsDraft): void {
  const end = reader.bytes.length;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag !== RESOURCE_METRICS) {
      reader.skip(tag, end);
      continue;
    }
    const resourceEnd = reader.bytesEnd(end);
    draft.openResource();
    readResourceMetrics(reader, resourceEnd, draft);
    draft.closeResource();
  }
}

function readResourceMetrics(reader: WireReader, end: number, draft: MetricsDraft): void {
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === RESOURCE) readResource(reader, reader.bytesEnd(end), draft);
    else if (tag === SCOPE_METRICS) readScopeMetrics(reader, reader.bytesEnd(end), draft);
    else reader.skip(tag, end);
  }
}

function readScopeMetrics(reader: WireReader, end: number, draft: MetricsDraft): void {
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === METRIC) readMetric(reader, reader.bytesEnd(end), draft);
    else reader.skip(tag, end);
  }
}

function readMetric(reader: WireReader, end: number, draft: MetricsDraft): void {
  let name = "";
  let unit = "";
  let shape: Shape | undefined;
  let dataStart = 0;
  let dataEnd = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === NAME) name = readText(reader, end, draft);
    else if (tag === UNIT) unit = readText(reader, end, draft);
    else if (SHAPES[tag] !== undefined) {
      shape = SHAPES[tag];
      dataEnd = reader.bytesEnd(end);
      dataStart = reader.position;
      reader.position = dataEnd;
    } else reader.skip(tag, end);
  }
  if (shape === undefined) return;
  reader.position = dataStart;
  readData(reader, dataEnd, draft, { name, unit, shape });
  reader.position = end;
}

interface MetricHead {
  readonly name: string;
  readonly unit: string;
  readonly shape: Shape;
}

function readData(reader: WireReader, end: number, draft: MetricsDraft, head: MetricHead): void {
  const start = reader.position;
  let temporality = 0;
  let isMonotonic = false;
  // First pass for what holds for all points: it may stand after them.
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === TEMPORALITY) temporality = reader.varint(end);
    else if (tag === IS_MONOTONIC) isMonotonic = reader.varint(end) !== 0;
    else reader.skip(tag, end);
  }
  const { kind } = head.shape;
  const accumulates = kind === "summary" || (temporality === CUMULATIVE && (kind === "histogram" || isMonotonic));
  const cumulative = kind !== "gauge" && accumulates;
  reader.position = start;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === DATA_POINT) readPoint(reader, reader.bytesEnd(end), draft, head, cumulative);
    else reader.skip(tag, end);
  }
}

function readPoint(reader: WireReader, end: number, draft: MetricsDraft, head: MetricHead, cumulative: boolean): void {
  const { shape } = head;
  const isNumber = shape.kind === "gauge" || shape.kind === "sum";
  let timeSeconds = 0;
  let value = isNumber ? Number.NaN : 0;
  let count = isNumber ? 1 : 0;
  let flags = 0;
  const pairs: string[] = [];
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === TIME) timeSeconds = unsigned64(reader, end) / 1e9;
    else if (isNumber && tag === AS_DOUBLE) value = reader.double(end);
    else if (isNumber && tag === AS_INT) value = Number(reader.view.getBigInt64(reader.fixed64(end), true));
    else if (!isNumber && tag === COUNT) count = unsigned64(reader, end);
    else if (!isNumber && tag === SUM) value = reader.double(end);
    else if (tag === shape.attribute) pairs.push(readPair(reader, reader.bytesEnd(end), draft));
    else if (tag === shape.flags) flags = reader.varint(end);
    else reader.skip(tag, end);
  }
  if (flags & NO_RECORDED_VALUE) return;
  draft.add({
    name: head.name,
    unit: head.unit,
    attributes: attributesText(pairs),
    timeSeconds,
    value,
    count,
    cumulative,
  });
}

function unsigned64(reader: WireReader, end: number): number {
  const at = reader.fixed64(end);
  return reader.view.getUint32(at + 4, true) * 4_294_967_296 + reader.view.getUint32(at, true);
}

function readText(reader: WireReader, end: number, draft: MetricsDraft): string {
  const textEnd = reader.bytesEnd(end);
  const id = draft.raw.intern(reader.bytes, reader.view, reader.position, textEnd);
  reader.position = textEnd;
  return draft.raw.text(id);
}

/** `key=value` of a KeyValue. */
function readPair(reader: WireReader, end: number, draft: MetricsDraft): string {
  let key = "";
  let value = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === 0x0a) key = readText(reader, end, draft);
    else if (tag === 0x12) value = readAnyValue(reader, reader.bytesEnd(end), draft.raw);
    else reader.skip(tag, end);
  }
  return `${key}=${draft.raw.text(value)}`;
}
