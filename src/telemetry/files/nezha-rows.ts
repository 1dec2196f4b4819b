import { RawTexts } from "../raw-texts.ts";
import { RecentRows } from "./recent-rows.ts";

const COMMA = 0x2c;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const ZERO = 0x30;

/** First line of every file of the layout. */
export const NEZHA_HEADER = "TraceID,SpanID,ParentID,PodName,OperationName,StartTimeUnixNano,EndTimeUnixNano,Duration";

const HEX = hexTable();
const ROOT = Buffer.from("root");
const FIELD_COUNT = 8;

/** Words of a row's ids: trace 4, span 2, parent 2. */
export const ID_WORDS = 8;
/** Whole seconds and nanoseconds of start and end. */
const TIME_WORDS = 4;

/**
 * Rows of trace files of the public layout, as columns. Rows that are no such rows are counted and left out; exact
 * duplicates of a row of this file or the one before too (the same request is written to both files at their border).
 */
export class NezhaRows {
  texts = new RawTexts();
  ids = new Uint32Array(0);
  /** Raw texts of pod and operation, two a row. */
  names = new Uint32Array(0);
  /** Start seconds and nanoseconds, end seconds and nanoseconds. */
  times = new Uint32Array(0);
  /** End in nanoseconds since `baseSeconds`: exact, for sorting. */
  endNanos = new Float64Array(0);
  count = 0;
  malformedCount = 0;
  /** Duplicates by raw text of their pod. */
  readonly duplicates = new Map<number, number>();
  #capacity = 0;
  #baseSeconds = -1;
  readonly #recent = new RecentRows();
  readonly #fieldEnds = new Uint32Array(FIELD_COUNT);

  /** Adds the rows of a file behind those that are there. `bytes` begins with the header line. */
  append(bytes: Buffer): void {
    let at = bytes.indexOf(NEWLINE) + 1;
    this.#recent.turn();
    if (at === 0) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = bytes.length;
    while (at < end) {
      at = this.#row(bytes, view, at, end);
    }
  }

  /** Keeps the rows `order` names, in that order, and forgets the others. */
  keep(order: Uint32Array): void {
    const ids = new Uint32Array(order.length * ID_WORDS);
    const names = new Uint32Array(order.length * 2);
    const times = new Uint32Array(order.length * TIME_WORDS);
    const endNanos = new Float64Array(order.length);
    order.forEach((from, to) => {
      ids.set(this.ids.subarray(from * ID_WORDS, (from + 1) * ID_WORDS), to * ID_WORDS);
      names.set(this.names.subarray(from * 2, from * 2 + 2), to * 2);
      times.set(this.times.subarray(from * TIME_WORDS, (from + 1) * TIME_WORDS), to * TIME_WORDS);
      endNanos[to] = this.endNanos[from]!;
    });
    this.ids = ids;
    this.names = names;
    this.times = times;
    this.endNanos = endNanos;
    this.count = order.length;
    this.#capacity = order.length;
  }

  /** Forgets the texts no row needs any more; the numbers of the others change. */
  compactTexts(): void {
    const texts = new RawTexts();
    for (let i = 0; i < this.count * 2; i += 1) this.names[i] = texts.internText(this.texts.text(this.names[i]!));
    this.texts = texts;
  }

  /** Length of row `row` in seconds, exact to the nanosecond before the division. */
  durationSeconds(row: number): number {
    const at = row * TIME_WORDS;
    const { times } = this;
    return ((times[at + 2]! - times[at]!) * 1e9 + (times[at + 3]! - times[at + 1]!)) / 1e9;
  }

  startSeconds(row: number): number {
    const at = row * TIME_WORDS;
    return this.times[at]! + this.times[at + 1]! / 1e9;
  }

