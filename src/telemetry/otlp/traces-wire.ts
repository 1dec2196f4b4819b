import { probabilityOfTracestate } from "../sampling-probability.ts";
import { SPAN_KEYS, SPAN_SLOT } from "../semconv.ts";
import type { TraceDraft } from "../trace-draft.ts";
import { readAttribute, readResource } from "./attributes-wire.ts";
import type { WireReader } from "./wire.ts";

const RESOURCE_SPANS = 0x0a;
const RESOURCE = 0x0a;
const SCOPE_SPANS = 0x12;
const SPAN = 0x12;
const TRACE_ID = 0x0a;
const SPAN_ID = 0x12;
const TRACE_STATE = 0x1a;
const PARENT_SPAN_ID = 0x22;
const NAME = 0x2a;
const KIND = 0x30;
const START_TIME = 0x39;
const END_TIME = 0x41;
const ATTRIBUTE = 0x4a;
const LINK = 0x6a;
const STATUS = 0x7a;
const STATUS_CODE = 0x18;
const STATUS_ERROR = 2;
const MAX_KIND = 5;

const NANOS_PER_SECOND = 1e9;
const WORD = 4_294_967_296;

/** Start in seconds and exact length in seconds from two 64-bit times in nanoseconds. */
export function putTimes(
  draft: TraceDraft,
  row: number,
  startHigh: number,
  startLow: number,
  endHigh: number,
  endLow: number,
): void {
  draft.columns.startSeconds[row] = (startHigh * WORD + startLow) / NANOS_PER_SECOND;
  draft.columns.durationSeconds[row] = ((endHigh - startHigh) * WORD + (endLow - startLow)) / NANOS_PER_SECOND;
}

/**
 * Reads an ExportTraceServiceRequest (or TracesData, the same on the wire) into the draft. Spans with a trace id that is
 * not 16 bytes, a span id or parent that is not 8, or an id of zeros are refused one by one and counted.
 * Nested values that we do not read are stepped over by their length, never descended into.
 *
 * @throws {MalformedError} when the bytes are not protobuf of that shape; the draft is then to be forgotten.
 */
export function readTraces(reader: WireReader, draft: TraceDraft): void {
  const end = reader.bytes.length;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === RESOURCE_SPANS) readResourceSpans(reader, reader.bytesEnd(end), draft);
    else reader.skip(tag, end);
  }
}

function readResourceSpans(reader: WireReader, end: number, draft: TraceDraft): void {
  const resource = draft.openResource();
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === RESOURCE) readResource(reader, reader.bytesEnd(end), draft);
    else if (tag === SCOPE_SPANS) readScopeSpans(reader, reader.bytesEnd(end), draft, resource);
    else reader.skip(tag, end);
  }
  draft.closeResource(resource);
}

function readScopeSpans(reader: WireReader, end: number, draft: TraceDraft, resource: number): void {
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === SPAN) readSpan(reader, reader.bytesEnd(end), draft, resource);
    else reader.skip(tag, end);
  }
}

function readSpan(reader: WireReader, end: number, draft: TraceDraft, resource: number): void {
  const row = draft.openSpan();
  const { columns } = draft;
  const { bytes, view } = reader;
  let startHigh = 0;
  let startLow = 0;
  let endHigh = 0;
  let endLow = 0;
  let hasTraceId = false;
  let hasSpanId = false;
  let isParentGood = true;
  while (reader.position < end) {
    const tag = reader.tag(end);
    switch (tag) {
      case ATTRIBUTE:
        readAttribute(reader, reader.bytesEnd(end), SPAN_KEYS, draft.raw, draft.spanSlots);
        break;
      case TRACE_ID: {
        const idEnd = reader.bytesEnd(end);
        hasTraceId = readId(reader, idEnd, columns.traceId, row * 4, 4);
        break;
      }
      case SPAN_ID: {
        const idEnd = reader.bytesEnd(end);
        hasSpanId = readId(reader, idEnd, columns.spanId, row * 2, 2);
        break;
      }
      case PARENT_SPAN_ID: {
        const idEnd = reader.bytesEnd(end);
        const length = idEnd - reader.position;
        readId(reader, idEnd, columns.parentSpanId, row * 2, 2);
        isParentGood = length === 8 || length === 0;
        break;
      }
      case TRACE_STATE:
        columns.samplingProbability[row] = probabilityOfTracestate(readLatin1(reader, reader.bytesEnd(end)));
        break;
      case NAME: {
        const nameEnd = reader.bytesEnd(end);
        draft.spanSlots.texts[SPAN_SLOT.name] = draft.raw.intern(bytes, view, reader.position, nameEnd);
        reader.position = nameEnd;
        break;
      }
      case KIND: {
        const kind = reader.varint(end);
        columns.kind[row] = reader.high === 0 && kind <= MAX_KIND ? kind : 0;
        break;
      }
      case START_TIME: {
        const at = reader.fixed64(end);
        startLow = view.getUint32(at, true);
        startHigh = view.getUint32(at + 4, true);
        break;
      }
      case END_TIME: {
        const at = reader.fixed64(end);
        endLow = view.getUint32(at, true);
        endHigh = view.getUint32(at + 4, true);
        break;
      }
      case STATUS:
        columns.isError[row] = readStatusCode(reader, reader.bytesEnd(end)) === STATUS_ERROR ? 1 : 0;
        break;
      case LINK:
        readLink(reader, reader.bytesEnd(end), draft);
        break;
      default:
        reader.skip(tag, end);
    }
  }
  if (!(hasTraceId && hasSpanId && isParentGood)) {
    draft.rejectSpan(resource);
    return;
  }
  putTimes(draft, row, startHigh, startLow, endHigh, endLow);
  draft.commitSpan(row, resource);
}

/** Big-endian words of an id; false when its length is wrong or it is all zeros. */
function readId(reader: WireReader, end: number, into: Uint32Array, at: number, wordCount: number): boolean {
  const start = reader.position;
  reader.position = end;
  if (end - start !== wordCount * 4) {
    into.fill(0, at, at + wordCount);
    return false;
  }
  let bits = 0;
  for (let word = 0; word < wordCount; word += 1) {
    const value = reader.view.getUint32(start + word * 4, false);
    into[at + word] = value;
    bits |= value;
  }
  return bits !== 0;
}

/** A tracestate is ASCII. */
function readLatin1(reader: WireReader, end: number): string {
  const { bytes, position } = reader;
  reader.position = end;
  return Buffer.from(bytes.buffer, bytes.byteOffset + position, end - position).toString("latin1");
}

function readStatusCode(reader: WireReader, end: number): number {
  let code = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === STATUS_CODE) code = reader.varint(end);
    else reader.skip(tag, end);
  }
  return code;
}

const linkTrace = new Uint32Array(4);
const linkSpan = new Uint32Array(2);

/** A link with a bad id points nowhere and is left out. */
function readLink(reader: WireReader, end: number, draft: TraceDraft): void {
  let hasTraceId = false;
  let hasSpanId = false;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === TRACE_ID) hasTraceId = readId(reader, reader.bytesEnd(end), linkTrace, 0, 4);
    else if (tag === SPAN_ID) hasSpanId = readId(reader, reader.bytesEnd(end), linkSpan, 0, 2);
    else reader.skip(tag, end);
  }
  if (!hasTraceId || !hasSpanId) return;
  draft.columns.addLink(linkTrace[0]!, linkTrace[1]!, linkTrace[2]!, linkTrace[3]!, linkSpan[0]!, linkSpan[1]!);
}
