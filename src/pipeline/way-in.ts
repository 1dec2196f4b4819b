import type { Settings } from "../contracts/settings.ts";
import type { Ledger } from "../contracts/telemetry.ts";
import type { Counters } from "../self/counters.ts";
import type { LogPosition } from "../telemetry/log-source.ts";
import type { BodyTap, Intake, Keeping } from "../telemetry/otlp/intake.ts";
import { type OtlpListening, OtlpReceiver } from "../telemetry/otlp/receiver.ts";
import { readTls } from "../telemetry/otlp/tls.ts";
import { countIntake, intakeHealth } from "./intake-health.ts";
import { countKeeping, openKeeping, promiseOf } from "./keeping.ts";
import type { Line } from "./line.ts";
import type { LineFeed } from "./line-feed.ts";
import type { LiveView } from "./live-view.ts";
import { countReceiver } from "./receiver-metrics.ts";
import { type Recovered, recover } from "./recovery.ts";
import { RecoveryMarks } from "./recovery-marks.ts";

export interface WayInParts {
  readonly settings: Settings;
  readonly ledger: Ledger;
  readonly line: Line;
  readonly feed: LineFeed;
  readonly live: LiveView;
  readonly counters: Counters;
  readonly hasTls: boolean;
  readonly tap?: BodyTap | undefined;
  /** Told of what a person should know: what was recovered, cut off or left out, and a disk that fails. */
  readonly onNotice: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
}

/** From the sockets to the line: receives, keeps, recovers what was kept, and hands on, all in one order. */
export class WayIn {
  readonly listening: OtlpListening;
  /** Resolves when the line is where it was when the process before ended, and senders are heard. */
  readonly recovered: Promise<void>;
  readonly #parts: WayInParts;
  readonly #keeping: Keeping | null;
  readonly #receiver: OtlpReceiver;
  readonly #stopping = new AbortController();
  readonly #takenThrough = new Map<string, LogPosition>();
  #reading: Promise<void> = Promise.resolve();

  private constructor(
    parts: WayInParts,
    opened: { keeping: Keeping | null; receiver: OtlpReceiver; listening: OtlpListening },
  ) {
    this.#parts = parts;
    this.#keeping = opened.keeping;
    this.#receiver = opened.receiver;
    this.listening = opened.listening;
    this.recovered = this.#run();
    this.recovered.catch((error: unknown) => parts.onError(error, "reading the journal again"));
  }

  /**
   * Opens the journal and listens. Senders are told to come again until `recovered`.
   *
   * @throws {SettingsError} naming the port or folder that cannot be had; nothing is left open then.
   */
  static async open(parts: WayInParts): Promise<WayIn> {
    const { settings, ledger, tap, counters, live } = parts;
    const keeping = await openKeeping(settings, (message) => parts.onNotice("warn", message));
    const receiver = new OtlpReceiver({
      ...settings,
      ledger,
      ...(keeping === null ? {} : { keeping }),
      ...(tap === undefined ? {} : { tap }),
    });
    countReceiver(counters, receiver);
    if (keeping !== null) countKeeping(counters, keeping, receiver.intake);
    const promise = promiseOf(settings, keeping);
    live.setIntake(() => intakeHealth(receiver.load, promise));
    countIntake(counters, { load: () => receiver.load, line: parts.line, maxOpenTraces: settings.maxOpenTraces });
    receiver.intake.hold(readAgain(0));
    try {
      const { host, otlpGrpcPort: grpcPort, otlpHttpPort: httpPort } = settings;
      const tls = parts.hasTls ? readTls(settings) : null;
      const listening = await receiver.start({ tls, host, grpcPort, httpPort });
      return new WayIn(parts, { keeping, receiver, listening });
    } catch (error) {
      await keeping?.journal.close();
      throw error;
    }
  }

  /** The door that other ways in share with OTLP. */
  get intake(): Intake {
    return this.#receiver.intake;
  }

  /** The last record of each partition of a log that is in the journal, as far as it was read again. */
  get takenThrough(): readonly LogPosition[] {
    return [...this.#takenThrough.values()];
  }

  /** Takes no more, hands on what is kept, and closes. */
  async close(): Promise<void> {
    this.#stopping.abort();
    await this.recovered.catch(() => undefined);
    await this.#receiver.close();
    await this.#reading;
    await this.#keeping?.journal.close();
    // With a journal the next start goes on in the middle of the open windows, which must not be judged by half.
    if (this.#keeping === null) this.#parts.line.finish();
  }

  async #run(): Promise<void> {
    const { feed, onNotice, onError } = this.#parts;
    if (this.#keeping !== null) {
      const recovered = await this.#recover(this.#keeping);
      if (recovered.records > 0) onNotice("info", inWords(recovered));
    }
    if (this.#stopping.signal.aborted) return;
    this.#receiver.intake.hold(null);
    this.#reading = this.#receiver
      .read((batch, sequence) => feed.take(batch, sequence), this.#stopping.signal)
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
        take: (batch, sequence) => feed.take(batch, sequence),
        marks,
        onProgress: (share) => this.intake.hold(readAgain(share)),
        onTrouble: (message) => onNotice("warn", message),
        onSource: (position) => this.#takenThrough.set(`${position.topic}/${position.partition}`, position),
        signal: this.#stopping.signal,
      });
    } finally {
      marks.close();
    }
  }
}

function readAgain(share: number): string {
  return `the journal is being read again: ${Math.floor(100 * share)} % done`;
}

function inWords({ records, spans, skipped, damagedBytes, seconds }: Recovered): string {
  const left = skipped === 0 && damagedBytes === 0 ? "" : `, ${skipped} left out, ${damagedBytes} bytes damaged`;
  return `went on where it was: ${records} batches, ${spans} spans read again in ${seconds.toFixed(1)} s${left}`;
}
