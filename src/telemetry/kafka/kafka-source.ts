import type { LogPosition, LogRecord, LogSource, LogStatus } from "../log-source.ts";
import { Backoff } from "./backoff.ts";
import { registerCodecs } from "./codecs.ts";
import { DEFAULT_TIMING, type KafkaSourceOptions, type KafkaTiming } from "./kafka-options.ts";
import { KafkaSession } from "./kafka-session.ts";
import { stopIdleTimers } from "./request-queue-timer.ts";
import { NewTopicsError, TakeError } from "./session-errors.ts";

/** How much more patient each restart for a partition that stands still makes us, at most. */
const LONGEST_STUCK_FACTOR = 16;
/** Trouble is not said more often. */
const QUIET_SECONDS = 60;

/**
 * Topics of an Apache Kafka, read as a member of a consumer group. Brokers that are away, crashes of the client, new topics
 * and partitions that stand still are waited out or begun anew, for as long as it takes; each is said once.
 */
export class KafkaSource implements LogSource {
  readonly name = "kafka";
  readonly #options: KafkaSourceOptions;
  readonly #timing: KafkaTiming;
  readonly #backoff: Backoff;
  #session: KafkaSession | null = null;
  #firstTopics: Set<string> | null = null;
  #isConnected = false;
  #trouble: string | null = null;
  #isTroubleSaid = false;
  #saidAtSeconds = Number.NEGATIVE_INFINITY;
  #stuckFactor = 1;
  #rebalanceCount = 0;
  #reconnectCount = 0;
  #offsetResetCount = 0;

  constructor(options: KafkaSourceOptions) {
    this.#options = options;
    this.#timing = { ...DEFAULT_TIMING, ...options.timing };
    this.#backoff = new Backoff(this.#timing.firstBackoffSeconds, this.#timing.longestBackoffSeconds);
    registerCodecs(options.maxBatchBytes);
    stopIdleTimers();
  }

  async read(take: (record: LogRecord) => Promise<void>, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const session = this.#newSession(take);
      this.#session = session;
      try {
        await session.run(signal);
        return;
      } catch (error) {
        if (error instanceof TakeError) {
          await session.settled();
          throw error.cause;
        }
        await Promise.all([session.settled(), session.close()]);
        this.#reconnectCount += 1;
        if (error instanceof NewTopicsError) this.#options.say("info", `Kafka: ${error.message}`);
        else this.#note(error instanceof Error ? error.message : String(error));
      }
      await this.#backoff.wait(signal);
    }
  }

  acknowledge(position: LogPosition): void {
    this.#session?.acknowledge(position);
  }

  status(): LogStatus {
    return {
      isConnected: this.#isConnected,
      trouble: this.#trouble,
      partitions: this.#session?.assignment.status() ?? [],
      rebalanceCount: this.#rebalanceCount,
      reconnectCount: this.#reconnectCount,
      offsetResetCount: this.#offsetResetCount,
    };
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = null;
    await session?.close();
    this.#isConnected = false;
  }

  #newSession(take: (record: LogRecord) => Promise<void>): KafkaSession {
    const session: KafkaSession = new KafkaSession({
      options: this.#options,
      timing: this.#timing,
      take,
      firstTopics: this.#firstTopics,
      stuckSeconds: this.#timing.stuckSeconds * this.#stuckFactor,
      listener: {
        onJoined: (partitionCount) => {
          this.#firstTopics ??= new Set(session.topics);
          this.#joined(session.topics, partitionCount);
        },
        onAlive: () => {
          this.#backoff.reset();
          this.#recovered();
        },
        onRecord: () => {
          this.#stuckFactor = 1;
        },
        onConnectionTrouble: (reason) => this.#note(reason),
        onOffsetReset: (topic, partition) => {
          this.#offsetResetCount += 1;
          if (this.#offsetResetCount > 1) return;
          this.#options.say(
            "warn",
            `Kafka: ${topic}/${partition} no longer holds the group's position; records were missed`,
          );
        },
      },
    });
    this.#stuckFactor = Math.min(this.#stuckFactor * 2, LONGEST_STUCK_FACTOR);
    return session;
  }

  #joined(topics: readonly string[], partitionCount: number): void {
    this.#rebalanceCount += 1;
    const isFirst = this.#rebalanceCount === 1;
    this.#recovered();
    if (isFirst)
      this.#options.say("info", `Kafka: reading ${topics.join(", ")} (${partitionCount} partitions are ours)`);
  }

  /** Said once for each time of trouble, not for each try; and not again and again when one broker of several comes and goes. */
  #note(reason: string): void {
    const nowSeconds = performance.now() / 1000;
    if (this.#trouble === null && nowSeconds - this.#saidAtSeconds >= QUIET_SECONDS) {
      this.#saidAtSeconds = nowSeconds;
      this.#isTroubleSaid = true;
      const brokers = Array.isArray(this.#options.client.brokers) ? this.#options.client.brokers.join(", ") : "brokers";
      this.#options.say("warn", `Kafka at ${brokers}: ${reason}; trying again until it works`);
    }
    this.#isConnected = false;
    this.#trouble = reason;
  }

  #recovered(): void {
    this.#isConnected = true;
    if (this.#trouble === null) return;
    this.#trouble = null;
    if (this.#isTroubleSaid) this.#options.say("info", "Kafka: works again");
    this.#isTroubleSaid = false;
  }
}
