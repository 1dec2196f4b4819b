export type Column = Float64Array | Uint32Array | Int32Array | Uint8Array;

const FIRST_LENGTH = 256;

/** A typed array that grows by doubling. */
export class GrowingColumn<T extends Column> {
  #data: T;
  #length = 0;
  readonly #create: (length: number) => T;

  constructor(create: (length: number) => T) {
    this.#create = create;
    this.#data = create(FIRST_LENGTH);
  }

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#data.length) {
      const larger = this.#create(this.#data.length * 2);
      larger.set(this.#data);
      this.#data = larger;
    }
    this.#data[this.#length++] = value;
  }

  set(index: number, value: number): void {
    this.#data[index] = value;
  }

  /** A copy cut to the rows that were pushed. */
  take(): T {
    return this.#data.slice(0, this.#length) as T;
  }

  restore(values: T): void {
    this.#data = this.#create(Math.max(FIRST_LENGTH, values.length));
    this.#data.set(values);
    this.#length = values.length;
  }
}

export const doubles = (length: number): Float64Array => new Float64Array(length);
export const unsigned = (length: number): Uint32Array => new Uint32Array(length);
export const signed = (length: number): Int32Array => new Int32Array(length);
export const bytes = (length: number): Uint8Array => new Uint8Array(length);