  /** Reads one line and returns where the next begins. */
  #row(bytes: Buffer, view: DataView, start: number, end: number): number {
    const ends = this.#fieldEnds;
    let field = 0;
    let at = start;
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (byte === COMMA) {
        if (field < FIELD_COUNT) ends[field] = at;
        field += 1;
      } else if (byte === NEWLINE) break;
    }
    const next = at + 1;
    if (at > start && bytes[at - 1] === RETURN) at -= 1;
    if (at === start) return next;
    if (field !== FIELD_COUNT - 1 || !this.#take(bytes, view, start, ends)) this.malformedCount += 1;
    return next;
  }

  #take(bytes: Buffer, view: DataView, start: number, ends: Uint32Array): boolean {
    const row = this.count;
    if (row >= this.#capacity) this.#grow();
    const { ids, times } = this;
    const id = row * ID_WORDS;
    const spanStart = ends[0]! + 1;
    if (!hexInto(bytes, start, ends[0]!, ids, id, 4)) return false;
    if (!hexInto(bytes, spanStart, ends[1]!, ids, id + 4, 2)) return false;
    if (!this.#parentInto(bytes, ends[1]! + 1, ends[2]!, id + 6)) return false;
    const time = row * TIME_WORDS;
    if (!timeInto(bytes, ends[4]! + 1, ends[5]!, times, time)) return false;
    if (!timeInto(bytes, ends[5]! + 1, ends[6]!, times, time + 2)) return false;
    const pod = this.#text(bytes, view, ends[2]! + 1, ends[3]!);
    if (pod === 0) return false;
    if (!this.#recent.isNew(ids, id, times, time)) {
      this.duplicates.set(pod, (this.duplicates.get(pod) ?? 0) + 1);
      return true;
    }
    this.names[row * 2] = pod;
    this.names[row * 2 + 1] = this.#text(bytes, view, ends[3]! + 1, ends[4]!);
    if (this.#baseSeconds < 0) this.#baseSeconds = times[time + 2]!;
    this.endNanos[row] = (times[time + 2]! - this.#baseSeconds) * 1e9 + times[time + 3]!;
    this.count += 1;
    return true;
  }

  #text(bytes: Buffer, view: DataView, start: number, end: number): number {
    const isQuoted = end - start >= 2 && bytes[start] === QUOTE && bytes[end - 1] === QUOTE;
    return isQuoted ? this.texts.intern(bytes, view, start + 1, end - 1) : this.texts.intern(bytes, view, start, end);
  }

  #parentInto(bytes: Buffer, start: number, end: number, at: number): boolean {
    const isRoot =
      start === end || (end - start === ROOT.length && bytes.compare(ROOT, 0, ROOT.length, start, end) === 0);
    if (!isRoot) return hexInto(bytes, start, end, this.ids, at, 2);
    this.ids[at] = 0;
    this.ids[at + 1] = 0;
    return true;
  }

  #grow(): void {
    const capacity = Math.max(8_192, this.#capacity * 2);
    this.ids = copied(this.ids, new Uint32Array(capacity * ID_WORDS));
    this.names = copied(this.names, new Uint32Array(capacity * 2));
    this.times = copied(this.times, new Uint32Array(capacity * TIME_WORDS));
    this.endNanos = copied(this.endNanos, new Float64Array(capacity));
    this.#capacity = capacity;
  }
}

function copied<T extends Uint32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Words of an id of exactly `wordCount` × 8 hex digits that are not all zero. */
function hexInto(bytes: Buffer, start: number, end: number, into: Uint32Array, at: number, wordCount: number): boolean {
  if (end - start !== wordCount * 8) return false;
  let wrong = 0;
  let bits = 0;
  let from = start;
  for (let word = 0; word < wordCount; word += 1) {
    let value = 0;
    for (let digit = 0; digit < 8; digit += 1, from += 1) {
      const nibble = HEX[bytes[from]!]!;
      wrong |= nibble;
      value = (value << 4) | (nibble & 15);
    }
    into[at + word] = value;
    bits |= value;
  }
  return wrong < 16 && bits !== 0;
}

/** Whole seconds and nanoseconds of a decimal number of nanoseconds, 10 to 19 digits. */
function timeInto(bytes: Buffer, start: number, end: number, into: Uint32Array, at: number): boolean {
  const length = end - start;
  if (length < 10 || length > 19) return false;
  let wrong = 0;
  let seconds = 0;
  let nanos = 0;
  const split = end - 9;
  for (let i = start; i < split; i += 1) {
    const digit = bytes[i]! - ZERO;
    wrong |= digit < 0 || digit > 9 ? 1 : 0;
    seconds = seconds * 10 + digit;
  }
  for (let i = split; i < end; i += 1) {
    const digit = bytes[i]! - ZERO;
    wrong |= digit < 0 || digit > 9 ? 1 : 0;
    nanos = nanos * 10 + digit;
  }
  if (wrong !== 0 || seconds > 0xffff_ffff) return false;
  into[at] = seconds;
  into[at + 1] = nanos;
  return true;
}

/** 0 to 15 for a hex digit of either case, 16 for anything else. */
function hexTable(): Uint8Array {
  const table = new Uint8Array(256).fill(16);
  for (let value = 0; value < 16; value += 1) {
    const digit = value.toString(16);
    table[digit.charCodeAt(0)] = value;
    table[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return table;
}
