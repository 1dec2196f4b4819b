import type { LogPosition, LogRecord, LogSource, LogStatus } from "../../src/telemetry/log-source.ts";

/** A partitioned log in memory for one reader at a time, by the contract: for tests of what stands behind a log. */
export class MemoryLog {
  readonly topic: string;
  readonly #partitions: LogRecord[][];
  readonly #committed: bigint[];

  constructor(topic: string, partitionCount: number) {
    this.topic = topic;
    this.#partitions = Array.from({ length: partitionCount }, () => []);
    this.#committed = Array.from({ length: partitionCount }, () => 0n);
  }

  append(partition: number, bodies: readonly Uint8Array[], unreadableReason: string | null = null): void {
    const records = this.#partitions[partition]!;
    for (const bytes of bodies) {
      const offset = BigInt(records.length);
      const timestampSeconds = Date.now() / 1000;
      records.push({ topic: this.topic, partition, offset, key: null, timestampSeconds, bytes, unreadableReason });
    }
  }

  /** As an administrator does who deletes a topic and makes it anew. */
  recreate(partition: number): void {
    this.#partitions[partition] = [];
    this.#committed[partition] = 0n;
  }

  committed(partition: number): bigint {
    return this.#committed[partition]!;
  }

  /** A reader; one that is opened later begins at what was committed. `close` commits. */
  open(): LogSource {
    const partitions = this.#partitions;
    const given = this.#committed.map((position) => position);
    const safe = this.#committed.map((position) => position);
    const acknowledge = ({ topic, partition, offset }: LogPosition) => {
      const isGiven = topic === this.topic && offset < (given[partition] ?? 0n);
      if (isGiven && offset >= safe[partition]!) {
        safe[partition] = offset + 1n;
        this.#committed[partition] = offset + 1n;
      }
    };
    const readOne = async (partition: number, take: (record: LogRecord) => Promise<void>, signal: AbortSignal) => {
      while (!signal.aborted) {
        const record = partitions[partition]![Number(given[partition])];
        if (record === undefined) {
          await new Promise((resolve) => setTimeout(resolve, 2));
          continue;
        }
        given[partition] = record.offset + 1n;
        await take(record);
      }
    };
    return {
      name: "memory",
      async read(take, signal) {
        await Promise.all(partitions.map((_, partition) => readOne(partition, take, signal)));
      },
      acknowledge,
      status: (): LogStatus => ({
        isConnected: true,
        trouble: null,
        partitions: partitions.map((records, partition) => ({
          topic: this.topic,
          partition,
          lagRecords: records.length - Number(safe[partition]),
          committedOffset: this.#committed[partition]!,
        })),
        rebalanceCount: 1,
        reconnectCount: 0,
        offsetResetCount: 0,
      }),
      close: async () => undefined,
    };
  }
}
