import { MalformedError } from "../../contracts/errors.ts";
import { probabilityOfTracestate } from "../sampling-probability.ts";
import { type Identity, SPAN_SLOT } from "../semconv.ts";
import type { TraceDraft } from "../trace-draft.ts";
import { readResource, signAttribute } from "./attributes-wire.ts";
import { WIRE, type WireReader } from "./wire.ts";

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
const EVENT = 0x5a;
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
  let resourceStart = 0;
  let resourceEnd = 0;
  let isRepeated = false;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === RESOURCE) {
      // Parts of a message that comes in several are put together: the first is then read as the others are.
      if (isRepeated) readResource(reader, reader.bytesEnd(end), draft);
      else if (resourceEnd > 0) {
        isRepeated = true;
        const secondEnd = reader.bytesEnd(end);
        const second = reader.position;
        reader.position = resourceStart;
        readResource(reader, resourceEnd, draft);
        reader.position = second;
        readResource(reader, secondEnd, draft);
      } else {
        resourceEnd = reader.bytesEnd(end);
        resourceStart = reader.position;
        reader.position = resourceEnd;
      }
    } else if (tag === SCOPE_SPANS) readScopeSpans(reader, reader.bytesEnd(end), draft, resource);
    else reader.skip(tag, end);
  }
  if (isRepeated || resourceEnd === 0) draft.closeResource(resource);
  else draft.closeResource(resource, knownResource(reader, resourceStart, resourceEnd, draft));
}

/** Who a resource message is; it is read when it is the first of its kind. */
function knownResource(reader: WireReader, start: number, end: number, draft: TraceDraft): Identity {
  return draft.resourceMemo.identity(reader.view, start, end, () => {
    const { position } = reader;
    reader.position = start;
    readResource(reader, end, draft);
    reader.position = position;
    return draft.identityNow();
  });
}

function readScopeSpans(reader: WireReader, end: number, draft: TraceDraft, resource: number): void {
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === SPAN) readSpan(reader, reader.bytesEnd(end), draft, resource);
    else reader.skip(tag, end);
  }
}

const HAS_TRACE_ID = 1;
const HAS_SPAN_ID = 2;
const HAS_BAD_PARENT = 4;

/**
 * The loop over the fields of a span keeps its place in a local variable and reads the one-byte tags and lengths that nearly
 * all are without a call: it is where the time goes.
 */
function readSpan(reader: WireReader, end: number, draft: TraceDraft, resource: number): void {
  const row = draft.openSignedSpan();
  const { bytes, view } = reader;
  let startAt = -1;
  let endAt = -1;
  let ids = 0;
  let at = reader.position;
  while (at < end) {
    let tag = bytes[at]!;
    if (tag >= 0x80 || tag < 8) {
      reader.position = at;
      tag = reader.tag(end);
      at = reader.position;
    } else at += 1;
    const wireType = tag & 7;
    if (wireType === WIRE.bytes) {
      let fieldEnd = at < end ? bytes[at]! : 0x80;
      if (fieldEnd < 0x80) {
        at += 1;
        fieldEnd += at;
        if (fieldEnd > end) throw new MalformedError(`length at byte ${at - 1} runs past its message`);
      } else {
        reader.position = at;
        fieldEnd = reader.bytesEnd(end);
        at = reader.position;
      }
      if (tag === ATTRIBUTE) signAttribute(reader, at, fieldEnd, draft);
      else if (tag !== EVENT) ids = readBytes(reader, tag, at, fieldEnd, draft, row, ids);
      at = fieldEnd;
    } else if (wireType === WIRE.fixed64) {
      if (end - at < 8) throw new MalformedError(`truncated at byte ${at}`);
      if (tag === START_TIME) startAt = at;
      else if (tag === END_TIME) endAt = at;
      at += 8;
    } else {
      reader.position = at;
      if (tag === KIND) readKind(reader, end, draft, row);
      else reader.skip(tag, end);
      at = reader.position;
    }
  }
  reader.position = end;
  if (ids !== (HAS_TRACE_ID | HAS_SPAN_ID)) {
    draft.rejectSpan(resource);
    return;
  }
  const startLow = startAt < 0 ? 0 : view.getUint32(startAt, true);
  const startHigh = startAt < 0 ? 0 : view.getUint32(startAt + 4, true);
  const endLow = endAt < 0 ? 0 : view.getUint32(endAt, true);
  const endHigh = endAt < 0 ? 0 : view.getUint32(endAt + 4, true);
  putTimes(draft, row, startHigh, startLow, endHigh, endLow);
  draft.commitSignedSpan(row, resource);
}

function readKind(reader: WireReader, end: number, draft: TraceDraft, row: number): void {
  const kind = reader.varint(end);
  draft.columns.kind[row] = reader.high === 0 && kind <= MAX_KIND ? kind : 0;
}

/** A field of bytes other than attributes and events. @returns what is known of the span's ids now */
function readBytes(
  reader: WireReader,
  tag: number,
  start: number,
  end: number,
  draft: TraceDraft,
  row: number,
  ids: number,
): number {
  const { columns } = draft;
  reader.position = start;
  switch (tag) {
    case TRACE_ID:
      return readId(reader, end, columns.traceId, row * 4, 4) ? ids | HAS_TRACE_ID : ids & ~HAS_TRACE_ID;
    case SPAN_ID:
      return readId(reader, end, columns.spanId, row * 2, 2) ? ids | HAS_SPAN_ID : ids & ~HAS_SPAN_ID;
    case PARENT_SPAN_ID:
      readId(reader, end, columns.parentSpanId, row * 2, 2);
      return end - start === 8 || end === start ? ids & ~HAS_BAD_PARENT : ids | HAS_BAD_PARENT;
    case NAME:
      draft.signatures.replace(SPAN_SLOT.name, start, end);
      return ids;
    case TRACE_STATE:
      columns.samplingProbability[row] = end === start ? 0 : probabilityOfTracestate(readLatin1(reader, end));
      return ids;
    case STATUS:
      columns.isError[row] = end !== start && readStatusCode(reader, end) === STATUS_ERROR ? 1 : 0;
      return ids;
    case LINK:
      readLink(reader, end, draft);
      return ids;
    default:
      return ids;
  }
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
