import { relevantSlots } from "./relevant-slots.ts";
import { SPAN_SLOT_COUNT } from "./semconv.ts";

/** Beyond this many signatures, or words of their texts, all are forgotten between two bodies. */
const MAX_SIGNATURES = 16_384;
const MAX_WORDS = 1 << 20;
const FIRST_SLOTS = 1 << 14;
/** Signatures whose places are crowded (by chance or by malice) get a fresh number each time. */
const MAX_PROBES = 64;
const FIRST_WORDS = 1 << 14;
/** Before the texts of a signature stand which slots they fill, and the span's kind. */
const HEAD_WORDS = 2;
const NO_BYTES = new Uint8Array(0);

/**
 * The texts that name a span, as one number: spans of the same kind that say the same have the same signature, so that
 * what it means is worked out once. A span that was seen before costs a hash and a compare over bytes that stand in the
 * body, no string. Put what a span says with `put…`, then `sign` it.
 *
 * It is a cache, not a dictionary: numbers hold until the next `begin` that forgets, which `generation` tells. Within a body it is
 * bounded by the body's own size. Number 0 is never given.
 */
export class SpanSignatures {
  /** Filled slots of the span at hand, one bit each. */
  #filled = 0;
  readonly #starts = new Uint32Array(SPAN_SLOT_COUNT);
  readonly #ends = new Uint32Array(SPAN_SLOT_COUNT);
  readonly #ranks = new Uint8Array(SPAN_SLOT_COUNT);
  /** Slots whose text stands in `#side`, one bit each. */
  #inSide = 0;
  #bytes: Uint8Array = NO_BYTES;
  #view: DataView = new DataView(NO_BYTES.buffer);
  /** Texts that do not stand in the body as they are; of one span. */
  #side = new Uint8Array(1024);
  #sideView = new DataView(this.#side.buffer);
  #sideUsed = 0;
  /** Of all signatures: mask of slots, kind, then length and padded bytes of each text. */
  #words = new Int32Array(FIRST_WORDS);
  #wordCount = 0;
  #first = new Uint32Array(1024);
  #hashes = new Int32Array(1024);
  #count = 1;
  #slots = new Uint32Array(FIRST_SLOTS);
  #generation = 0;

  /** Grows by one whenever numbers given before lose their meaning. */
  get generation(): number {
    return this.#generation;
  }

