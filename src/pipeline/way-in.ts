import { join } from "node:path";
import type { ModelView } from "../contracts/api.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TelemetryBatch } from "../contracts/telemetry.ts";
import type { Counters } from "../self/counters.ts";
import type { CountingLedger } from "../telemetry/ledger.ts";
import type { BodyHttpServer, HttpDialect } from "../telemetry/otlp/body-http-server.ts";
import type { BodyTap, Intake, Keeping } from "../telemetry/otlp/intake.ts";
import type { BatchPlace } from "../telemetry/otlp/line-queue.ts";
import { type OtlpListening, OtlpReceiver } from "../telemetry/otlp/receiver.ts";
import { readTls } from "../telemetry/otlp/tls.ts";
import type { Stateful } from "./checkpoint/checkpointer.ts";
import { lineCheckpointer } from "./checkpoint/line-checkpointer.ts";
import { Checkpoints } from "./checkpoints.ts";
import { countIntake, intakeHealth } from "./intake-health.ts";
import type { TakenPosition } from "./kafka-intake.ts";
import type { Keeper } from "./keeper.ts";
import { countKeeping, IN_MEMORY, openKeeping, promiseOf } from "./keeping.ts";
import type { Line } from "./line.ts";
import type { LineFeed } from "./line-feed.ts";
import type { LiveView } from "./live-view.ts";
import { countReceiver } from "./receiver-metrics.ts";
import { type Recovered, recover } from "./recovery.ts";
import { RecoveryMarks } from "./recovery-marks.ts";
import type { StoreWriter } from "./store-writer.ts";
import type { Write } from "./write-queue.ts";

export interface WayInParts {
  readonly settings: Settings;
  readonly version: string;
  readonly model: ModelView;
  readonly ledger: CountingLedger;
  readonly line: Line;
  readonly feed: LineFeed;
  readonly keeper: Keeper;
  readonly live: LiveView;
  readonly writer: StoreWriter;
  readonly counters: Counters;
  /** Keeps nothing of this run and speaks plain text: its sample application goes when it does. */
  readonly isDemo: boolean;
  readonly tap?: BodyTap | undefined;
  /** Told of what a person should know: what was recovered, cut off or left out, and a disk that fails. */
  readonly onNotice: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/**
 * A checkpoint is taken at the latest when this part of the room for the journal was written since the last: the journal
 * keeps what came since the last but one, and more comes while one is being written.
 */
const URGENT_PART = 6;

/** From the sockets to the line: receives, keeps, recovers what was kept, and hands on, all in one order. */
export class WayIn {
  readonly #parts: WayInParts;
  readonly #keeping: Keeping | null;
  readonly #receiver: OtlpReceiver;
  readonly #checkpoints: Checkpoints | null;
  readonly #stopping = new AbortController();
  /** What had been written to the journal when the last checkpoint was begun. */
  #checkpointedBytes = 0;
  #lastFeedbackId: () => number = () => 0;
  #recovered: Promise<void> = Promise.resolve();
  #reading: Promise<void> = Promise.resolve();

  private constructor(parts: WayInParts, keeping: Keeping | null, receiver: OtlpReceiver) {
    this.#parts = parts;
    this.#keeping = keeping;
    this.#receiver = receiver;
    this.#checkpoints = parts.isDemo ? null : checkpointsOf(parts, keeping, receiver);
  }

