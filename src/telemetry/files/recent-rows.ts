/** Words a row is told apart by: trace id 4, span id 2, start 2, end 2. */
const KEY_WORDS = 10;

/** Rows of one file by their ids and times. */
class RowSet {
  #words = new Uint32Array(KEY_WORDS * 8_192);
  #slots = new Int32Array(32_768).fill(-1);
  #count = 0;

  has(ids: Uint32Array, id: number, times: Uint32Array, time: number): boolean {
    return this.#slots[this.#find(ids, id, times, time)]! >= 0;
  }

  add(ids: Uint32Array, id: number, times: Uint32Array, time: number): void {
    if (this.#count * 2 >= this.#slots.length) this.#grow();
    const at = this.#count * KEY_WORDS;
    if (at + KEY_WORDS > this.#words.length) {
      const words = new Uint32Array(this.#words.length * 2);
      words.set(this.#words);
      this.#words = words;
    }
    this.#slots[this.#find(ids, id, times, time)] = this.#count;
    for (let i = 0; i < 6; i += 1) this.#words[at + i] = ids[id + i]!;
    for (let i = 0; i < 4; i += 1) this.#words[at + 6 + i] = times[time + i]!;
    this.#count += 1;
  }

  clear(): void {
    this.#slots.fill(-1);
    this.#count = 0;
  }

  #find(ids: Uint32Array, id: number, times: Uint32Array, time: number): number {
    const mask = this.#slots.length - 1;
    let slot = mixed(ids[id + 3]!, ids[id + 4]!, ids[id + 5]!) & mask;
    for (;;) {
      const row = this.#slots[slot]!;
      if (row < 0 || this.#isRow(row * KEY_WORDS, ids, id, times, time)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #isRow(at: number, ids: Uint32Array, id: number, times: Uint32Array, time: number): boolean {
    for (let i = 0; i < 6; i += 1) if (this.#words[at + i] !== ids[id + i]) return false;
    for (let i = 0; i < 4; i += 1) if (this.#words[at + 6 + i] !== times[time + i]) return false;
    return true;
  }

  #grow(): void {
    const old = this.#count;
    this.#slots = new Int32Array(this.#slots.length * 4).fill(-1);
    const mask = this.#slots.length - 1;
    for (let row = 0; row < old; row += 1) {
      const at = row * KEY_WORDS;
      let slot = mixed(this.#words[at + 3]!, this.#words[at + 4]!, this.#words[at + 5]!) & mask;
      while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
      this.#slots[slot] = row;
    }
  }
}

/** Remembers the rows of the present file and the one before it. */
export class RecentRows {
  #current = new RowSet();
  #last = new RowSet();

  /** A new file begins. */
  turn(): void {
    const oldest = this.#last;
    this.#last = this.#current;
    this.#current = oldest;
    oldest.clear();
  }

  /** Takes note of a row (6 id words, 4 time words); false when it was seen before. */
  isNew(ids: Uint32Array, id: number, times: Uint32Array, time: number): boolean {
    if (this.#current.has(ids, id, times, time) || this.#last.has(ids, id, times, time)) return false;
    this.#current.add(ids, id, times, time);
    return true;
  }
}

function mixed(a: number, b: number, c: number): number {
  const hash = Math.imul(a ^ Math.imul(b, 0x85ebca6b) ^ Math.imul(c, 0xc2b2ae35), 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
