/**
 * Events to come, as a heap of four children a node in typed arrays. An event is a whole number of the caller's making.
 *
 * Two events at the same instant come out in the order they went in. Taking an event leaves a hole at the top, which the
 * next scheduled event fills: most events schedule just one other, and so sift once, not twice.
 */
export class EventCalendar {
  readonly #limit: number;
  #times: Float64Array;
  /** How many were scheduled before: the rule for ties. */
  #turns: Float64Array;
  #events: Int32Array;
  #size = 0;
  #nextTurn = 0;
  #hasHole = false;
  #nowSeconds = Number.NEGATIVE_INFINITY;

  /** Holds at most `limit` events; `initialCapacity` doubles until then. */
  constructor(limit: number, initialCapacity = 1024) {
    const capacity = Math.min(limit, initialCapacity);
    this.#limit = limit;
    this.#times = new Float64Array(capacity);
    this.#turns = new Float64Array(capacity);
    this.#events = new Int32Array(capacity);
  }

  get size(): number {
    return this.#hasHole ? this.#size - 1 : this.#size;
  }

  /** Time of the event last taken, or of the last `advanceTo`. */
  get nowSeconds(): number {
    return this.#nowSeconds;
  }

  /** Time of the event that `take` would give; Infinity when there is none. */
  get nextSeconds(): number {
    if (this.#hasHole) this.#closeHole();
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  /**
   * Adds an event; false, and nothing changed, when the calendar is full.
   *
   * @throws {RangeError} when the time lies before now or is not a finite number.
   */
  schedule(timeSeconds: number, event: number): boolean {
    if (!(timeSeconds >= this.#nowSeconds && timeSeconds < Number.POSITIVE_INFINITY)) {
      throw new RangeError(`cannot schedule at ${timeSeconds} s: it is ${this.#nowSeconds} s`);
    }
    if (this.#hasHole) {
      this.#hasHole = false;
      this.#sinkFromTop(timeSeconds, this.#nextTurn++, event);
      return true;
    }
    if (this.#size === this.#times.length && !this.#grow()) return false;
    this.#rise(timeSeconds, this.#nextTurn++, event);
    return true;
  }

  /** Takes out the next event and moves now to its time. @throws {RangeError} when there is none. */
  take(): number {
    if (this.#hasHole) this.#closeHole();
    if (this.#size === 0) throw new RangeError("the calendar is empty");
    this.#nowSeconds = this.#times[0]!;
    this.#hasHole = true;
    return this.#events[0]!;
  }

  /** Moves now without taking an event, for something that happens outside the calendar. @throws {RangeError} into the past. */
  advanceTo(timeSeconds: number): void {
    if (!(timeSeconds >= this.#nowSeconds)) {
      throw new RangeError(`cannot go to ${timeSeconds} s: it is ${this.#nowSeconds} s`);
    }
    this.#nowSeconds = timeSeconds;
  }

  #closeHole(): void {
    this.#hasHole = false;
    const last = --this.#size;
    if (last > 0) this.#sinkFromTop(this.#times[last]!, this.#turns[last]!, this.#events[last]!);
  }

  #rise(time: number, turn: number, event: number): void {
    const times = this.#times;
    const turns = this.#turns;
    const events = this.#events;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 2;
      // The newcomer has the highest turn of all, so it never passes an equal time.
      if (times[parent]! <= time) break;
      times[at] = times[parent]!;
      turns[at] = turns[parent]!;
      events[at] = events[parent]!;
      at = parent;
    }
    times[at] = time;
    turns[at] = turn;
    events[at] = event;
  }

  #sinkFromTop(time: number, turn: number, event: number): void {
    const times = this.#times;
    const turns = this.#turns;
    const events = this.#events;
    const size = this.#size;
    let at = 0;
    for (;;) {
      const first = (at << 2) + 1;
      if (first >= size) break;
      const end = Math.min(first + 4, size);
      let least = first;
      let leastTime = times[first]!;
      for (let child = first + 1; child < end; child++) {
        const childTime = times[child]!;
        if (childTime < leastTime || (childTime === leastTime && turns[child]! < turns[least]!)) {
          least = child;
          leastTime = childTime;
        }
      }
      if (leastTime > time || (leastTime === time && turns[least]! > turn)) break;
      times[at] = leastTime;
      turns[at] = turns[least]!;
      events[at] = events[least]!;
      at = least;
    }
    times[at] = time;
    turns[at] = turn;
    events[at] = event;
  }

  #grow(): boolean {
    const capacity = Math.min(this.#limit, this.#times.length * 2);
    if (capacity <= this.#times.length) return false;
    const times = new Float64Array(capacity);
    const turns = new Float64Array(capacity);
    const events = new Int32Array(capacity);
    times.set(this.#times);
    turns.set(this.#turns);
    events.set(this.#events);
    this.#times = times;
    this.#turns = turns;
    this.#events = events;
    return true;
  }
}
