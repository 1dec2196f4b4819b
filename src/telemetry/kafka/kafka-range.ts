import { randomUUID } from "node:crypto";
import { type Admin, type Consumer, type EachBatchPayload, Kafka, type KafkaConfig, logLevel } from "kafkajs";
import { SourceError } from "../../contracts/errors.ts";
import type { LogRecord } from "../log-source.ts";
import { registerCodecs } from "./codecs.ts";
import { FETCH_BYTES } from "./kafka-options.ts";
import { PartitionMerge } from "./partition-merge.ts";
import { recordOf } from "./record.ts";
import { stopIdleTimers } from "./request-queue-timer.ts";

export interface KafkaRangeOptions {
  readonly client: Pick<KafkaConfig, "brokers" | "ssl" | "sasl">;
  readonly topic: string;
  /** Unix seconds by the records' timestamps; null: from the first record there is, up to the last there is now. */
  readonly fromSeconds: number | null;
  readonly toSeconds: number | null;
  /** Largest batch of records after decompression. */
  readonly maxBatchBytes: number;
  /** After so long without a record that should be there, reading fails; default 60. */
  readonly patienceSeconds?: number;
}

interface PartitionRange {
  readonly partition: number;
  readonly start: bigint;
  readonly end: bigint;
}

/**
 * The records of a topic from one time to another, in the order of their timestamps: of all partitions the earliest next
 * record goes first. Nothing is committed and no group is disturbed: it reads as a group of its own that is gone afterwards.
 *
 * @throws {SourceError} when the brokers or the topic cannot be reached, or go away while it reads.
 */
export async function* kafkaRange(options: KafkaRangeOptions, signal: AbortSignal): AsyncGenerator<LogRecord> {
  registerCodecs(options.maxBatchBytes);
  stopIdleTimers();
  const groupId = `spantwin-replay-${randomUUID()}`;
  const kafka = new Kafka({
    ...options.client,
    clientId: "spantwin",
    connectionTimeout: 5000,
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 300, maxRetryTime: 2000, retries: 4, restartOnFailure: async () => false },
  });
  const admin = kafka.admin();
  const consumer = kafka.consumer({
    groupId,
    allowAutoTopicCreation: false,
    maxBytesPerPartition: FETCH_BYTES.partition,
    maxBytes: FETCH_BYTES.all,
    maxWaitTimeInMs: 500,
  });
  try {
    await admin.connect();
    const ranges = await partitionRanges(admin, options);
    if (ranges.length > 0) yield* mergedRecords(consumer, ranges, options, signal);
  } catch (error) {
    if (error instanceof SourceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new SourceError(`Kafka topic ${options.topic}: ${reason}`, { retriable: true, cause: error });
  } finally {
    await consumer.disconnect().catch(() => undefined);
    // The group is empty by now; one that is not there any more is as good.
    await admin.deleteGroups([groupId]).catch(() => undefined);
    await admin.disconnect().catch(() => undefined);
  }
}

/** Where each partition that holds anything of the range begins and ends. */
async function partitionRanges(admin: Admin, options: KafkaRangeOptions): Promise<readonly PartitionRange[]> {
  const { topic, fromSeconds, toSeconds } = options;
  const known = await admin.fetchTopicOffsets(topic);
  const at = async (seconds: number | null) =>
    seconds === null ? null : await admin.fetchTopicOffsetsByTimestamp(topic, Math.round(seconds * 1000));
  const [starts, ends] = await Promise.all([at(fromSeconds), at(toSeconds)]);
  const offsetOf = (found: typeof starts, partition: number, otherwise: string) =>
    BigInt(found?.find((each) => each.partition === partition)?.offset ?? otherwise);
  return known
    .map(({ partition, low, high }) => ({
      partition,
      start: offsetOf(starts, partition, low),
      end: offsetOf(ends, partition, high),
    }))
    .filter(({ start, end }) => start < end);
}

async function* mergedRecords(
  consumer: Consumer,
  ranges: readonly PartitionRange[],
  { topic, patienceSeconds = 60 }: KafkaRangeOptions,
  signal: AbortSignal,
): AsyncGenerator<LogRecord> {
  const merge = new PartitionMerge(
    ranges.map(({ partition }) => partition),
    {
      pause: (partition) => consumer.pause([{ topic, partitions: [partition] }]),
      resume: (partition) => consumer.resume([{ topic, partitions: [partition] }]),
    },
  );
  const byPartition = new Map(ranges.map((range) => [range.partition, range]));
  const eachBatch = async ({ batch, resolveOffset, heartbeat }: EachBatchPayload): Promise<void> => {
    const range = byPartition.get(batch.partition);
    for (const message of batch.messages) {
      const offset = BigInt(message.offset);
      if (range !== undefined && offset >= range.start && offset < range.end) {
        merge.add(recordOf(topic, batch.partition, message));
      }
    }
    const last = BigInt(batch.lastOffset());
    // A batch from before we were told to seek says nothing of the end.
    if (range !== undefined && last >= range.start && last + 1n >= range.end) merge.end(batch.partition);
    resolveOffset(batch.lastOffset());
    await heartbeat();
  };
  const stop = () => merge.fail(new SourceError("stopped", { retriable: false }));
  signal.addEventListener("abort", stop);
  consumer.on(consumer.events.CRASH, ({ payload }) => merge.fail(payload.error));
  try {
    await consumer.connect();
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
    for (const { partition, start } of ranges) consumer.seek({ topic, partition, offset: String(start) });
    while (!signal.aborted) {
      const record = await merge.next(patienceSeconds);
      if (record === null) return;
      yield record;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
