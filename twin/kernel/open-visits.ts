/** "No visit" where a slot number is expected. */
export const NONE = -1;

/** What stands as the parent of a visit that is made for a guarded call, and back again. */
export function answerTo(call: number): number {
  return -2 - call;
}

// The words of a visit.
export const OPERATION = 0;
/** Of its operation; see `CompiledNetwork`. */
export const TRAITS = 1;
export const REPLICA = 2;
export const PROGRAM = 3;
/** Index in the network's samples of its first segment. */
export const SAMPLE = 4;
/** Segment it runs, or ran last; −1 while it has not begun. */
export const SEGMENT = 5;
/** Calls it still waits for; 0 while it works. */
export const PENDING = 6;
/** Slot of the caller that waits for it; `answerTo(call)` of the guarded call it is made for; or NONE. */
export const PARENT = 7;
export const ROOT = 8;
/** Calls between it and its arrival from outside. */
export const DEPTH = 9;
/** Next of the free slots, or of the visits that share a batch. */
export const NEXT = 10;
/** First of the guarded calls it waits for, or NONE. */
export const FIRST_CALL = 11;
/** 1 while the calendar holds the event of its end at a PS station. */
export const IS_AWAITED = 12;
/** First child and next sibling in the heap of those who share a server. */
export const CHILD = 13;
export const SIBLING = 14;

// The times of a visit, in seconds.
export const ARRIVAL = 0;
export const WAITING = 1;
/** From its departure until its caller has the answer. */
export const ANSWER_DELAY = 2;
/** When it has the last answer so far of the calls it waits for. */
export const ANSWERED = 3;
export const SEGMENT_START = 4;
/** Virtual time at which it ends its share of a server, and its turn among equals. */
export const SHARE_END = 5;
export const SHARE_TURN = 6;

const WORD_BITS = 4;
const TIME_BITS = 3;

/**
 * Visits under way, one slot each. A slot is taken when a call leaves its caller and given back when the visit departs;
 * capacity doubles up to a limit. All of a visit lies in two cache lines, one of words and one of times.
 */
export class OpenVisits {
  readonly #limit: number;
  #capacity: number;
  #free: number = NONE;
  #used = 0;
  #openCount = 0;
  #words: Int32Array;
  #times: Float64Array;

  constructor(limit: number, initialCapacity = 1024) {
    this.#limit = limit;
    this.#capacity = Math.min(limit, initialCapacity);
    this.#words = new Int32Array(this.#capacity << WORD_BITS);
    this.#times = new Float64Array(this.#capacity << TIME_BITS);
  }

  get openCount(): number {
    return this.#openCount;
  }

  word(slot: number, field: number): number {
    return this.#words[(slot << WORD_BITS) + field]!;
  }

  setWord(slot: number, field: number, value: number): void {
    this.#words[(slot << WORD_BITS) + field] = value;
  }

  seconds(slot: number, field: number): number {
    return this.#times[(slot << TIME_BITS) + field]!;
  }

  setSeconds(slot: number, field: number, value: number): void {
    this.#times[(slot << TIME_BITS) + field] = value;
  }

  /** Takes a slot for a visit of `operation`; NONE when the limit is reached. */
  open(operation: number, root: number, parent: number, depth: number): number {
    let slot = this.#free;
    if (slot !== NONE) this.#free = this.word(slot, NEXT);
    else if (this.#used < this.#capacity || this.#grow()) slot = this.#used++;
    else return NONE;
    this.#openCount++;
    const words = this.#words;
    const at = slot << WORD_BITS;
    words[at + OPERATION] = operation;
    words[at + ROOT] = root;
    words[at + PARENT] = parent;
    words[at + DEPTH] = depth;
    words[at + SEGMENT] = -1;
    words[at + PENDING] = 0;
    this.#times[(slot << TIME_BITS) + WAITING] = 0;
    return slot;
  }

  /** Slots that no visit has; what they hold is of visits that are gone. */
  closedSlots(): Uint8Array {
    const isClosed = new Uint8Array(this.#used);
    for (let slot = this.#free; slot !== NONE; slot = this.word(slot, NEXT)) isClosed[slot] = 1;
    return isClosed;
  }

  close(slot: number): void {
    this.setWord(slot, NEXT, this.#free);
    this.#free = slot;
    this.#openCount--;
  }

  #grow(): boolean {
    const capacity = Math.min(this.#limit, this.#capacity * 2);
    if (capacity <= this.#capacity) return false;
    this.#capacity = capacity;
    this.#words = grownInt32(this.#words, capacity << WORD_BITS);
    this.#times = grownFloat64(this.#times, capacity << TIME_BITS);
    return true;
  }
}

/** A copy with room for `capacity` elements; what is new is 0. */
export function grownFloat64(column: Float64Array, capacity: number): Float64Array {
  const grown = new Float64Array(capacity);
  grown.set(column);
  return grown;
}

export function grownInt32(column: Int32Array, capacity: number): Int32Array {
  const grown = new Int32Array(capacity);
  grown.set(column);
  return grown;
}

export function grownUint8(column: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array(capacity);
  grown.set(column);
  return grown;
}
