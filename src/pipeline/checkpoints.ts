import type { Counters, Histogram } from "../self/counters.ts";
import type { Checkpointer } from "./checkpoint/checkpointer.ts";
import type { TakenPosition } from "./kafka-intake.ts";

/** What the state of a line has taken in. */
export interface LinePosition {
  /** Number of the last record of the journal. */
  readonly sequence: number;
  /** Of the last feedback that was obeyed. */
  readonly feedbackId: number;
  /** The last record of each partition of a log. */
  readonly takenThrough: readonly TakenPosition[];
}

/** The same as a checkpoint can hold it. */
interface StoredPosition extends Omit<LinePosition, "takenThrough"> {
  readonly takenThrough: readonly (Omit<TakenPosition, "offset"> & { readonly offset: string })[];
}

/** Checkpoints may take this part of the time; where they would take more, they come less often. */
const COST_SHARE_MAX = 0.05;
/** So many intervals may pass while no moment is a good one. */
const INCONVENIENCE_FACTOR = 3;
const BOUNDS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1];

/** Takes the state of the line down every few seconds, between two batches, and says what that costs. */
export class Checkpoints {
  readonly #checkpointer: Pick<Checkpointer, "restore" | "capture" | "keptPositions">;
  readonly #intervalSeconds: number;
  readonly #onKept: (oldestNeededSequence: number) => Promise<void>;
  readonly #onError: (error: unknown, what: string) => void;
  readonly #pauseSeconds: Histogram;
  readonly #sliceSeconds: Histogram;
  #lastSeconds = performance.now() / 1000;
  /** What the last one cost, spread so thin as it may be. */
  #restSeconds = 0;
  #writing: Promise<void> = Promise.resolve();
  #isWriting = false;
  #isChanged = false;
  #isFailing = false;
  #written = 0;
  #failed = 0;
  #writtenBytes = 0;
  #totalBytes = 0;

  /** @param parts.onKept hears from which record on the journal must be kept, whenever that has changed */
  constructor(parts: {
    checkpointer: Pick<Checkpointer, "restore" | "capture" | "keptPositions">;
    intervalSeconds: number;
    counters: Counters;
    onKept: (oldestNeededSequence: number) => Promise<void>;
    onError: (error: unknown, what: string) => void;
  }) {
    this.#checkpointer = parts.checkpointer;
    this.#intervalSeconds = parts.intervalSeconds;
    this.#onKept = parts.onKept;
    this.#onError = parts.onError;
    const { counters } = parts;
    const histogram = (name: string, help: string) => counters.histogram(name, help, BOUNDS_SECONDS);
    this.#pauseSeconds = histogram(
      "spantwin_checkpoint_pause_seconds",
      "How long the line stood still for a checkpoint.",
    );
    this.#sliceSeconds = histogram("spantwin_checkpoint_slice_seconds", "Longest stretch of work on a checkpoint.");
    const counter = (name: string, help: string, read: () => number) => counters.read("counter", name, help, read);
    counter("spantwin_checkpoints_total", "Checkpoints written.", () => this.#written);
    counter("spantwin_checkpoint_failures_total", "Checkpoints that could not be written.", () => this.#failed);
    counter("spantwin_checkpoint_written_bytes_total", "Bytes written.", () => this.#writtenBytes);
    counters.read("gauge", "spantwin_checkpoint_bytes", "Bytes of the last checkpoint.", () => this.#totalBytes);
  }

  /** Puts the fresh line where the last checkpoint that can be used left it. Null when there is none. */
  async restore(): Promise<LinePosition | null> {
    const stored = this.#checkpointer.restore() as StoredPosition | null;
    if (stored === null) return null;
    await this.#tellKept();
    const takenThrough = stored.takenThrough.map((each) => ({ ...each, offset: BigInt(each.offset) }));
    return { ...stored, takenThrough };
  }

  /** The state is another than that of the last checkpoint. */
  changed(): void {
    this.#isChanged = true;
  }

  /**
   * @param moment.isInconvenient it may wait for a better moment, but not for ever
   * @param moment.isUrgent whatever it costs: the journal fills up with what no checkpoint holds, and would take no more
   */
  isDue({ isInconvenient, isUrgent }: { readonly isInconvenient: boolean; readonly isUrgent: boolean }): boolean {
    if (this.#isWriting) return false;
    if (isUrgent) return true;
    const patienceSeconds = this.#intervalSeconds * (isInconvenient ? INCONVENIENCE_FACTOR : 1);
    return performance.now() / 1000 - this.#lastSeconds >= Math.max(patienceSeconds, this.#restSeconds);
  }

  /** Takes the state down at once and writes it beside what follows. To be called between two batches. Never fails. */
  take(position: LinePosition): Promise<void> {
    if (!this.#isWriting) this.#writing = this.#take(position);
    return this.#writing;
  }

  /** Writes a last one, if anything was taken in since. */
  async close(position: LinePosition): Promise<void> {
    await this.#writing;
    if (this.#isChanged) await this.take(position);
  }

  async #take({ sequence, feedbackId, takenThrough }: LinePosition): Promise<void> {
    this.#isWriting = true;
    this.#isChanged = false;
    try {
      const stored: StoredPosition = {
        sequence,
        feedbackId,
        takenThrough: takenThrough.map((each) => ({ ...each, offset: String(each.offset) })),
      };
      const report = await this.#checkpointer.capture(stored);
      if (report === null) return;
      this.#written += 1;
      this.#writtenBytes += report.bytes;
      this.#totalBytes = report.totalBytes;
      this.#pauseSeconds.observe(report.pauseMs / 1000);
      this.#sliceSeconds.observe(report.sliceMs / 1000);
      this.#restSeconds = (report.pauseMs + report.workMs) / 1000 / COST_SHARE_MAX;
      this.#isFailing = false;
      await this.#tellKept();
    } catch (error) {
      this.#isChanged = true;
      this.#failed += 1;
      if (!this.#isFailing) this.#onError(error, "writing a checkpoint (said once)");
      this.#isFailing = true;
    } finally {
      this.#lastSeconds = performance.now() / 1000;
      this.#isWriting = false;
    }
  }

  /** The last checkpoint but one is used when the last cannot be read, so the journal goes back to that. */
  #tellKept(): Promise<void> {
    const [oldest] = this.#checkpointer.keptPositions as readonly StoredPosition[];
    return oldest === undefined ? Promise.resolve() : this.#onKept(oldest.sequence);
  }
}
