/** One message waiting in, or delivered from, the log. */
export interface LogEntry {
  readonly offset: number;
  readonly partition: number;
  readonly record: Readonly<Record<string, unknown>>;
}

/**
 * A topic: messages in partitions by key, each partition in order. Bounded; what does not fit is refused.
 *
 * `next` gives the oldest message of those partitions that have none in work, so that consumers keep each
 * partition's order while working on several partitions at once.
 */
export class PartitionedLog {
  readonly #waiting: LogEntry[] = [];
  readonly #partitionCount: number;
  readonly #limit: number;
  readonly #inWork = new Map<number, LogEntry>();
  #nextOffset = 0;

  constructor(partitionCount: number, limit: number) {
    this.#partitionCount = partitionCount;
    this.#limit = limit;
  }

  get backlog(): number {
    return this.#waiting.length;
  }

  /** Returns the entry, or null when the log is full. */
  append(key: string, record: Readonly<Record<string, unknown>>): LogEntry | null {
    if (this.#waiting.length >= this.#limit) return null;
    let hash = 0;
    for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
    const entry = { offset: this.#nextOffset++, partition: (hash >>> 0) % this.#partitionCount, record };
    this.#waiting.push(entry);
    return entry;
  }

  next(): LogEntry | null {
    const place = this.#waiting.findIndex((entry) => !this.#inWork.has(entry.partition));
    if (place < 0) return null;
    const [entry] = this.#waiting.splice(place, 1);
    this.#inWork.set(entry!.partition, entry!);
    return entry!;
  }

  /** The message is done; its partition may go on. */
  acknowledge(offset: number): void {
    for (const [partition, entry] of this.#inWork) if (entry.offset === offset) this.#inWork.delete(partition);
  }

  /** The consumer is gone: what it had in work comes first again. */
  giveBack(offsets: Iterable<number>): void {
    for (const offset of offsets) {
      for (const [partition, entry] of this.#inWork) {
        if (entry.offset !== offset) continue;
        this.#inWork.delete(partition);
        this.#waiting.push(entry);
      }
    }
    this.#waiting.sort((left, right) => left.offset - right.offset);
  }
}
