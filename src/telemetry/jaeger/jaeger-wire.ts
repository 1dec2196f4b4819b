import { firstWordRange } from "../id-stripping.ts";
import { signedText, type WireReader } from "../otlp/wire.ts";
import { FIELD_KEYS, type KeyTable, RESOURCE_KEYS, RESOURCE_SLOT, SPAN_KEYS, SPAN_SLOT } from "../semconv.ts";
import { SpanTags } from "../span-tags.ts";
import { putNanos } from "../span-times.ts";
import type { SlotRow, TraceDraft } from "../trace-draft.ts";
import { References } from "./references.ts";

/** Tags (`number << 3 | wire type`) of jaeger.api_v2, model.proto. */
const SPAN = {
  traceId: 0x0a,
  spanId: 0x12,
  operationName: 0x1a,
  reference: 0x22,
  startTime: 0x32,
  duration: 0x3a,
  tag: 0x42,
  process: 0x52,
} as const;
const REFERENCE = { traceId: 0x0a, spanId: 0x12, type: 0x18 } as const;
const KEY_VALUE = { key: 0x0a, type: 0x10, text: 0x1a, flag: 0x20, integer: 0x28, double: 0x31 } as const;
const PROCESS = { serviceName: 0x0a, tag: 0x12 } as const;
const SECONDS = 0x08;
const NANOS = 0x10;
const TYPE = { string: 0, bool: 1, int64: 2, float64: 3 } as const;
const FOLLOWS_FROM = 1;
const NANOS_PER_SECOND = 1e9;
const WORD = 4_294_967_296;

const tags = new SpanTags();
const references = new References();

/**
 * Reads one `jaeger.api_v2.Span` with its process, as a Kafka record of encoding `jaeger_proto` holds it. A span without
 * good ids or a start is refused and counted.
 *
 * @throws {MalformedError} when the bytes are not protobuf of that shape; the draft is then to be forgotten.
 */
export function readJaegerSpan(reader: WireReader, draft: TraceDraft): void {
  const end = reader.bytes.length;
  const resource = draft.openResource();
  const row = draft.openSpan();
  const { columns } = draft;
  let hasTraceId = false;
  let hasSpanId = false;
  let startNanos = 0;
  let durationNanos = 0;
  tags.clear();
  references.clear();
  while (reader.position < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case SPAN.traceId:
        hasTraceId = readId(reader, reader.bytesEnd(end), columns.traceId, row * 4, 4);
        break;
      case SPAN.spanId:
        hasSpanId = readId(reader, reader.bytesEnd(end), columns.spanId, row * 2, 2);
        break;
      case SPAN.operationName:
        draft.spanSlots.texts[SPAN_SLOT.name] = readText(reader, reader.bytesEnd(end), draft);
        break;
      case SPAN.reference:
        readReference(reader, reader.bytesEnd(end));
        break;
      case SPAN.startTime:
        startNanos = readNanos(reader, reader.bytesEnd(end));
        break;
      case SPAN.duration:
        durationNanos = readNanos(reader, reader.bytesEnd(end));
        break;
      case SPAN.tag:
        readTag(reader, reader.bytesEnd(end), draft, SPAN_KEYS, draft.spanSlots, tags.fields);
        break;
      case SPAN.process:
        readProcess(reader, reader.bytesEnd(end), draft);
        break;
      default:
        reader.skip(tag, end);
    }
  }
  draft.closeResource(resource);
  tags.apply(draft, row);
  references.apply(draft, row);
  const hasTimes = putNanos(columns, row, startNanos, durationNanos);
  if (hasTraceId && hasSpanId && hasTimes) draft.commitSpan(row, resource);
  else draft.rejectSpan(resource);
}

/** Big-endian words of an id, of which trace ids of 64 bits have half; false when it has another length or is all zeros. */
function readId(reader: WireReader, end: number, into: Uint32Array, at: number, wordCount: number): boolean {
  const start = reader.position;
  const given = (end - start) / 4;
  reader.position = end;
  into.fill(0, at, at + wordCount);
  if (given !== wordCount && !(wordCount === 4 && given === 2)) return false;
  let bits = 0;
  for (let word = 0; word < given; word += 1) {
    const value = reader.view.getUint32(start + word * 4, false);
    into[at + wordCount - given + word] = value;
    bits |= value;
  }
  return bits !== 0;
}

