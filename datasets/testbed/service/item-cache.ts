/** Keeps the `capacity` items last asked for (least recently used goes first). */
export class ItemCache {
  readonly #capacity: number;
  readonly #items = new Set<number>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** True when the item was there; it is there from now on. */
  lookUp(item: number): boolean {
    const wasThere = this.#items.delete(item);
    this.#items.add(item);
    if (this.#items.size > this.#capacity) {
      const oldest = this.#items.values().next();
      if (!oldest.done) this.#items.delete(oldest.value);
    }
    return wasThere;
  }
}
