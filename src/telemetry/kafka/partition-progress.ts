/** How far one partition was read, during one assignment of it. Offsets are those of records; a commit is one more. */
export class PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  #first: bigint | null = null;
  #delivered: bigint | null = null;
  #safe: bigint | null = null;
  #committed: bigint | null = null;
  #end: bigint | null = null;
  #batchEnd: { readonly last: bigint; readonly through: bigint } | null = null;
  #movedAtSeconds: number;

  constructor(topic: string, partition: number, nowSeconds: number) {
    this.topic = topic;
    this.partition = partition;
    this.#movedAtSeconds = nowSeconds;
  }

  /** What a restart would go on from; null when nothing was ever committed, or it is not known yet. */
  get committed(): bigint | null {
    return this.#committed;
  }

  /** When a record of it was last given, or it was assigned. */
  get movedAtSeconds(): number {
    return this.#movedAtSeconds;
  }

  /** True once a record of it was given. */
  get hasBegun(): boolean {
    return this.#delivered !== null;
  }

  deliver(offset: bigint, nowSeconds: number): void {
    if (this.#first !== null && offset < this.#first) {
      // The position was lost and reading began again further down: what was known of it is of another log.
      this.#safe = null;
      this.#committed = null;
      this.#batchEnd = null;
      this.#first = offset;
    }
    this.#first ??= offset;
    this.#delivered = offset;
    this.#movedAtSeconds = nowSeconds;
  }

  /** A batch whose last record is `last` reaches through `through`: Kafka's own marks behind it are nobody's to read. */
  endBatch(last: bigint, through: bigint): void {
    this.#batchEnd = { last, through };
  }

  /** Everything up to here was marks of Kafka's or taken back by its producer: there was nothing to give. */
  passOver(through: bigint): void {
    if (this.#delivered !== null) this.endBatch(this.#delivered, through);
    else {
      this.#first = through;
      this.#delivered = through;
      this.#safe = through;
    }
  }

  /** Passes over what was not given during this assignment: committing it could take the group's position back. */
  acknowledge(offset: bigint): void {
    if (this.#first === null || this.#delivered === null) return;
    if (offset < this.#first || offset > this.#delivered) return;
    if (this.#safe === null || offset > this.#safe) this.#safe = offset;
  }

  /** The position to commit, or null when it is committed already. */
  get due(): bigint | null {
    const next = this.#afterSafe();
    return next === null || (this.#committed !== null && next <= this.#committed) ? null : next;
  }

  committedAt(position: bigint): void {
    this.#committed = position;
  }

  /** `end` is the offset that the partition's next record will get. */
  sawEnd(end: bigint): void {
    this.#end = end;
  }

  /** Records not acknowledged yet; null when the end or the beginning is not known. */
  get lagRecords(): number | null {
    const next = this.#afterSafe() ?? this.#committed ?? this.#first;
    if (this.#end === null || next === null) return null;
    return Number(this.#end > next ? this.#end - next : 0n);
  }

  /** Records that were not even given yet. */
  get isBehind(): boolean {
    const next = this.#delivered === null ? this.#committed : this.#after(this.#delivered);
    return this.#end !== null && next !== null && this.#end > next;
  }

  #afterSafe(): bigint | null {
    return this.#safe === null ? null : this.#after(this.#safe);
  }

  #after(offset: bigint): bigint {
    return (this.#batchEnd !== null && offset === this.#batchEnd.last ? this.#batchEnd.through : offset) + 1n;
  }
}