function readText(reader: WireReader, end: number, draft: TraceDraft): number {
  const text = draft.raw.intern(reader.bytes, reader.view, reader.position, end);
  reader.position = end;
  return text;
}

function readReference(reader: WireReader, end: number): void {
  let hasTraceId = false;
  let hasSpanId = false;
  let type = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === REFERENCE.traceId) hasTraceId = readId(reader, reader.bytesEnd(end), references.traceId, 0, 4);
    else if (tag === REFERENCE.spanId) hasSpanId = readId(reader, reader.bytesEnd(end), references.spanId, 0, 2);
    else if (tag === REFERENCE.type) type = reader.varint(end);
    else reader.skip(tag, end);
  }
  if (hasTraceId && hasSpanId) references.add(type === FOLLOWS_FROM);
}

/** Nanoseconds of a google.protobuf Timestamp or Duration. */
function readNanos(reader: WireReader, end: number): number {
  let seconds = 0;
  let nanos = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === SECONDS) seconds = readSigned(reader, end);
    else if (tag === NANOS) nanos = readSigned(reader, end);
    else reader.skip(tag, end);
  }
  return seconds * NANOS_PER_SECOND + nanos;
}

function readSigned(reader: WireReader, end: number): number {
  const low = reader.varint(end);
  return (reader.high | 0) * WORD + low;
}

function readProcess(reader: WireReader, end: number, draft: TraceDraft): void {
  const { resourceSlots } = draft;
  let service = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === PROCESS.serviceName) {
      service = readText(reader, reader.bytesEnd(end), draft);
    } else if (tag === PROCESS.tag) {
      readTag(reader, reader.bytesEnd(end), draft, RESOURCE_KEYS, resourceSlots, null);
    } else reader.skip(tag, end);
  }
  resourceSlots.put(RESOURCE_SLOT.serviceName, 0, service);
}

/** Reads a KeyValue into the slot that `keys` knows for it, and into `fields` what stands for a field of OTLP. */
function readTag(
  reader: WireReader,
  end: number,
  draft: TraceDraft,
  keys: KeyTable,
  slots: SlotRow,
  fields: SlotRow | null,
): void {
  const { bytes } = reader;
  let keyStart = 0;
  let keyEnd = 0;
  let type: number = TYPE.string;
  let textStart = 0;
  let textEnd = 0;
  let flag = false;
  let integer = "0";
  let double = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === KEY_VALUE.key) {
      keyEnd = reader.bytesEnd(end);
      keyStart = reader.position;
      reader.position = keyEnd;
    } else if (tag === KEY_VALUE.type) type = reader.varint(end);
    else if (tag === KEY_VALUE.text) {
      textEnd = reader.bytesEnd(end);
      textStart = reader.position;
      reader.position = textEnd;
    } else if (tag === KEY_VALUE.flag) flag = reader.varint(end) !== 0 || reader.high !== 0;
    else if (tag === KEY_VALUE.integer) {
      const low = reader.varint(end);
      integer = signedText(reader.high, low);
    } else if (tag === KEY_VALUE.double) double = reader.double(end);
    else reader.skip(tag, end);
  }
  for (const [table, into] of [
    [keys, slots],
    [FIELD_KEYS, fields],
  ] as const) {
    const key = into === null ? undefined : table.ofBytes(bytes, keyStart, keyEnd);
    if (key === undefined) continue;
    let text = 0;
    if (type === TYPE.string) {
      const part = key.isFirstWordOnly ? firstWordRange(bytes, textStart, textEnd) : { start: textStart, end: textEnd };
      text = draft.raw.intern(bytes, reader.view, part.start, part.end);
    } else if (!key.isFirstWordOnly) {
      const value = type === TYPE.bool ? String(flag) : type === TYPE.int64 ? integer : String(double);
      text = type <= TYPE.float64 ? draft.raw.internText(value) : 0;
    }
    into!.put(key.slot, key.rank, text);
  }
}
