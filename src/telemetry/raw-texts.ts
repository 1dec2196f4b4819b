const MAX_PROBES = 64;

/**
 * Texts of one body by number, found by their bytes: a text that was seen before costs a hash and a compare,
 * no string. Number 0 is "".
 *
 * It is a cache, not a dictionary: `clear` between bodies when it has grown large. Within a body it is bounded by
 * the body's own size. Texts whose hash slots are crowded (by chance or by malice) get a fresh number each time.
 */
export class RawTexts {
  #arena = new Uint8Array(1 << 16);
  #arenaUsed = 0;
  #starts = new Uint32Array(1024);
  #lengths = new Uint32Array(1024);
  #hashes = new Int32Array(1024);
  #slots = new Int32Array(4096);
  #slotMask = 4095;
  #texts: (string | undefined)[] = [""];
  readonly #byText = new Map<string, number>();

  get size(): number {
    return this.#texts.length;
  }

  /** The number of the UTF-8 text `bytes[start, end)`; `view` must look at the same bytes. */
  intern(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    if (start === end) return 0;
    const hash = hashBytes(bytes, view, start, end);
    const length = end - start;
    let slot = hash & this.#slotMask;
    for (let probe = 0; probe < MAX_PROBES; probe += 1) {
      const id = this.#slots[slot]!;
      if (id === 0) return this.#add(bytes, start, end, hash, slot);
      if (this.#hashes[id] === hash && this.#lengths[id] === length && this.#holds(id, bytes, start, end)) return id;
      slot = (slot + 1) & this.#slotMask;
    }
    return this.#add(bytes, start, end, hash, -1);
  }

  /** The number of a text that is a string already. Lone surrogates become U+FFFD, as they would in UTF-8. */
  internText(text: string): number {
    if (text === "") return 0;
    const known = this.#byText.get(text);
    if (known !== undefined) return known;
    const id = this.#texts.length;
    this.#growIds(id);
    this.#texts.push(text.toWellFormed());
    this.#byText.set(text, id);
    return id;
  }

  text(id: number): string {
    const known = this.#texts[id];
    if (known !== undefined) return known;
    const start = this.#starts[id]!;
    const text = Buffer.from(this.#arena.buffer, start, this.#lengths[id]!).toString("utf8");
    this.#texts[id] = text;
    return text;
  }

  clear(): void {
    if (this.#slots.length > 1 << 17) {
      this.#slots = new Int32Array(4096);
      this.#slotMask = 4095;
      this.#arena = new Uint8Array(1 << 16);
    }
    this.#slots.fill(0);
    this.#arenaUsed = 0;
    this.#texts = [""];
    this.#byText.clear();
  }

  #holds(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena;
    let at = this.#starts[id]!;
    for (let i = start; i < end; i += 1, at += 1) if (arena[at] !== bytes[i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const id = this.#texts.length;
    const length = end - start;
    this.#growIds(id);
    if (this.#arenaUsed + length > this.#arena.length) {
      const arena = new Uint8Array(Math.max(this.#arena.length * 2, this.#arenaUsed + length));
      arena.set(this.#arena.subarray(0, this.#arenaUsed));
      this.#arena = arena;
    }
    this.#arena.set(bytes.subarray(start, end), this.#arenaUsed);
    this.#starts[id] = this.#arenaUsed;
    this.#lengths[id] = length;
    this.#hashes[id] = hash;
    this.#arenaUsed += length;
    this.#texts.push(undefined);
    if (slot >= 0) this.#slots[slot] = id;
    if (id * 2 > this.#slots.length) this.#growSlots();
    return id;
  }

  #growIds(id: number): void {
    if (id < this.#starts.length) return;
    this.#starts = grown(this.#starts, new Uint32Array(id * 2));
    this.#lengths = grown(this.#lengths, new Uint32Array(id * 2));
    this.#hashes = grown(this.#hashes, new Int32Array(id * 2));
  }

  #growSlots(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 4);
    this.#slotMask = this.#slots.length - 1;
    for (const id of old) {
      if (id === 0) continue;
      let slot = this.#hashes[id]! & this.#slotMask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#slotMask;
      this.#slots[slot] = id;
    }
  }
}

function grown<T extends Uint32Array | Int32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}

/** Every word goes in: a hash that samples would let a sender choose collisions at will. */
function hashBytes(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let hash = Math.imul(end - start, 0x9e3779b1);
  let at = start;
  for (; at + 4 <= end; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  for (; at < end; at += 1) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}
