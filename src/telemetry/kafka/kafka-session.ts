import type { Admin, Consumer, EachBatchPayload } from "kafkajs";
import { SourceError } from "../../contracts/errors.ts";
import type { LogPosition, LogRecord } from "../log-source.ts";
import { Assignment, type Commit } from "./assignment.ts";
import { pause } from "./backoff.ts";
import { brokerOffsets } from "./broker-offsets.ts";
import type { ClientLogListener } from "./client-log.ts";
import { createClients } from "./clients.ts";
import { withHeartbeats } from "./heartbeats.ts";
import { CONCURRENT_PARTITIONS, type KafkaSourceOptions, type KafkaTiming } from "./kafka-options.ts";
import { recordOf } from "./record.ts";
import { NewTopicsError, TakeError } from "./session-errors.ts";
import { matchesTopic } from "./topic-patterns.ts";
import { TrackedSockets } from "./tracked-sockets.ts";

export interface SessionListener extends ClientLogListener {
  /** Partitions were dealt out. */
  onJoined(partitionCount: number): void;
  /** The coordinator answered a heartbeat. */
  onAlive(): void;
  /** A record was given. */
  onRecord(): void;
}

interface SessionParts {
  readonly options: KafkaSourceOptions;
  readonly timing: KafkaTiming;
  readonly take: (record: LogRecord) => Promise<void>;
  readonly listener: SessionListener;
  /** Topics that were there at first; all others began later. */
  readonly firstTopics: Set<string> | null;
  readonly stuckSeconds: number;
}

/**
 * One life of a consumer: from connecting until something breaks. kafkajs mends what it can while it keeps its membership;
 * what it gives up ends the session, and whoever began it begins another, so that there is one way to recover.
 */
