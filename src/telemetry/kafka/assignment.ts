import type { PartitionStatus } from "../log-source.ts";
import { PartitionProgress } from "./partition-progress.ts";

/** One partition as the broker knows it: what the group committed (−1: nothing), its first record and its next one. */
export interface BrokerOffsets {
  readonly topic: string;
  readonly partition: number;
  readonly committed: bigint;
  readonly beginning: bigint;
  readonly end: bigint;
}

export interface Commit {
  readonly topic: string;
  readonly partition: number;
  readonly position: bigint;
}

/** The partitions that are ours at the moment, and how far each was read. */
export class Assignment {
  #partitions = new Map<string, PartitionProgress>();
  #movedAtSeconds = 0;

  /** Dealt out anew: whatever was known of a partition may have been overtaken by its other owner. */
  replace(assigned: Readonly<Record<string, readonly number[]>>, nowSeconds: number): void {
    this.#partitions = new Map();
    this.#movedAtSeconds = nowSeconds;
    for (const [topic, partitions] of Object.entries(assigned)) {
      for (const partition of partitions) {
        this.#partitions.set(keyOf(topic, partition), new PartitionProgress(topic, partition, nowSeconds));
      }
    }
  }

  get topics(): readonly string[] {
    return [...new Set([...this.#partitions.values()].map(({ topic }) => topic))];
  }

  get all(): readonly PartitionProgress[] {
    return [...this.#partitions.values()];
  }

  of(topic: string, partition: number): PartitionProgress | undefined {
    return this.#partitions.get(keyOf(topic, partition));
  }

  deliver(progress: PartitionProgress, offset: bigint, nowSeconds: number): void {
    this.#movedAtSeconds = nowSeconds;
    progress.deliver(offset, nowSeconds);
  }

  due(): readonly Commit[] {
    return this.all.flatMap((progress) => {
      const position = progress.due;
      return position === null ? [] : [{ topic: progress.topic, partition: progress.partition, position }];
    });
  }

  committed(commits: readonly Commit[]): void {
    for (const { topic, partition, position } of commits) this.of(topic, partition)?.committedAt(position);
  }

  saw(offsets: readonly BrokerOffsets[]): void {
    for (const { topic, partition, committed, end } of offsets) {
      const progress = this.of(topic, partition);
      if (progress === undefined) continue;
      progress.sawEnd(end);
      if (committed >= 0n && progress.committed === null) progress.committedAt(committed);
    }
  }

  /**
   * Where to begin our partitions of which the group committed nothing and nothing was given yet: at their end, or at their
   * beginning, as also where the group knows other partitions of the topic, because then this one was added since.
   */
  unpinned(offsets: readonly BrokerOffsets[], beginsAtItsBeginning: (topic: string) => boolean): readonly Commit[] {
    const known = new Set(offsets.filter(({ committed }) => committed >= 0n).map(({ topic }) => topic));
    return offsets.flatMap(({ topic, partition, committed, beginning, end }) => {
      const progress = this.of(topic, partition);
      if (progress === undefined || progress.hasBegun || progress.committed !== null || committed >= 0n) return [];
      const position = known.has(topic) || beginsAtItsBeginning(topic) ? beginning : end;
      return [{ topic, partition, position }];
    });
  }

  /**
   * A partition with waiting records that gave none for so long, or null. One is expected to wait its turn while others give,
   * but not for ever.
   */
  stuck(afterSeconds: number, nowSeconds: number): PartitionProgress | null {
    const isAnyMoving = nowSeconds - this.#movedAtSeconds < afterSeconds;
    const allowedSeconds = isAnyMoving ? afterSeconds * 10 : afterSeconds;
    const isStuck = (each: PartitionProgress) => each.isBehind && nowSeconds - each.movedAtSeconds >= allowedSeconds;
    return this.all.find(isStuck) ?? null;
  }

  status(): readonly PartitionStatus[] {
    return this.all.map(({ topic, partition, lagRecords, committed }) => ({
      topic,
      partition,
      lagRecords,
      committedOffset: committed,
    }));
  }
}

function keyOf(topic: string, partition: number): string {
  return `${topic}/${partition}`;
}
