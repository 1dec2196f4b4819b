import { grownInt32, NONE } from "./open-visits.ts";

/** Many FIFO queues over the same items, threaded through two columns: an item stands in one queue at most, and can leave from the middle. */
export class LinkedQueues {
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  #next: Int32Array = new Int32Array(256);
  #previous: Int32Array = new Int32Array(256);

  constructor(queueCount: number) {
    this.#head = new Int32Array(queueCount).fill(NONE);
    this.#tail = new Int32Array(queueCount).fill(NONE);
  }

  /** The first item of `queue`, or NONE. */
  first(queue: number): number {
    return this.#head[queue]!;
  }

  last(queue: number): number {
    return this.#tail[queue]!;
  }

  /** The item before `item` in its queue, or NONE. */
  before(item: number): number {
    return this.#previous[item]!;
  }

  push(queue: number, item: number): void {
    this.insertAfter(queue, this.#tail[queue]!, item);
  }

  /** Puts `item` behind `place`; NONE stands for the front. */
  insertAfter(queue: number, place: number, item: number): void {
    if (item >= this.#next.length) this.#grow(item);
    const following = place === NONE ? this.#head[queue]! : this.#next[place]!;
    this.#previous[item] = place;
    this.#next[item] = following;
    if (place === NONE) this.#head[queue] = item;
    else this.#next[place] = item;
    if (following === NONE) this.#tail[queue] = item;
    else this.#previous[following] = item;
  }

  remove(queue: number, item: number): void {
    const before = this.#previous[item]!;
    const after = this.#next[item]!;
    if (before === NONE) this.#head[queue] = after;
    else this.#next[before] = after;
    if (after === NONE) this.#tail[queue] = before;
    else this.#previous[after] = before;
  }

  #grow(item: number): void {
    let capacity = this.#next.length;
    while (capacity <= item) capacity *= 2;
    this.#next = grownInt32(this.#next, capacity);
    this.#previous = grownInt32(this.#previous, capacity);
  }
}
