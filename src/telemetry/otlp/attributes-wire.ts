import { firstWordRange } from "../id-stripping.ts";
import type { RawTexts } from "../raw-texts.ts";
import { type AttributeKey, type KeyTable, RESOURCE_KEYS, SPAN_KEYS } from "../semconv.ts";
import type { SlotRow, TraceDraft } from "../trace-draft.ts";
import { signedText, type WireReader } from "./wire.ts";

const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const RESOURCE_ATTRIBUTES = 0x0a;

/**
 * Takes the KeyValue in `[start, end)` into the signature of the span at hand, if its name is known. In the usual form,
 * key, then value, each with a short length, nothing is parsed of a value that nobody asked for.
 */
export function signAttribute(reader: WireReader, start: number, end: number, draft: TraceDraft): void {
  const { bytes, view } = reader;
  if (end - start > 4 && bytes[start] === KEY && bytes[start + 1]! < 0x80) {
    const keyLength = bytes[start + 1]!;
    const keyStart = start + 2;
    const valueTag = keyStart + keyLength;
    if (valueTag + 2 <= end && bytes[valueTag] === VALUE) {
      let valueStart = valueTag + 2;
      let valueLength = bytes[valueTag + 1]!;
      if (valueLength >= 0x80 && bytes[valueStart]! < 0x80) valueLength += (bytes[valueStart++]! - 1) << 7;
      if (valueStart + valueLength === end) {
        const key = SPAN_KEYS.find(view, keyStart, keyLength);
        if (key !== undefined) signValue(reader, key, valueStart, end, draft);
        return;
      }
    }
  }
  signUnusual(reader, start, end, draft);
}

/** A KeyValue of any form. */
function signUnusual(reader: WireReader, start: number, end: number, draft: TraceDraft): void {
  reader.position = start;
  const key = readKeyValue(reader, end, SPAN_KEYS);
  if (key !== undefined && keyValue.valueStart >= 0)
    signValue(reader, key, keyValue.valueStart, keyValue.valueEnd, draft);
}

/** An AnyValue in `[start, end)`: a string is taken where it stands, a small number as its digits, the rest is read. */
function signValue(reader: WireReader, key: AttributeKey, start: number, end: number, draft: TraceDraft): void {
  const { bytes } = reader;
  const { signatures } = draft;
  const { slot, rank } = key;
  if (!signatures.wouldTake(slot, rank)) return;
  const first = end - start >= 2 ? bytes[start + 1]! : 0x80;
  if (first < 0x80 && bytes[start] === STRING_VALUE && start + 2 + first === end) {
    if (key.isFirstWordOnly) {
      const word = firstWordRange(bytes, start + 2, end);
      signatures.put(slot, rank, word.start, word.end);
    } else signatures.put(slot, rank, start + 2, end);
    return;
  }
  if (bytes[start] === INT_VALUE && end - start <= 4 && !key.isFirstWordOnly) {
    const value = shortVarint(bytes, start + 1, end);
    if (value >= 0) {
      signatures.putWhole(slot, rank, value);
      return;
    }
  }
  reader.position = start;
  const text = key.isFirstWordOnly ? readFirstWord(reader, end, draft.raw) : readAnyValue(reader, end, draft.raw);
  signatures.putText(slot, rank, draft.raw.text(text));
}

/** The varint of up to four bytes that fills `[start, end)`; −1 when it is none. */
function shortVarint(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start, shift = 0; at < end; at += 1, shift += 7) {
    const byte = bytes[at]!;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return at + 1 === end ? value : -1;
  }
  return -1;
}

/** Where the value of the KeyValue read last stands; −1 when it has none. */
const keyValue = { valueStart: -1, valueEnd: -1 };

/** Reads a KeyValue that ends at `end` and says which of the known names it has, and where its value stands. */
function readKeyValue(reader: WireReader, end: number, keys: KeyTable): AttributeKey | undefined {
  let keyStart = 0;
  let keyEnd = 0;
  keyValue.valueStart = -1;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === KEY) {
      keyEnd = reader.bytesEnd(end);
      keyStart = reader.position;
      reader.position = keyEnd;
    } else if (tag === VALUE) {
      keyValue.valueEnd = reader.bytesEnd(end);
      keyValue.valueStart = reader.position;
      reader.position = keyValue.valueEnd;
    } else reader.skip(tag, end);
  }
  return keys.ofBytes(reader.bytes, keyStart, keyEnd);
}

/** Reads a KeyValue that ends at `end` into its slot, if `keys` knows its name. */
function readAttribute(reader: WireReader, end: number, keys: KeyTable, raw: RawTexts, slots: SlotRow): void {
  const key = readKeyValue(reader, end, keys);
  const { valueStart, valueEnd } = keyValue;
  if (key === undefined || valueStart < 0) return;
  reader.position = valueStart;
  const text = key.isFirstWordOnly ? readFirstWord(reader, valueEnd, raw) : readAnyValue(reader, valueEnd, raw);
  slots.put(key.slot, key.rank, text);
  reader.position = end;
}

/** The raw text of an AnyValue; 0 for arrays, maps and bytes, which name nothing. */
export function readAnyValue(reader: WireReader, end: number, raw: RawTexts): number {
  let text = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === STRING_VALUE) {
      const stringEnd = reader.bytesEnd(end);
      text = raw.intern(reader.bytes, reader.view, reader.position, stringEnd);
      reader.position = stringEnd;
    } else if (tag === INT_VALUE) {
      const low = reader.varint(end);
      text = raw.internText(signedText(reader.high, low));
    } else if (tag === BOOL_VALUE) {
      const low = reader.varint(end);
      text = raw.internText(low === 0 && reader.high === 0 ? "false" : "true");
    } else if (tag === DOUBLE_VALUE) text = raw.internText(String(reader.double(end)));
    else {
      // Another kind of value takes the place of what came before: the last one of a oneof counts.
      if (tag === 0x2a || tag === 0x32 || tag === 0x3a) text = 0;
      reader.skip(tag, end);
    }
  }
  return text;
}

function readFirstWord(reader: WireReader, end: number, raw: RawTexts): number {
  let text = 0;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === STRING_VALUE) {
      const stringEnd = reader.bytesEnd(end);
      const word = firstWordRange(reader.bytes, reader.position, stringEnd);
      text = raw.intern(reader.bytes, reader.view, word.start, word.end);
      reader.position = stringEnd;
    } else reader.skip(tag, end);
  }
  return text;
}

/** Reads a Resource that ends at `end` into the draft's resource slots. */
export function readResource(reader: WireReader, end: number, draft: Pick<TraceDraft, "raw" | "resourceSlots">): void {
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag !== RESOURCE_ATTRIBUTES) {
      reader.skip(tag, end);
      continue;
    }
    const attributeEnd = reader.bytesEnd(end);
    readAttribute(reader, attributeEnd, RESOURCE_KEYS, draft.raw, draft.resourceSlots);
  }
}