export class KafkaSession {
  readonly #parts: SessionParts;
  readonly #admin: Admin;
  readonly #consumer: Consumer;
  readonly #sockets = new TrackedSockets();
  readonly #assignment = new Assignment();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #taking = new Set<Promise<void>>();
  readonly #ended: Promise<void>;
  #fail!: (error: unknown) => void;
  #finish!: () => void;
  #topics: readonly string[] = [];
  #beginning: Promise<void> = Promise.resolve();
  #committing: Promise<void> = Promise.resolve();
  #isWatching = false;
  #isStopped = false;
  #isClosed = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
    const { options, timing, listener } = parts;
    const clients = createClients(options, timing, this.#sockets, {
      onConnectionTrouble: (reason) => {
        if (!this.#isClosed) listener.onConnectionTrouble(reason);
      },
      onOffsetReset: (topic, partition) => listener.onOffsetReset(topic, partition),
    });
    this.#admin = clients.admin;
    this.#consumer = clients.consumer;
    this.#ended = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#fail = reject;
    });
    this.#ended.catch(() => undefined);
  }

  get assignment(): Assignment {
    return this.#assignment;
  }

  /** The topics this session reads; empty before it knows. */
  get topics(): readonly string[] {
    return this.#topics;
  }

  /** Reads until `signal` aborts. @throws what ended it: a {TakeError}, or trouble that a new session may not have. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = () => this.#stop();
    signal.addEventListener("abort", stop);
    try {
      if (signal.aborted) this.#stop();
      // Connecting cannot be called off, so a stop does not wait for it.
      this.#beginning = this.#begin();
      await Promise.race([this.#beginning, this.#ended]);
      await this.#ended;
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }

  acknowledge({ topic, partition, offset }: LogPosition): void {
    this.#assignment.of(topic, partition)?.acknowledge(offset);
  }

  /** Resolves when nothing is being taken any more: before that a new session would give the same record twice at once. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#taking);
  }

  /** Commits what was acknowledged, one commit at a time. What does not succeed stays due. */
  commit(): Promise<void> {
    const next = async () => {
      const due = this.#assignment.due();
      if (due.length === 0) return;
      await this.#consumer.commitOffsets(due.map(asOffset));
      this.#assignment.committed(due);
    };
    this.#committing = this.#committing.then(next).catch(() => undefined);
    return this.#committing;
  }

  /** Commits and leaves the group. Takes at most `leaveSeconds`: a broker that is away is not waited for. */
  async close(): Promise<void> {
    this.#isStopped = true;
    this.#isClosed = true;
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    this.#fail(new SourceError("closed", { retriable: false }));
    const waiting = new AbortController();
    const leave = async () => {
      await this.commit();
      await this.#beginning.catch(() => undefined);
      await Promise.allSettled([this.#consumer.disconnect(), this.#admin.disconnect()]);
      waiting.abort();
    };
    void leave();
    await pause(this.#parts.timing.leaveSeconds, waiting.signal);
    this.#sockets.close();
  }

  async #begin(): Promise<void> {
    const { options, listener, timing } = this.#parts;
    await this.#admin.connect();
    this.#topics = await this.#matchingTopics();
    if (this.#topics.length === 0) {
      throw new SourceError(`no topic matches ${options.topics.join(", ")}`, { retriable: true });
    }
    const { GROUP_JOIN, HEARTBEAT, START_BATCH_PROCESS, CRASH } = this.#consumer.events;
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#assignment.replace(payload.memberAssignment, nowSeconds());
      listener.onJoined(this.#assignment.all.length);
      if (this.#isStopped) this.#pauseAll();
      void this.#watch();
    });
    this.#consumer.on(HEARTBEAT, () => listener.onAlive());
    this.#consumer.on(START_BATCH_PROCESS, ({ payload }) => {
      const { batchSize, topic, partition, lastOffset } = payload;
      if (batchSize === 0) this.#assignment.of(topic, partition)?.passOver(BigInt(lastOffset));
    });
    this.#consumer.on(CRASH, ({ payload }) => this.#fail(payload.error));
    await this.#consumer.connect();
    for (const topic of this.#topics) {
      await this.#consumer.subscribe({ topic, fromBeginning: this.#beginsAtItsBeginning(topic) });
    }
    if (this.#isStopped) return;
    this.#timers.push(
      setInterval(() => void this.commit(), timing.commitSeconds * 1000),
      setInterval(() => void this.#watch(), timing.watchSeconds * 1000),
    );
    await this.#consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: CONCURRENT_PARTITIONS,
      eachBatch: (payload) => this.#takeBatch(payload),
    });
  }

  async #takeBatch({ batch, resolveOffset, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const { topic, partition } = batch;
    const progress = this.#assignment.of(topic, partition);
    if (progress === undefined) return;
    for (const message of batch.messages) {
      // kafkajs may hand over batches after it was told to stop (its issue 1593).
      if (this.#isStopped || !isRunning() || isStale()) return;
      const record = recordOf(topic, partition, message);
      this.#assignment.deliver(progress, record.offset, nowSeconds());
      this.#parts.listener.onRecord();
      await this.#give(record, heartbeat);
      resolveOffset(message.offset);
      await heartbeat();
    }
    const last = batch.messages.at(-1);
    if (last !== undefined) progress.endBatch(BigInt(last.offset), BigInt(batch.lastOffset()));
  }

  async #give(record: LogRecord, heartbeat: () => Promise<void>): Promise<void> {
    const taking = this.#parts.take(record).catch((error: unknown) => {
      const failure = new TakeError(error);
      this.#fail(failure);
      throw failure;
    });
    this.#taking.add(taking);
    try {
      await withHeartbeats(taking, heartbeat, this.#parts.timing.heartbeatSeconds);
    } catch (error) {
      // A rebalance takes the partition away: what is safe of it should be known to the next owner.
      await this.commit();
      throw error;
    } finally {
      this.#taking.delete(taking);
      this.#finishIfIdle();
    }
  }

  #stop(): void {
    this.#isStopped = true;
    this.#pauseAll();
    this.#finishIfIdle();
  }

  /** Without this kafkajs would fetch what was not taken again and again. */
  #pauseAll(): void {
    const partitions = new Map<string, number[]>();
    for (const { topic, partition } of this.#assignment.all) {
      partitions.set(topic, [...(partitions.get(topic) ?? []), partition]);
    }
    if (partitions.size > 0) this.#consumer.pause([...partitions].map(([topic, of]) => ({ topic, partitions: of })));
  }

  #finishIfIdle(): void {
    if (this.#isStopped && this.#taking.size === 0) this.#finish();
  }

  async #matchingTopics(): Promise<readonly string[]> {
    const there = await this.#admin.listTopics();
    return there.filter((topic) => this.#parts.options.topics.some((each) => matchesTopic(each, topic))).sort();
  }

  #beginsAtItsBeginning(topic: string): boolean {
    const { options, firstTopics } = this.#parts;
    return options.start === "earliest" || (firstTopics !== null && !firstTopics.has(topic));
  }

  /** Commits where partitions begin of which the group knew nothing, so that what comes while we are away is not missed. */
  async #pin(commits: readonly Commit[]): Promise<void> {
    if (commits.length === 0) return;
    for (const { topic, partition, position } of commits) {
      this.#consumer.seek({ topic, partition, offset: String(position) });
    }
    await this.#consumer.commitOffsets(commits.map(asOffset));
    this.#assignment.committed(commits);
  }

  /** Lag, new topics, and partitions that stand still. A broker that cannot be asked is no news here. */
  async #watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    try {
      const { topics } = this.#assignment;
      const offsets = await brokerOffsets(this.#admin, this.#parts.options.groupId, topics);
      this.#assignment.saw(offsets);
      await this.#pin(this.#assignment.unpinned(offsets, (topic) => this.#beginsAtItsBeginning(topic)));
      const stuck = this.#taking.size > 0 ? null : this.#assignment.stuck(this.#parts.stuckSeconds, nowSeconds());
      if (stuck !== null) {
        const what = `${stuck.topic}/${stuck.partition} gave nothing for ${this.#parts.stuckSeconds} s though records wait`;
        this.#fail(new SourceError(what, { retriable: true }));
      }
      const added = (await this.#matchingTopics()).filter((topic) => !this.#topics.includes(topic));
      if (added.length > 0) this.#fail(new NewTopicsError(added));
    } catch {
      // Said by whoever listens to the connection.
    } finally {
      this.#isWatching = false;
    }
  }
}

function asOffset({ topic, partition, position }: Commit): { topic: string; partition: number; offset: string } {
  return { topic, partition, offset: String(position) };
}

function nowSeconds(): number {
  return Date.now() / 1000;
}
