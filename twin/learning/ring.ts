const FIRST_LENGTH = 16;

/** The last `capacity` numbers, oldest first. Takes memory for what it holds, not for what it may. */
export class NumberRing {
  readonly #capacity: number;
  #data: Float64Array<ArrayBuffer>;
  #next = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#data = new Float64Array(Math.min(capacity, FIRST_LENGTH));
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length && this.#length < this.#capacity) {
      this.#grow();
    }
    this.#data[this.#next] = value;
    this.#next = (this.#next + 1) % this.#data.length;
    this.#length = Math.min(this.#length + 1, this.#data.length);
  }

  take(): Float64Array {
    if (this.#length < this.#data.length) {
      return this.#data.slice(0, this.#length);
    }
    const all = new Float64Array(this.#length);
    all.set(this.#data.subarray(this.#next));
    all.set(this.#data.subarray(0, this.#next), this.#length - this.#next);
    return all;
  }

  /** Only ever while it is full for the first time, so the oldest stands first. */
  #grow(): void {
    const grown = new Float64Array(Math.min(this.#capacity, 2 * this.#length));
    grown.set(this.#data);
    this.#data = grown;
    this.#next = this.#length;
  }
}
