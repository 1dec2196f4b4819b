import kafkajs, { type Admin, type KafkaConfig, type Producer } from "kafkajs";
import { SourceError } from "../../contracts/errors.ts";
import { Backoff, pause } from "./backoff.ts";
import { registerCodecs } from "./codecs.ts";
import { stopIdleTimers } from "./request-queue-timer.ts";
import { matchesTopic, type TopicPattern } from "./topic-patterns.ts";

const { CompressionTypes, Kafka, logLevel } = kafkajs;

/** Our own topics take what one raw record may leave for one partition. */
const RECORD_BYTES_MAX = 64 << 20;
const FIRST_BACKOFF_SECONDS = 0.2;
const LONGEST_BACKOFF_SECONDS = 10;
/** How often topics are looked for that are not there yet. */
const TOPIC_SECONDS = 2;

export interface KafkaWriterOptions {
  readonly client: Pick<KafkaConfig, "brokers" | "ssl" | "sasl">;
  /** Told once when trouble begins, and once when it ends. */
  readonly say: (level: "info" | "warn", message: string) => void;
  /** Ends all waiting. */
  readonly signal: AbortSignal;
}

/**
 * Appends to topics. What was appended is on all replicas that are in step; brokers that are away are waited for. A record may
 * be there twice after trouble, never in another order within its partition.
 */
export class KafkaWriter {
  readonly #options: KafkaWriterOptions;
  readonly #producer: Producer;
  readonly #admin: Admin;
  readonly #backoff = new Backoff(FIRST_BACKOFF_SECONDS, LONGEST_BACKOFF_SECONDS);
  #isInTrouble = false;

  constructor(options: KafkaWriterOptions) {
    this.#options = options;
    registerCodecs(RECORD_BYTES_MAX);
    stopIdleTimers();
    const kafka = new Kafka({
      ...options.client,
      clientId: "spantwin-writer",
      connectionTimeout: 5000,
      logLevel: logLevel.NOTHING,
      retry: { initialRetryTime: 200, maxRetryTime: 2000, retries: 3 },
    });
    // One request at a time, so that nothing overtakes what is being sent again.
    this.#producer = kafka.producer({ maxInFlightRequests: 1, allowAutoTopicCreation: false });
    this.#admin = kafka.admin();
  }

  /** Connects, however long it takes. @throws {SourceError} when we are stopping */
  open(): Promise<void> {
    return this.#untilDone(async () => {
      await this.#admin.connect();
      await this.#producer.connect();
    });
  }

  /**
   * Makes a topic when it is not there; returns how many partitions it has.
   *
   * @throws {SourceError} when we are stopping
   */
  topic(name: string, partitionCount: number): Promise<number> {
    return this.#untilDone(async () => {
      const configEntries = [{ name: "max.message.bytes", value: String(RECORD_BYTES_MAX) }];
      if (!(await this.#admin.listTopics()).includes(name)) {
        const topics = [{ topic: name, numPartitions: partitionCount, configEntries }];
        await this.#admin.createTopics({ topics, waitForLeaders: true });
      }
      return this.#partitionsOf([name]);
    });
  }

  /** Partitions of all topics that match; waits for the first such topic. @throws {SourceError} when we are stopping */
  async partitionCount(patterns: readonly TopicPattern[]): Promise<number> {
    for (;;) {
      const count = await this.#untilDone(async () => {
        const there = await this.#admin.listTopics();
        return this.#partitionsOf(there.filter((topic) => patterns.some((pattern) => matchesTopic(pattern, topic))));
      });
      if (count > 0) return count;
      await pause(TOPIC_SECONDS, this.#options.signal);
    }
  }

  /** Fulfilled when all are in the topic. @throws {SourceError} when we are stopping */
  async append(
    topic: string,
    records: readonly { readonly partition: number; readonly value: Buffer }[],
  ): Promise<void> {
    if (records.length === 0) return;
    const messages = records.map(({ partition, value }) => ({ partition, value, timestamp: String(Date.now()) }));
    await this.#untilDone(async () => {
      await this.#producer.send({ topic, messages, acks: -1, compression: CompressionTypes.LZ4 });
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#producer.disconnect(), this.#admin.disconnect()]);
  }

  async #partitionsOf(topics: readonly string[]): Promise<number> {
    if (topics.length === 0) return 0;
    const metadata = await this.#admin.fetchTopicMetadata({ topics: [...topics] });
    return metadata.topics.reduce((count, { partitions }) => count + partitions.length, 0);
  }

  async #untilDone<Result>(work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      if (this.#options.signal.aborted) throw new SourceError("Kafka: we are stopping", { retriable: false });
      try {
        const result = await work();
        this.#backoff.reset();
        if (this.#isInTrouble) this.#options.say("info", "Kafka: writing works again");
        this.#isInTrouble = false;
        return result;
      } catch (error) {
        if (!this.#isInTrouble) {
          this.#options.say("warn", `Kafka: writing fails: ${(error as Error).message}; trying again until it works`);
        }
        this.#isInTrouble = true;
      }
      await this.#backoff.wait(this.#options.signal);
    }
  }
}
