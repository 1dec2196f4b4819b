import { WireReader } from "./wire.ts";

const RESOURCE_SPANS = 0x0a;
const SCOPE_SPANS = 0x12;
const SPAN = 0x12;
const TRACE_ID = 0x0a;
const END_TIME = 0x41;
const TRACE_ID_BYTES = 16;

const WORD = 4_294_967_296;
const NANOS_PER_SECOND = 1e9;

/**
 * Deals the spans of an ExportTraceServiceRequest out to `partCount` bodies of the same shape, all spans of a trace to the
 * same one; null where a part has none. Bytes are copied as they stand, with the resource and scope they belong to, so that
 * nothing of a span is lost that we do not know of.
 *
 * @param onSpan told when each span ended, unix seconds, in the order of the body
 * @throws {MalformedError} when the bytes are not protobuf of that shape
 */
export function splitTraces(
  body: Uint8Array,
  partCount: number,
  onSpan: (endSeconds: number) => void,
): (Uint8Array | null)[] {
  const reader = new WireReader();
  reader.reset(body);
  const parts = emptyParts(partCount);
  while (reader.position < body.length) {
    const tag = reader.tag(body.length);
    if (tag === RESOURCE_SPANS) {
      const resource = splitMessage(reader, reader.bytesEnd(body.length), partCount, SCOPE_SPANS, (end, scopes) => {
        const scope = splitMessage(reader, end, partCount, SPAN, (spanEnd, spans) => {
          addSpan(reader, spanEnd, spans, onSpan);
        });
        addMessages(scopes, SCOPE_SPANS, scope);
      });
      addMessages(parts, RESOURCE_SPANS, resource);
    } else reader.skip(tag, body.length);
  }
  return parts.map((part) => (part.length === 0 ? null : part.concatenated()));
}

/** Which part holds a trace. FNV-1a, 32 bits. Source: Fowler, Noll, Vo, draft-eastlake-fnv. */
function partOfTrace(bytes: Uint8Array, from: number, to: number, partCount: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return (hash >>> 0) % partCount;
}

/** Pieces of bytes that will stand one behind the other. */
class Pieces {
  readonly #pieces: Uint8Array[] = [];
  length = 0;

  add(bytes: Uint8Array): void {
    this.#pieces.push(bytes);
    this.length += bytes.length;
  }

  addAll(others: Pieces): void {
    for (const piece of others.#pieces) this.add(piece);
  }

  concatenated(): Uint8Array {
    return Buffer.concat(this.#pieces, this.length);
  }
}

type Parts = readonly Pieces[];

/** The message at the reader's position, dealt out: its fields `tag` to those they belong to, all others to everybody. */
function splitMessage(
  reader: WireReader,
  end: number,
  partCount: number,
  tag: number,
  splitField: (end: number, fields: Parts) => void,
): Parts {
  const fields = emptyParts(partCount);
  const common = new Pieces();
  while (reader.position < end) {
    const at = reader.position;
    const found = reader.tag(end);
    if (found === tag) splitField(reader.bytesEnd(end), fields);
    else {
      reader.skip(found, end);
      common.add(reader.bytes.subarray(at, reader.position));
    }
  }
  for (const part of fields) if (part.length > 0) part.addAll(common);
  return fields;
}

function addSpan(reader: WireReader, end: number, spans: Parts, onSpan: (endSeconds: number) => void): void {
  const at = reader.position;
  let part = 0;
  let endSeconds = Number.NaN;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === TRACE_ID) {
      const idEnd = reader.bytesEnd(end);
      // An id of another length is refused by whoever decodes it.
      if (idEnd - reader.position === TRACE_ID_BYTES) {
        part = partOfTrace(reader.bytes, reader.position, idEnd, spans.length);
      }
      reader.position = idEnd;
    } else if (tag === END_TIME) {
      const time = reader.fixed64(end);
      const high = reader.view.getUint32(time + 4, true);
      endSeconds = (high * WORD + reader.view.getUint32(time, true)) / NANOS_PER_SECOND;
    } else reader.skip(tag, end);
  }
  if (Number.isFinite(endSeconds)) onSpan(endSeconds);
  spans[part]!.add(headOf(SPAN, end - at));
  spans[part]!.add(reader.bytes.subarray(at, end));
}

function addMessages(parts: Parts, tag: number, messages: Parts): void {
  messages.forEach((message, index) => {
    if (message.length === 0) return;
    const part = parts[index]!;
    part.add(headOf(tag, message.length));
    part.addAll(message);
  });
}

/** Tag and length of a field. */
function headOf(tag: number, length: number): Uint8Array {
  const bytes = [tag];
  let rest = length;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function emptyParts(count: number): Pieces[] {
  return Array.from({ length: count }, () => new Pieces());
}
