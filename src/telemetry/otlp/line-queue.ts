import type { TelemetryBatch } from "../../contracts/telemetry.ts";
import type { LogPosition } from "../log-source.ts";
import { BusyError } from "./busy-error.ts";

/** Where a batch stands in the order of everything. */
export interface BatchPlace {
  /** Its number in the journal; 0 without one. */
  readonly sequence: number;
  /** Wall clock when it was accepted, unix seconds. */
  readonly receivedSeconds: number;
  /** Where in a partitioned log it came from. */
  readonly source: LogPosition | null;
}

/** A batch on its way to the line. */
export interface LineBatch extends BatchPlace {
  readonly batch: TelemetryBatch;
  /** Bytes of its body, unpacked. */
  readonly byteCount: number;
  /** Settles before it may be handed on; when it rejects, it never is. Null where nothing is kept. */
  readonly kept: Promise<void> | null;
}

interface Waiting extends LineBatch {
  readonly settle: (error?: Error) => void;
}

/** The line works at most so long before the sockets have their turn. */
const TURN_MILLISECONDS = 8;

/** Batches between the receivers and the line, in order: the line may lag behind them by so many bytes. */
export class LineQueue {
  readonly #maxBytes: number;
  readonly #waiting: Waiting[] = [];
  #byteCount = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** A queue that is empty takes any body, or one over the limit would never pass. */
  hasRoomFor(byteCount: number): boolean {
    return this.#byteCount === 0 || this.#byteCount + byteCount <= this.#maxBytes;
  }

  /** Resolves when the line has taken it. What is kept is never refused: it is in the journal for the next start. */
  put(batch: LineBatch): Promise<void> {
    this.#byteCount += batch.byteCount;
    return new Promise((resolve, reject) => {
      const settle = (error?: Error) => {
        this.#byteCount -= batch.byteCount;
        if (error === undefined || batch.kept !== null) resolve();
        else reject(error);
      };
      this.#waiting.push({ ...batch, settle });
      this.#wake?.();
    });
  }

  /** Hands on one after another until it is closed and empty. An error of `take` ends it. */
  async drain(take: (batch: TelemetryBatch, place: BatchPlace) => void | Promise<void>): Promise<void> {
    let turnEnds = performance.now() + TURN_MILLISECONDS;
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) {
        if (this.#isClosed) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        turnEnds = performance.now() + TURN_MILLISECONDS;
        continue;
      }
      await this.#hand(next, take);
      if (performance.now() < turnEnds) continue;
      await new Promise(setImmediate);
      turnEnds = performance.now() + TURN_MILLISECONDS;
    }
  }

  /** Refuses what is not kept; what is stays to be drained. */
  close(): void {
    this.#isClosed = true;
    this.#drop(({ kept }) => kept === null);
    this.#wake?.();
  }

  /** Lets go of everything that nobody will take any more. */
  clear(): void {
    this.#drop(() => true);
  }

  #drop(isDropped: (waiting: Waiting) => boolean): void {
    const all = this.#waiting.splice(0);
    for (const waiting of all) {
      if (isDropped(waiting)) waiting.settle(BusyError.closing());
      else this.#waiting.push(waiting);
    }
  }

  async #hand(waiting: Waiting, take: Parameters<LineQueue["drain"]>[0]): Promise<void> {
    const isKept = await (waiting.kept?.then(
      () => true,
      () => false,
    ) ?? true);
    try {
      if (isKept) await take(waiting.batch, waiting);
    } catch (error) {
      waiting.settle(BusyError.closing());
      throw error;
    }
    waiting.settle();
  }
}
