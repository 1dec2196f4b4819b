import { unlink } from "node:fs/promises";
import { join } from "node:path";

/** A segment that is no longer written. */
export interface SealedSegment {
  readonly name: string;
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly byteCount: number;
  /** When its last record was written, unix seconds. */
  readonly endedSeconds: number;
}

export interface RetentionLimits {
  readonly maxBytes: number;
  readonly maxAgeSeconds: number;
}

/** The segments that are kept, oldest first: the oldest go when there are too many bytes or they are too old. */
export class Retention {
  readonly #folder: string;
  readonly #limits: RetentionLimits;
  readonly #sealed: SealedSegment[];
  #byteCount: number;
  /** Records up to this one are in a checkpoint; null: there is no checkpoint, and recovery makes do with what is left. */
  #checkpointed: number | null = null;

  constructor(folder: string, limits: RetentionLimits, sealed: readonly SealedSegment[]) {
    this.#folder = folder;
    this.#limits = limits;
    this.#sealed = [...sealed];
    this.#byteCount = sealed.reduce((sum, each) => sum + each.byteCount, 0);
  }

  get sealed(): readonly SealedSegment[] {
    return this.#sealed;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  seal(segment: SealedSegment): void {
    this.#sealed.push(segment);
    this.#byteCount += segment.byteCount;
  }

  checkpointed(sequence: number): void {
    this.#checkpointed = sequence;
  }

  /** True when the limit of bytes is passed by what a restart needs: nothing more may come until a checkpoint was made. */
  isFull(openBytes: number): boolean {
    if (this.#checkpointed === null) return false;
    return this.#neededBytes(this.#checkpointed) + openBytes > this.#limits.maxBytes;
  }

  /** Deletes what is over the limits and not needed. A file that cannot be deleted is tried again the next time. */
  async apply(openBytes: number, nowSeconds: number): Promise<void> {
    for (;;) {
      const oldest = this.#sealed[0];
      if (oldest === undefined || oldest.lastSequence > (this.#checkpointed ?? oldest.lastSequence)) return;
      const isOver = this.#byteCount + openBytes > this.#limits.maxBytes;
      const isOld = oldest.endedSeconds < nowSeconds - this.#limits.maxAgeSeconds;
      if (!isOver && !isOld) return;
      const isGone = await unlink(join(this.#folder, oldest.name)).then(
        () => true,
        (error: NodeJS.ErrnoException) => error.code === "ENOENT",
      );
      // While it was being deleted another call may have done the same.
      if (!isGone || this.#sealed[0] !== oldest) return;
      this.#sealed.shift();
      this.#byteCount -= oldest.byteCount;
    }
  }

  #neededBytes(checkpointed: number): number {
    return this.#sealed.reduce((sum, each) => sum + (each.lastSequence > checkpointed ? each.byteCount : 0), 0);
  }
}
