/** Where a record stands in a partitioned log. Offsets have 64 bits, so they are never a `number`. */
export interface LogPosition {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface LogRecord extends LogPosition {
  readonly key: Uint8Array | null;
  /** Unix seconds, as the producer or the broker set it. */
  readonly timestampSeconds: number;
  /** Decompressed; empty when the record has no value. */
  readonly bytes: Uint8Array;
  /** Why the log could not give the bytes (its batch does not decompress), or null. */
  readonly unreadableReason: string | null;
}

/** A partition that this reader has been given. */
export interface PartitionStatus {
  readonly topic: string;
  readonly partition: number;
  /** Records after the last acknowledged one; null until the end of the partition is known. */
  readonly lagRecords: number | null;
  /** Offset that a restart would go on from; null when none was ever committed. */
  readonly committedOffset: bigint | null;
}

export interface LogStatus {
  readonly isConnected: boolean;
  /** What keeps the log from being read, while it does. */
  readonly trouble: string | null;
  readonly partitions: readonly PartitionStatus[];
  /** How often partitions were dealt out anew. */
  readonly rebalanceCount: number;
  /** How often reading had to begin anew: brokers away, a crash of the client, a partition that stood still. */
  readonly reconnectCount: number;
  /** Partitions whose position the log no longer had (its retention ran out), so that records were missed. */
  readonly offsetResetCount: number;
}

/**
 * A partitioned log that a group of readers shares, each reading some of its partitions.
 *
 * At least once: a record is given again, to this reader or to another of the group, until it was acknowledged and that
 * was committed. Nothing is committed by itself.
 */
export interface LogSource {
  readonly name: string;

  /**
   * Gives records until `signal` aborts and no `take` is under way any more. Records of one partition come one at a time in
   * the order of their offsets; those of several partitions may come at once. A slow `take` slows the reading, nothing
   * piles up. Trouble with the log is waited out; only an error of `take` ends the reading and comes out here.
   *
   * Every record given has to be acknowledged, during `take` or any time before `close`.
   */
  read(take: (record: LogRecord) => Promise<void>, signal: AbortSignal): Promise<void>;

  /**
   * The record and all before it in its partition are safe. Committed soon after, not at once. One that was given before the
   * partition was dealt out anew is passed over: its new owner will acknowledge it.
   */
  acknowledge(position: LogPosition): void;

  status(): LogStatus;

  /** Commits what was acknowledged and leaves the group. Abort the reading first, or nothing after it will be committed. */
  close(): Promise<void>;
}
