/** Values that are kept together. */
const BLOCK_LENGTH = 250;
const FIRST_LENGTH = 16;

/** A full block never changes, so that a checkpoint need not keep it twice. */
interface Block {
  readonly values: Float64Array;
}

/** The last `capacity` numbers, oldest first. Takes memory for what it holds, not for what it may. */
export class NumberRing {
  readonly #capacity: number;
  /** Oldest first. */
  #full: Block[] = [];
  #open = new Float64Array(FIRST_LENGTH);
  #openLength = 0;
  /** Values at the beginning that are given up. */
  #skipped = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get length(): number {
    return this.#full.length * BLOCK_LENGTH + this.#openLength - this.#skipped;
  }

  push(value: number): void {
    if (this.#openLength === this.#open.length) this.#grow();
    this.#open[this.#openLength++] = value;
    if (this.length > this.#capacity) this.#skipped++;
    if (this.#skipped === BLOCK_LENGTH && this.#full.length > 0) {
      this.#full.shift();
      this.#skipped = 0;
    }
  }

  take(): Float64Array {
    const all = new Float64Array(this.length + this.#skipped);
    this.#full.forEach(({ values }, block) => {
      all.set(values, block * BLOCK_LENGTH);
    });
    all.set(this.#open.subarray(0, this.#openLength), this.#full.length * BLOCK_LENGTH);
    return all.slice(this.#skipped);
  }

  snapshot() {
    return { full: [...this.#full], open: this.#open.slice(0, this.#openLength), skipped: this.#skipped };
  }

  restore({ full, open, skipped }: ReturnType<NumberRing["snapshot"]>): void {
    this.#full = full;
    this.#open = new Float64Array(Math.max(FIRST_LENGTH, open.length));
    this.#open.set(open);
    this.#openLength = open.length;
    this.#skipped = skipped;
  }

  #grow(): void {
    if (this.#openLength === BLOCK_LENGTH) {
      this.#full.push(Object.freeze({ values: this.#open }));
      this.#open = new Float64Array(FIRST_LENGTH);
      this.#openLength = 0;
      return;
    }
    const grown = new Float64Array(Math.min(BLOCK_LENGTH, 2 * this.#openLength));
    grown.set(this.#open);
    this.#open = grown;
  }
}
