/**
 * Events that happen at the instant they were scheduled, in order: all that stand in the calendar for that instant were
 * scheduled before and come first, so these need not go through it.
 */
export class InstantQueue {
  #events: Int32Array = new Int32Array(256);
  #head = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(event: number): void {
    if (this.#size === this.#events.length) this.#grow();
    this.#events[(this.#head + this.#size) & (this.#events.length - 1)] = event;
    this.#size++;
  }

  take(): number {
    const event = this.#events[this.#head]!;
    this.#head = (this.#head + 1) & (this.#events.length - 1);
    this.#size--;
    return event;
  }

  #grow(): void {
    const grown = new Int32Array(this.#events.length * 2);
    const count = this.#size;
    for (let i = 0; i < count; i++) grown[i] = this.#events[(this.#head + i) & (this.#events.length - 1)]!;
    this.#events = grown;
    this.#head = 0;
  }
}