  /**
   * Opens the journal and puts the line, which must be fresh, where the last checkpoint left it.
   *
   * @returns besides, the id of the last feedback that the line has obeyed
   * @throws {SettingsError} naming the folder that cannot be had; nothing is left open then.
   */
  static async open(parts: WayInParts): Promise<{ wayIn: WayIn; feedbackId: number }> {
    const { settings, ledger, tap, counters, live, line } = parts;
    const keeping = await openKeeping(settings, (message) => parts.onNotice("warn", message));
    try {
      const kept = { ...(keeping === null ? {} : { keeping }), ...(tap === undefined ? {} : { tap }) };
      const receiver = new OtlpReceiver({ ...settings, ledger, ...kept });
      countReceiver(counters, receiver);
      if (keeping !== null) countKeeping(counters, keeping, receiver.intake);
      const promise = promiseOf(settings, keeping);
      live.setIntake(() => intakeHealth(receiver.load, promise));
      counters.read("counter", "spantwin_failed_batches_total", "Batches in which the line failed.", () => {
        return parts.feed.failedBatches;
      });
      countIntake(counters, { load: () => receiver.load, line, maxOpenTraces: settings.maxOpenTraces });
      receiver.intake.hold(readAgain(0));
      const wayIn = new WayIn(parts, keeping, receiver);
      return { wayIn, feedbackId: await wayIn.#restore() };
    } catch (error) {
      await keeping?.journal.close();
      throw error;
    }
  }

  /** The door that other ways in share with OTLP. */
  get intake(): Intake {
    return this.#receiver.intake;
  }

  /** A server of another protocol in front of the same door; close it yourself, before this. */
  serverOf(dialect: HttpDialect): BodyHttpServer {
    return this.#receiver.serverOf(dialect);
  }

  /** Resolves when the line is where it was when the process before ended, and senders are heard. */
  get recovered(): Promise<void> {
    return this.#recovered;
  }

  /** The last record of each partition of a log that the line has taken in. */
  get takenThrough(): readonly TakenPosition[] {
    return this.#parts.feed.takenThrough;
  }

  /**
   * Listens, and begins to read the journal from the checkpoint on; senders are told to come again meanwhile.
   *
   * @param lastFeedbackId of the last feedback that the line has obeyed, whenever it is asked
   * @throws {SettingsError} naming the port that cannot be had; nothing listens then.
   */
  async listen(lastFeedbackId: () => number): Promise<OtlpListening> {
    const { settings, isDemo, onError } = this.#parts;
    this.#lastFeedbackId = lastFeedbackId;
    const { host, otlpGrpcPort: grpcPort, otlpHttpPort: httpPort } = settings;
    const tls = isDemo ? null : readTls(settings);
    const listening = await this.#receiver.start({ tls, host, grpcPort, httpPort });
    this.#recovered = this.#run();
    this.#recovered.catch((error: unknown) => {
      this.intake.hold(`the journal cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      onError(error, "reading the journal again");
    });
    return listening;
  }

  /** Takes no more, hands on what is kept, takes the state down, and closes. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#recovered.catch(() => undefined);
    await this.#receiver.close();
    await this.#reading;
    await this.#checkpoints?.close(this.#position());
    await this.#keeping?.journal.close();
    // With a checkpoint the next start goes on in the middle of the open windows, which must not be judged by half.
    if (this.#checkpoints === null) this.#parts.line.finish();
  }

  async #restore(): Promise<number> {
    const { feed, onNotice } = this.#parts;
    const position = (await this.#checkpoints?.restore()) ?? null;
    if (position === null) return 0;
    feed.goOnAfter(position);
    onNotice("info", `goes on from the checkpoint at record ${position.sequence}`);
    return position.feedbackId;
  }

  async #run(): Promise<void> {
    const { onNotice, onError } = this.#parts;
    if (this.#keeping !== null) {
      const recovered = await this.#recover(this.#keeping);
      if (recovered.records > 0) onNotice("info", inWords(recovered));
    }
    if (this.#stopping.signal.aborted) return;
    this.#receiver.intake.hold(null);
    this.#reading = this.#receiver
      .read((batch, place) => this.#take(batch, place), this.#stopping.signal)
      .catch((error: unknown) => onError(error, "taking telemetry in"));
  }

  async #recover({ journal }: Keeping): Promise<Recovered> {
    const { settings, feed, onNotice } = this.#parts;
    const marks = RecoveryMarks.open(settings.dataDirectory);
    try {
      return await recover({
        journal,
        afterSequence: feed.takenSequence,
        decoder: this.#receiver.decoder,
        maxBodyBytes: settings.maxBodyBytes,
        take: (batch, place) => this.#take(batch, place),
        marks,
        onProgress: (share) => this.intake.hold(readAgain(share)),
        onTrouble: (message) => onNotice("warn", message),
        signal: this.#stopping.signal,
      });
    } finally {
      marks.close();
    }
  }

  #take(batch: TelemetryBatch, place: BatchPlace): void {
    this.#parts.feed.take(batch, place);
    if (this.#checkpoints === null) return;
    this.#checkpoints.changed();
    // What is decoded already is counted in the ledger already: the state is whole when nothing waits.
    const isInconvenient = this.intake.load.waitingBatches > 0;
    const writtenBytes = this.#keeping?.journal.counts.writtenBytes ?? 0;
    const isUrgent = writtenBytes - this.#checkpointedBytes > this.#parts.settings.journalMaxBytes / URGENT_PART;
    if (!this.#checkpoints.isDue({ isInconvenient, isUrgent })) return;
    this.#checkpointedBytes = writtenBytes;
    void this.#checkpoints.take(this.#position());
  }

  #position() {
    const { takenSequence: sequence, takenThrough } = this.#parts.feed;
    return { sequence, takenThrough, feedbackId: this.#lastFeedbackId() };
  }
}

function checkpointsOf(parts: WayInParts, keeping: Keeping | null, receiver: OtlpReceiver): Checkpoints | null {
  const { settings, version, model, line, ledger, keeper, live, writer, counters, onNotice, onError } = parts;
  if (settings.dataDirectory === IN_MEMORY) return null;
  const checkpointer = lineCheckpointer({
    directory: join(settings.dataDirectory, "checkpoint"),
    version,
    settings,
    model,
    line,
    names: receiver.decoder.names,
    ledger,
    watchers: { keeper, live, results: unwritten(writer) },
    onNotice: (text) => onNotice("warn", text),
  });
  return new Checkpoints({
    checkpointer,
    intervalSeconds: settings.checkpointSeconds,
    counters,
    onKept: async (sequence) => keeping?.journal.checkpointed(sequence),
    onError,
  });
}

/** What the line has found and the store does not have yet: the line would not find it again after the checkpoint. */
function unwritten(writer: StoreWriter): Stateful {
  return {
    snapshot: () => ({ waiting: [...writer.waiting()] }),
    restore: ({ waiting }: { waiting: readonly Write[] }) => {
      for (const write of waiting) writer.put(write);
    },
  };
}

function readAgain(share: number): string {
  return `the journal is being read again: ${Math.floor(100 * share)} % done`;
}

function inWords({ records, spans, skipped, damagedBytes, seconds }: Recovered): string {
  const left = skipped === 0 && damagedBytes === 0 ? "" : `, ${skipped} left out, ${damagedBytes} bytes damaged`;
  return `went on where it was: ${records} batches, ${spans} spans read again in ${seconds.toFixed(1)} s${left}`;
}
