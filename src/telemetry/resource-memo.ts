import type { Identity } from "./semconv.ts";

/** Beyond this many resources, or bytes of them, all are forgotten between two bodies. */
const MAX_RESOURCES = 4096;
const MAX_BYTES = 8 << 20;
/** Resources of one hash (by chance or by malice) beyond this many are read anew each time. */
const MAX_OF_HASH = 8;

interface Known {
  readonly words: Int32Array;
  readonly length: number;
  readonly identity: Identity;
  readonly next: Known | undefined;
}

/**
 * Who sends, by the bytes of its resource message: an SDK repeats its resource to the byte in everything it sends, so that
 * its twenty attributes are read once.
 */
export class ResourceMemo {
  readonly #byHash = new Map<number, Known>();
  #count = 0;
  #byteCount = 0;

  /** Forgets when it has grown large. Call between bodies. */
  begin(): void {
    if (this.#count <= MAX_RESOURCES && this.#byteCount <= MAX_BYTES) return;
    this.#byHash.clear();
    this.#count = 0;
    this.#byteCount = 0;
  }

  /** The identity behind the bytes `[start, end)` of the view; `read` works it out the first time. */
  identity(view: DataView, start: number, end: number, read: () => Identity): Identity {
    const hash = hashOf(view, start, end);
    const first = this.#byHash.get(hash);
    let ofHash = 0;
    for (let known = first; known !== undefined; known = known.next, ofHash += 1) {
      if (isSame(known, view, start, end)) return known.identity;
    }
    if (ofHash >= MAX_OF_HASH) return read();
    const known: Known = { words: wordsOf(view, start, end), length: end - start, identity: read(), next: first };
    this.#byHash.set(hash, known);
    this.#count += 1;
    this.#byteCount += end - start;
    return known.identity;
  }
}

function isSame({ words, length }: Known, view: DataView, start: number, end: number): boolean {
  if (length !== end - start) return false;
  const whole = length >> 2;
  for (let word = 0; word < whole; word += 1) if (words[word] !== view.getInt32(start + 4 * word, true)) return false;
  return whole === words.length || words[whole] === tailWord(view, start + 4 * whole, end);
}

function wordsOf(view: DataView, start: number, end: number): Int32Array {
  return Int32Array.from({ length: (end - start + 3) >> 2 }, (_, word) => tailWord(view, start + 4 * word, end));
}

/** Up to four bytes from `at` on as a word. */
function tailWord(view: DataView, at: number, end: number): number {
  if (at + 4 <= end) return view.getInt32(at, true);
  let word = 0;
  for (let byte = at; byte < end; byte += 1) word |= view.getUint8(byte) << (8 * (byte - at));
  return word;
}

/** In two lanes, which do not wait for each other. */
function hashOf(view: DataView, start: number, end: number): number {
  let even = Math.imul(end - start, 0x9e3779b1);
  let odd = 0x27d4eb2f;
  let at = start;
  for (; at + 8 <= end; at += 8) {
    even = Math.imul(even ^ view.getInt32(at, true), 0x85ebca6b);
    odd = Math.imul(odd ^ view.getInt32(at + 4, true), 0xc2b2ae35);
  }
  for (; at < end; at += 4) even = Math.imul(even ^ tailWord(view, at, end), 0x01000193);
  const hash = Math.imul(even ^ (even >>> 15) ^ (odd >>> 13), 0x85ebca6b) ^ odd;
  return hash ^ (hash >>> 16);
}
