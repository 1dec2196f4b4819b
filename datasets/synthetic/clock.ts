/** Something that will happen, unless it is cancelled first. */
export interface Appointment {
  readonly atSeconds: number;
  cancel(): void;
}

interface Entry extends Appointment {
  readonly order: number;
  isCancelled: boolean;
  readonly happen: () => void;
}

/** Simulated time: what is due happens in order of time, and of making where times are equal. */
export class Clock {
  nowSeconds = 0;
  /** Binary heap, the earliest at 0. */
  readonly #heap: Entry[] = [];
  #made = 0;

  after(seconds: number, happen: () => void): Appointment {
    return this.at(this.nowSeconds + seconds, happen);
  }

  at(atSeconds: number, happen: () => void): Appointment {
    const entry: Entry = {
      atSeconds,
      order: this.#made++,
      isCancelled: false,
      happen,
      cancel: () => {
        entry.isCancelled = true;
      },
    };
    this.#insert(entry);
    return entry;
  }

  /** Lets everything happen that is due before the given time. */
  runUntil(untilSeconds: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.atSeconds < untilSeconds; first = this.#heap[0]) {
      this.#removeFirst();
      if (!first.isCancelled) {
        this.nowSeconds = first.atSeconds;
        first.happen();
      }
    }
  }

  #insert(entry: Entry): void {
    const heap = this.#heap;
    let hole = heap.length;
    heap.push(entry);
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      if (!isBefore(entry, heap[parent]!)) break;
      heap[hole] = heap[parent]!;
      hole = parent;
    }
    heap[hole] = entry;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let hole = 0;
    for (;;) {
      let child = 2 * hole + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, last)) break;
      heap[hole] = heap[child]!;
      hole = child;
    }
    heap[hole] = last;
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atSeconds < b.atSeconds || (a.atSeconds === b.atSeconds && a.order < b.order);
}