  /** From now on texts stand in this body. */
  begin(bytes: Uint8Array, view: DataView): void {
    this.#bytes = bytes;
    this.#view = view;
    if (this.#count > MAX_SIGNATURES || this.#wordCount > MAX_WORDS) this.#forget();
  }

  /** A span without a word. */
  clear(): void {
    this.#filled = 0;
    this.#inSide = 0;
    this.#sideUsed = 0;
  }

  /** False when a better name filled the slot already. */
  wouldTake(slot: number, rank: number): boolean {
    return (this.#filled & (1 << slot)) === 0 || rank <= this.#ranks[slot]!;
  }

  /** Takes the text `body[start, end)` unless a better name filled the slot already. An empty text says nothing. */
  put(slot: number, rank: number, start: number, end: number): void {
    if (start !== end && this.#fill(slot, rank)) {
      this.#starts[slot] = start;
      this.#ends[slot] = end;
    }
  }

  /** Takes the text `body[start, end)`, whatever filled the slot, and empties it when the text is empty. */
  replace(slot: number, start: number, end: number): void {
    this.#filled &= ~(1 << slot);
    this.put(slot, 0, start, end);
  }

  /** `put` of a text that does not stand in the body. */
  putText(slot: number, rank: number, text: string): void {
    if (text === "" || !this.#fill(slot, rank)) return;
    this.#needSide(text.length * 3);
    const { written } = encoder.encodeInto(text, this.#side.subarray(this.#sideUsed));
    this.#sideSlot(slot, this.#sideUsed + written);
  }

  /** The same of a whole number, in decimal digits. */
  putWhole(slot: number, rank: number, value: number): void {
    if (!this.#fill(slot, rank)) return;
    this.#needSide(16);
    let digits = 1;
    for (let rest = value; rest >= 10; rest = Math.floor(rest / 10)) digits++;
    const end = this.#sideUsed + digits;
    let rest = value;
    for (let at = end - 1; at >= this.#sideUsed; at--) {
      const tenth = Math.floor(rest / 10);
      this.#side[at] = 48 + rest - 10 * tenth;
      rest = tenth;
    }
    this.#sideSlot(slot, end);
  }

  isFilled(slot: number): boolean {
    return (this.#filled & (1 << slot)) !== 0;
  }

  /** Text of a filled slot of the span at hand. */
  textNow(slot: number): string {
    const bytes = (this.#inSide & (1 << slot)) === 0 ? this.#bytes : this.#side;
    const start = this.#starts[slot]!;
    return Buffer.from(bytes.buffer, bytes.byteOffset + start, this.#ends[slot]! - start).toString("utf8");
  }

  /** The signature of the span at hand. */
  sign(kind: number): number {
    const mask = relevantSlots(this.#filled, kind);
    const hash = this.#hashOf(mask, kind);
    const slotMask = this.#slots.length - 1;
    let slot = hash & slotMask;
    for (let probe = 0; probe < MAX_PROBES; probe += 1) {
      const known = this.#slots[slot]!;
      if (known === 0) return this.#add(mask, kind, hash, slot);
      if (this.#hashes[known] === hash && this.#isSame(known, mask, kind)) return known;
      slot = (slot + 1) & slotMask;
    }
    return this.#add(mask, kind, hash, -1);
  }

  /** Text of a slot of a signature; "" where that slot is not filled, or cannot change the names. */
  text(signature: number, wanted: number): string {
    let at = this.#first[signature]!;
    const mask = this.#words[at]!;
    if ((mask & (1 << wanted)) === 0) return "";
    at += HEAD_WORDS;
    for (let rest = mask & ((1 << wanted) - 1); rest !== 0; rest &= rest - 1) at += 1 + ((this.#words[at]! + 3) >> 2);
    return Buffer.from(this.#words.buffer, 4 * (at + 1), this.#words[at]!).toString("utf8");
  }

  /** False when a better name filled the slot already. */
  #fill(slot: number, rank: number): boolean {
    const own = 1 << slot;
    if (!this.wouldTake(slot, rank)) return false;
    this.#filled |= own;
    this.#inSide &= ~own;
    this.#ranks[slot] = rank;
    return true;
  }

  #sideSlot(slot: number, end: number): void {
    this.#inSide |= 1 << slot;
    this.#starts[slot] = this.#sideUsed;
    this.#ends[slot] = end;
    this.#sideUsed = end;
  }

  #needSide(byteCount: number): void {
    if (this.#sideUsed + byteCount <= this.#side.length) return;
    const side = new Uint8Array(2 * (this.#sideUsed + byteCount));
    side.set(this.#side.subarray(0, this.#sideUsed));
    this.#side = side;
    this.#sideView = new DataView(side.buffer);
  }

  /** Every byte goes in: a hash that samples would let a sender choose collisions at will. */
  #hashOf(mask: number, kind: number): number {
    let hash = Math.imul(mask ^ (kind << 27), 0x9e3779b1);
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const slot = 31 - Math.clz32(rest & -rest);
      const view = (this.#inSide & (1 << slot)) === 0 ? this.#view : this.#sideView;
      let at = this.#starts[slot]!;
      const end = this.#ends[slot]!;
      hash = Math.imul(hash ^ (end - at), 0xc2b2ae35);
      for (; at + 4 <= end; at += 4) {
        hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
      }
      if (at < end) hash = Math.imul(hash ^ tailWord(view, at, end), 0x85ebca6b);
      hash ^= hash >>> 13;
    }
    hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
    return hash ^ (hash >>> 13);
  }

  #isSame(signature: number, mask: number, kind: number): boolean {
    const words = this.#words;
    let word = this.#first[signature]!;
    if (words[word++] !== mask || words[word++] !== kind) return false;
    for (let rest = mask; rest !== 0; rest &= rest - 1) {
      const slot = 31 - Math.clz32(rest & -rest);
      const view = (this.#inSide & (1 << slot)) === 0 ? this.#view : this.#sideView;
      let at = this.#starts[slot]!;
      const end = this.#ends[slot]!;
      if (words[word++] !== end - at) return false;
      for (; at + 4 <= end; at += 4) if (words[word++] !== view.getInt32(at, true)) return false;
      if (at < end && words[word++] !== tailWord(view, at, end)) return false;
    }
    return true;
  }

  #add(mask: number, kind: number, hash: number, tableSlot: number): number {
    const signature = this.#count++;
    if (signature >= this.#first.length) {
      this.#first = grown(this.#first, new Uint32Array(2 * signature));
      this.#hashes = grown(this.#hashes, new Int32Array(2 * signature));
    }
    this.#first[signature] = this.#wordCount;
    this.#hashes[signature] = hash;
    if (tableSlot >= 0) this.#slots[tableSlot] = signature;
    this.#push(mask);
    this.#push(kind);
    for (let rest = mask; rest !== 0; rest &= rest - 1) this.#pushText(31 - Math.clz32(rest & -rest));
    if (2 * this.#count > this.#slots.length) this.#growSlots();
    return signature;
  }

  #pushText(slot: number): void {
    const view = (this.#inSide & (1 << slot)) === 0 ? this.#view : this.#sideView;
    let at = this.#starts[slot]!;
    const end = this.#ends[slot]!;
    this.#push(end - at);
    for (; at + 4 <= end; at += 4) this.#push(view.getInt32(at, true));
    if (at < end) this.#push(tailWord(view, at, end));
  }

  #push(word: number): void {
    if (this.#wordCount === this.#words.length) {
      this.#words = grown(this.#words, new Int32Array(2 * this.#wordCount));
    }
    this.#words[this.#wordCount++] = word;
  }

  #growSlots(): void {
    this.#slots = new Uint32Array(4 * this.#slots.length);
    const slotMask = this.#slots.length - 1;
    for (let signature = 1; signature < this.#count; signature++) {
      let slot = this.#hashes[signature]! & slotMask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & slotMask;
      this.#slots[slot] = signature;
    }
  }

  #forget(): void {
    this.#generation += 1;
    this.#count = 1;
    this.#wordCount = 0;
    this.#slots = new Uint32Array(FIRST_SLOTS);
    this.#words = new Int32Array(FIRST_WORDS);
    this.#first = new Uint32Array(1024);
    this.#hashes = new Int32Array(1024);
  }
}

const encoder = new TextEncoder();

/** The last one to three bytes of a text as a word. */
function tailWord(view: DataView, at: number, end: number): number {
  let word = view.getUint8(at);
  if (at + 1 < end) word |= view.getUint8(at + 1) << 8;
  if (at + 2 < end) word |= view.getUint8(at + 2) << 16;
  return word;
}

function grown<T extends Uint32Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
