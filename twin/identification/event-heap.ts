/**
 * Events by time in a heap of four children a node, in typed arrays; equal times come out in the order they went in.
 *
 * Taking an event leaves a hole at the top, which the next added event fills: most events bring about just one other,
 * and so sift once, not twice.
 */
export class EventHeap {
  #times: Float64Array;
  /** How many were added before: the rule for ties. */
  #turns: Float64Array;
  #events: Int32Array;
  #filled = 0;
  #nextTurn = 0;
  #hasHole = false;

  /** Room for `capacity` ≥ 1 events; more makes it grow. */
  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#turns = new Float64Array(capacity);
    this.#events = new Int32Array(capacity);
  }

  get size(): number {
    return this.#hasHole ? this.#filled - 1 : this.#filled;
  }

  /** Time of the event that `take` would give; Infinity when there is none. */
  get nextSeconds(): number {
    if (this.#hasHole) this.#closeHole();
    return this.#filled === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  add(timeSeconds: number, event: number): void {
    if (this.#hasHole) {
      this.#hasHole = false;
      this.#sinkFromTop(timeSeconds, this.#nextTurn++, event);
      return;
    }
    if (this.#filled === this.#times.length) this.#grow();
    this.#rise(timeSeconds, this.#nextTurn++, event);
  }

  /** Takes out the next event; there must be one. */
  take(): number {
    if (this.#hasHole) this.#closeHole();
    this.#hasHole = true;
    return this.#events[0]!;
  }

  #closeHole(): void {
    this.#hasHole = false;
    const last = --this.#filled;
    if (last > 0) this.#sinkFromTop(this.#times[last]!, this.#turns[last]!, this.#events[last]!);
  }

  #rise(time: number, turn: number, event: number): void {
    const times = this.#times;
    const turns = this.#turns;
    const events = this.#events;
    let at = this.#filled++;
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
    const filled = this.#filled;
    let at = 0;
    for (;;) {
      const first = (at << 2) + 1;
      if (first >= filled) break;
      const end = Math.min(first + 4, filled);
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

  #grow(): void {
    const capacity = this.#times.length * 2;
    const times = new Float64Array(capacity);
    const turns = new Float64Array(capacity);
    const events = new Int32Array(capacity);
    times.set(this.#times);
    turns.set(this.#turns);
    events.set(this.#events);
    this.#times = times;
    this.#turns = turns;
    this.#events = events;
  }
}
