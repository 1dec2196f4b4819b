/** The last `capacity` values, in order of size as well as of age. Memory is bounded: the oldest makes room. */
export class ValueRing {
  readonly capacity: number;
  readonly #byAge: Float64Array;
  readonly #bySize: Float64Array;
  #count = 0;
  #next = 0;

  constructor(capacity: number) {
    if (!(Number.isInteger(capacity) && capacity > 0)) throw new RangeError(`a ring cannot hold ${capacity} values`);
    this.capacity = capacity;
    this.#byAge = new Float64Array(capacity);
    this.#bySize = new Float64Array(capacity);
  }

  get count(): number {
    return this.#count;
  }

  /** @throws {RangeError} for NaN, which has no place in an order. */
  push(value: number): void {
    if (Number.isNaN(value)) throw new RangeError("NaN is not a value");
    if (this.#count === this.capacity) this.#forget(this.#byAge[this.#next]!);
    this.#byAge[this.#next] = value;
    this.#next = (this.#next + 1) % this.capacity;
    const at = this.#place(value);
    this.#bySize.copyWithin(at + 1, at, this.#count);
    this.#bySize[at] = value;
    this.#count += 1;
  }

  mean(): number {
    let sum = 0;
    for (let i = 0; i < this.#count; i++) sum += this.#bySize[i]!;
    return sum / this.#count;
  }

  /** Sample standard deviation (n − 1); NaN with fewer than two values. */
  standardDeviation(): number {
    const mean = this.mean();
    let squares = 0;
    for (let i = 0; i < this.#count; i++) squares += (this.#bySize[i]! - mean) ** 2;
    return this.#count < 2 ? Number.NaN : Math.sqrt(squares / (this.#count - 1));
  }

  /** Quantile by linear interpolation between order statistics (type 7 of Hyndman and Fan); NaN when empty. */
  quantile(share: number): number {
    if (this.#count === 0) return Number.NaN;
    const position = share * (this.#count - 1);
    const below = Math.floor(position);
    const low = this.#bySize[below]!;
    const high = this.#bySize[Math.min(below + 1, this.#count - 1)]!;
    return low + (high - low) * (position - below);
  }

  #forget(value: number): void {
    const at = this.#place(value);
    this.#bySize.copyWithin(at, at + 1, this.#count);
    this.#count -= 1;
  }

  /** First place whose value is not smaller. */
  #place(value: number): number {
    let low = 0;
    let high = this.#count;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#bySize[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  snapshot() {
    return {
      byAge: this.#byAge.slice(),
      bySize: this.#bySize.slice(),
      count: this.#count,
      next: this.#next,
    };
  }

  restore({ byAge, bySize, count, next }: ReturnType<ValueRing["snapshot"]>): void {
    this.#byAge.set(byAge);
    this.#bySize.set(bySize);
    this.#count = count;
    this.#next = next;
  }
}
