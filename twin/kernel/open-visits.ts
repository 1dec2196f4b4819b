/** "No visit" where a slot number is expected. */
export const NONE = -1;

/** What stands as the parent of a visit that is made for a guarded call, and back again. */
export function answerTo(call: number): number {
  return -2 - call;
}

/**
 * Visits under way, one slot each, as columns. A slot is taken when a call leaves its caller and given back when the
 * visit departs. Capacity doubles up to a limit; columns are replaced when it does, so read them anew each time.
 */
export class OpenVisits {
  readonly #limit: number;
  #free: number = NONE;
  #used = 0;
  #openCount = 0;

  operation: Int32Array;
  replica: Int32Array;
  program: Int32Array;
  /** Index in the network's `samples` of the visit's first segment. */
  sample: Int32Array;
  /** Segment it runs, or ran last; −1 while it has not begun. */
  segment: Int32Array;
  /** Calls it still waits for; 0 while it works. */
  pending: Int32Array;
  /** Slot of the caller that waits for it; `answerTo(call)` of the guarded call it is made for; or NONE. */
  parent: Int32Array;
  root: Uint32Array;
  /** Calls between it and its arrival from outside. */
  depth: Uint8Array;
  /** First of the guarded calls it waits for, or NONE. */
  firstCall: Int32Array;
  /** 1 while the calendar holds the event of its end at a PS station. */
  isAwaited: Uint8Array;
  /** Next of the free slots, or of the visits that share a batch. */
  next: Int32Array;
  arrivalSeconds: Float64Array;
  waitingSeconds: Float64Array;
  /** Half of its gap: from its departure until its caller has the answer. */
  answerSeconds: Float64Array;
  /** When it has the last answer so far of the calls it waits for. */
  answeredSeconds: Float64Array;
  segmentStartSeconds: Float64Array;

  constructor(limit: number, initialCapacity = 1024) {
    const n = Math.min(limit, initialCapacity);
    this.#limit = limit;
    this.operation = new Int32Array(n);
    this.replica = new Int32Array(n);
    this.program = new Int32Array(n);
    this.sample = new Int32Array(n);
    this.segment = new Int32Array(n);
    this.pending = new Int32Array(n);
    this.parent = new Int32Array(n);
    this.root = new Uint32Array(n);
    this.depth = new Uint8Array(n);
    this.firstCall = new Int32Array(n);
    this.isAwaited = new Uint8Array(n);
    this.next = new Int32Array(n);
    this.arrivalSeconds = new Float64Array(n);
    this.waitingSeconds = new Float64Array(n);
    this.answerSeconds = new Float64Array(n);
    this.answeredSeconds = new Float64Array(n);
    this.segmentStartSeconds = new Float64Array(n);
  }

  get openCount(): number {
    return this.#openCount;
  }

  /** Takes a slot for a visit of `operation`; NONE when the limit is reached. */
  open(operation: number, root: number, parent: number, depth: number): number {
    let slot = this.#free;
    if (slot !== NONE) this.#free = this.next[slot]!;
    else if (this.#used < this.operation.length || this.#grow()) slot = this.#used++;
    else return NONE;
    this.#openCount++;
    this.operation[slot] = operation;
    this.root[slot] = root;
    this.parent[slot] = parent;
    this.depth[slot] = depth;
    this.segment[slot] = -1;
    this.pending[slot] = 0;
    this.waitingSeconds[slot] = 0;
    return slot;
  }

  /** Slots that no visit has; what they hold is of visits that are gone. */
  closedSlots(): Uint8Array {
    const isClosed = new Uint8Array(this.#used);
    for (let slot = this.#free; slot !== NONE; slot = this.next[slot]!) isClosed[slot] = 1;
    return isClosed;
  }

  close(slot: number): void {
    this.next[slot] = this.#free;
    this.#free = slot;
    this.#openCount--;
  }

  #grow(): boolean {
    const capacity = Math.min(this.#limit, this.operation.length * 2);
    if (capacity <= this.operation.length) return false;
    this.operation = grownInt32(this.operation, capacity);
    this.replica = grownInt32(this.replica, capacity);
    this.program = grownInt32(this.program, capacity);
    this.sample = grownInt32(this.sample, capacity);
    this.segment = grownInt32(this.segment, capacity);
    this.pending = grownInt32(this.pending, capacity);
    this.parent = grownInt32(this.parent, capacity);
    this.root = grownUint32(this.root, capacity);
    this.depth = grownUint8(this.depth, capacity);
    this.firstCall = grownInt32(this.firstCall, capacity);
    this.isAwaited = grownUint8(this.isAwaited, capacity);
    this.next = grownInt32(this.next, capacity);
    this.arrivalSeconds = grownFloat64(this.arrivalSeconds, capacity);
    this.waitingSeconds = grownFloat64(this.waitingSeconds, capacity);
    this.answerSeconds = grownFloat64(this.answerSeconds, capacity);
    this.answeredSeconds = grownFloat64(this.answeredSeconds, capacity);
    this.segmentStartSeconds = grownFloat64(this.segmentStartSeconds, capacity);
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

export function grownUint32(column: Uint32Array, capacity: number): Uint32Array {
  const grown = new Uint32Array(capacity);
  grown.set(column);
  return grown;
}

export function grownUint16(column: Uint16Array, capacity: number): Uint16Array {
  const grown = new Uint16Array(capacity);
  grown.set(column);
  return grown;
}

export function grownUint8(column: Uint8Array, capacity: number): Uint8Array {
  const grown = new Uint8Array(capacity);
  grown.set(column);
  return grown;
}
