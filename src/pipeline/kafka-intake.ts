import type { Encoding } from "../telemetry/encodings.ts";
import { pause } from "../telemetry/kafka/backoff.ts";
import type { Quarantine } from "../telemetry/kafka/quarantine.ts";
import { matchesTopic, type TopicPattern } from "../telemetry/kafka/topic-patterns.ts";
import type { LogPosition, LogRecord, LogSource } from "../telemetry/log-source.ts";
import { BusyError } from "../telemetry/otlp/busy-error.ts";
import type { Signal } from "../telemetry/otlp/decoder.ts";
import { sniffEncoding } from "../telemetry/sniff-encoding.ts";

/** A record's body on its way to the one intake. */
export interface LoggedBody {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly bytes: Uint8Array;
  readonly position: LogPosition;
  /** When the record was written, unix seconds. */
  readonly writtenSeconds: number;
}

export interface KafkaIntakeOptions {
  readonly source: LogSource;
  /**
   * Resolves when the body is safe, with the number of its spans or points that were refused. Throws a `BusyError` when it
   * has to come again later, anything else when it cannot be taken. The last try of a body says so, for who counts them.
   */
  readonly accept: (body: LoggedBody, isLastTry: boolean) => Promise<number>;
  readonly encoding: Encoding | "auto";
  readonly metricTopics: readonly TopicPattern[];
  readonly quarantine: Quarantine;
  /** Records up to here were taken in before we started, and are not taken again. */
  readonly takenThrough?: readonly TakenPosition[];
}

/** The last record of a partition that was taken in, and when, unix seconds. */
export interface TakenPosition extends LogPosition {
  readonly takenAtSeconds: number;
}

/** What came through the log and what became of it. */
export interface KafkaCounts {
  readonly records: number;
  readonly bytes: number;
  /** Spans and points refused inside of bodies that were taken. */
  readonly rejectedItems: number;
  /** Given again after a rebalance or a restart, and passed over. */
  readonly repeatedRecords: number;
  /** Times the log had to wait because we could not take more. */
  readonly waits: number;
}

const TRIES = 3;
const RETRY_SECONDS = 0.1;
const FIRST_WAIT_SECONDS = 0.02;
const LONGEST_WAIT_SECONDS = 1;

/**
 * From a log to the intake: finds out what each record holds, hands it on, and acknowledges it when it is safe. A record
 * that cannot be taken three times is left out and its partition goes on; when we are full, the partition waits.
 */
export class KafkaIntake {
  readonly #options: KafkaIntakeOptions;
  readonly #taken = new Map<string, { offset: bigint; timestampSeconds: number }>();
  readonly #counts = { records: 0, bytes: 0, rejectedItems: 0, repeatedRecords: 0, waits: 0 };

  constructor(options: KafkaIntakeOptions) {
    this.#options = options;
    this.passOver(options.takenThrough ?? []);
  }

  /** Records up to these were taken in before, and are not taken again. */
  passOver(takenThrough: readonly TakenPosition[]): void {
    for (const { topic, partition, offset, takenAtSeconds } of takenThrough) {
      this.#taken.set(`${topic}/${partition}`, { offset, timestampSeconds: takenAtSeconds });
    }
  }

  get counts(): KafkaCounts {
    return { ...this.#counts };
  }

  /** Until the signal aborts. Close the source afterwards. */
  run(signal: AbortSignal): Promise<void> {
    return this.#options.source.read((record) => this.#take(record, signal), signal);
  }

  async #take(record: LogRecord, signal: AbortSignal): Promise<void> {
    if (this.#isRepeated(record)) this.#counts.repeatedRecords += 1;
    else if (!(await this.#settle(record, signal))) return;
    this.#remember(record);
    this.#options.source.acknowledge(record);
  }

  /** False when we are stopping and the record was not taken. */
  async #settle(record: LogRecord, signal: AbortSignal): Promise<boolean> {
    if (record.unreadableReason !== null) {
      this.#leaveOut(record, record.unreadableReason);
      return true;
    }
    if (record.bytes.length > 0) {
      const body = this.#bodyOf(record);
      for (let attempt = 1; ; attempt += 1) {
        const failure = await this.#try(body, attempt === TRIES, signal);
        if (failure === null) break;
        if (signal.aborted) return false;
        if (attempt === TRIES) {
          this.#leaveOut(record, `${body.encoding} ${body.signal}: ${failure}`);
          return true;
        }
        await pause(RETRY_SECONDS, signal);
      }
    }
    this.#counts.records += 1;
    this.#counts.bytes += record.bytes.length;
    return true;
  }

  /** Null when it was taken, else why not. Waits for as long as we are busy. */
  async #try(body: LoggedBody, isLastTry: boolean, signal: AbortSignal): Promise<string | null> {
    for (let waitSeconds = FIRST_WAIT_SECONDS; ; waitSeconds = Math.min(waitSeconds * 2, LONGEST_WAIT_SECONDS)) {
      try {
        this.#counts.rejectedItems += await this.#options.accept(body, isLastTry);
        return null;
      } catch (error) {
        if (!(error instanceof BusyError)) return error instanceof Error ? error.message : String(error);
        if (signal.aborted) return error.message;
        this.#counts.waits += 1;
        await pause(waitSeconds, signal);
      }
    }
  }

  #bodyOf(record: LogRecord): LoggedBody {
    const { topic, partition, offset, bytes, timestampSeconds: writtenSeconds } = record;
    const position = { topic, partition, offset };
    const isMetrics = this.#options.metricTopics.some((pattern) => matchesTopic(pattern, topic));
    const signal: Signal = isMetrics ? "metrics" : "traces";
    const { encoding } = this.#options;
    if (encoding !== "auto") return { signal, encoding, bytes, position, writtenSeconds };
    // What is too empty to tell is what the collector sends by default, or nothing at all.
    const sniffed = sniffEncoding(bytes) ?? { signal, encoding: "otlp_proto" };
    return { signal: sniffed.signal, encoding: sniffed.encoding, bytes, position, writtenSeconds };
  }

  #leaveOut({ topic, partition, offset, bytes }: LogRecord, reason: string): void {
    this.#options.quarantine.add({ topic, partition, offset, reason, byteCount: bytes.length });
  }

  /**
   * True for a record that was taken already. One with an old offset but written later than all that were taken is new:
   * its topic was made anew and counts from 0.
   */
  #isRepeated({ topic, partition, offset, timestampSeconds }: LogRecord): boolean {
    const taken = this.#taken.get(`${topic}/${partition}`);
    return taken !== undefined && offset <= taken.offset && timestampSeconds <= taken.timestampSeconds;
  }

  #remember({ topic, partition, offset, timestampSeconds }: LogRecord): void {
    const key = `${topic}/${partition}`;
    const taken = this.#taken.get(key);
    if (taken === undefined || timestampSeconds > taken.timestampSeconds || offset > taken.offset) {
      const latestSeconds = Math.max(timestampSeconds, taken?.timestampSeconds ?? 0);
      this.#taken.set(key, { offset, timestampSeconds: latestSeconds });
    }
  }
}
