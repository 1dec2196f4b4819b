import { firstWordRange } from "../id-stripping.ts";
import type { RawTexts } from "../raw-texts.ts";
import { type KeyTable, RESOURCE_KEYS } from "../semconv.ts";
import type { SlotRow, TraceDraft } from "../trace-draft.ts";
import { signedText, type WireReader } from "./wire.ts";

const KEY = 0x0a;
const VALUE = 0x12;
const STRING_VALUE = 0x0a;
const BOOL_VALUE = 0x10;
const INT_VALUE = 0x18;
const DOUBLE_VALUE = 0x21;
const RESOURCE_ATTRIBUTES = 0x0a;

/** Reads a KeyValue that ends at `end` into its slot, if `keys` knows its name. */
export function readAttribute(reader: WireReader, end: number, keys: KeyTable, raw: RawTexts, slots: SlotRow): void {
  const { bytes } = reader;
  let keyStart = 0;
  let keyEnd = 0;
  let valueStart = -1;
  let valueEnd = -1;
  while (reader.position < end) {
    const tag = reader.tag(end);
    if (tag === KEY) {
      keyEnd = reader.bytesEnd(end);
      keyStart = reader.position;
      reader.position = keyEnd;
    } else if (tag === VALUE) {
      valueEnd = reader.bytesEnd(end);
      valueStart = reader.position;
      reader.position = valueEnd;
    } else reader.skip(tag, end);
  }
  const key = keys.ofBytes(bytes, keyStart, keyEnd);
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
