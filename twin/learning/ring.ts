/** The last `capacity` numbers, oldest first. */
export class NumberRing {
  readonly #data: Float64Array;
  #next = 0;
  #length = 0;

  constructor(capacity: number) {
    this.#data = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
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
}
