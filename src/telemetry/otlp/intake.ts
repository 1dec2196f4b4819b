import { MalformedError, SourceError } from "../../contracts/errors.ts";
import type { Ledger, TelemetryBatch } from "../../contracts/telemetry.ts";
import type { BodyDecoder, Encoding } from "../encodings.ts";
import { fingerprintOf } from "../journal/fingerprint.ts";
import type { Appended, Journal } from "../journal/journal.ts";
import type { RecentBodies } from "../journal/recent-bodies.ts";
import type { BodyPacking } from "../journal/record.ts";
import type { LogPosition } from "../log-source.ts";
import { UNKNOWN_SERVICE } from "../semconv.ts";
import { BusyError } from "./busy-error.ts";
import type { BodyFormat, Signal } from "./decoder.ts";
import { type BatchPlace, LineQueue } from "./line-queue.ts";

/** Gets every body that was taken in, as it was sent (uncompressed), before the sender hears of it. */
export type BodyTap = (signal: Signal, body: Uint8Array, encoding: Encoding) => void | Promise<void>;

/** Where everything that is accepted is kept before its sender hears of it, and what came of late. */
export interface Keeping {
  readonly journal: Journal;
  readonly recent: RecentBodies;
}

/** What is under way, and how much may be. */
export interface IntakeLoad {
  readonly inFlightBodies: number;
  readonly maxInFlightBodies: number;
  /** Bytes being received. */
  readonly inFlightBytes: number;
  readonly maxInFlightBytes: number;
  /** Decoded batches that wait for the reader, and the bytes of their bodies. */
  readonly waitingBatches: number;
  readonly queuedBytes: number;
  readonly maxQueueBytes: number;
  /** Why nothing at all is accepted now; null when it is. */
  readonly obstacle: string | null;
  /** Times a sender was told to come again because there was too much, since the start. */
  readonly busyCount: number;
}

export interface IntakeOptions {
  readonly decoder: BodyDecoder;
  readonly ledger: Ledger;
  readonly maxInFlightBodies: number;
  readonly maxInFlightBytes: number;
  /** Bytes of bodies that are kept and that the reader has not taken yet. */
  readonly maxQueueBytes: number;
  /** Without it a sender hears of its body when the reader has taken it. */
  readonly keeping?: Keeping | undefined;
  readonly tap?: BodyTap | undefined;
}

/** What may be known of a body besides its bytes. */
export interface BodyOrigin {
  /** The bytes as they were sent, if they were packed. */
  readonly packed?: { readonly bytes: Uint8Array; readonly packing: BodyPacking };
  readonly source?: LogPosition;
  /** It will be tried again when it is malformed, so that it is not counted yet. */
  readonly willBeTriedAgain?: boolean;
}

const OTLP_ENCODINGS: Readonly<Record<BodyFormat, Encoding>> = { protobuf: "otlp_proto", json: "otlp_json" };

/**
 * The one door of all receivers: decodes bodies as they come, keeps them, and hands the batches on one at a time, all in
 * that same order. A sender hears of its body when it is kept, or, where nothing is kept, when the reader has taken it.
 * Bodies and bytes under way are limited.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #queue: LineQueue;
  #inFlightBodies = 0;
  #inFlightBytes = 0;
  #busyCount = 0;
  #isClosed = false;
  #heldBecause: string | null = null;
  #duplicateBodies = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
    this.#queue = new LineQueue(options.maxQueueBytes);
  }

  /** Bodies that had come before and were not taken a second time. */
  get duplicateBodies(): number {
    return this.#duplicateBodies;
  }

  /** Refuses everything, for a reason that passes, until it is called with null. */
  hold(reason: string | null): void {
    this.#heldBecause = reason;
  }

  get load(): IntakeLoad {
    return {
      inFlightBodies: this.#inFlightBodies,
      maxInFlightBodies: this.#options.maxInFlightBodies,
      inFlightBytes: this.#inFlightBytes,
      maxInFlightBytes: this.#options.maxInFlightBytes,
      waitingBatches: this.#queue.length,
      queuedBytes: this.#queue.byteCount,
      maxQueueBytes: this.#options.maxQueueBytes,
      obstacle: this.#obstacle()?.message ?? null,
      busyCount: this.#busyCount,
    };
  }

  /** False once bodies are refused for good. */
  get isOpen(): boolean {
    return !this.#isClosed;
  }

  /** Counts bytes that are being received. @throws {BusyError} when there are too many. */
  reserve(byteCount: number): void {
    this.#refuseIfShut();
    if (this.#inFlightBytes + byteCount > this.#options.maxInFlightBytes) {
      throw this.#busy(`more than ${this.#options.maxInFlightBytes} bytes are under way`);
    }
    this.#inFlightBytes += byteCount;
  }

  release(byteCount: number): void {
    this.#inFlightBytes -= byteCount;
  }

  /** Counts a body that cannot even be read. */
  refuse(): void {
    this.#options.ledger.lost(UNKNOWN_SERVICE, "malformed", 1);
  }

  /**
   * Resolves when the body is kept or taken, with the number of its spans or points that were refused. A body that came
   * before, of late, is not taken again, and is answered as the first was.
   *
   * @throws {MalformedError} when it is no such body (counted in the ledger).
   * @throws {BusyError} when too many are waiting, the disk does not take it, or the reader has gone.
   */
  async accept(
    signal: Signal,
    format: BodyFormat | Encoding,
    body: Uint8Array,
    origin: BodyOrigin = {},
  ): Promise<number> {
    const encoding = format === "protobuf" || format === "json" ? OTLP_ENCODINGS[format] : format;
    this.#refuseIfShut();
    if (this.#inFlightBodies >= this.#options.maxInFlightBodies) {
      throw this.#busy(`${this.#inFlightBodies} bodies are waiting`);
    }
    if (!this.#queue.hasRoomFor(body.length)) throw this.#busy(`${this.#queue.byteCount} bytes wait for the twin`);
    this.#inFlightBodies += 1;
    try {
      const { keeping } = this.#options;
      const rejectedCount =
        keeping === undefined
          ? await this.#hand(signal, encoding, body, origin)
          : await this.#keep(keeping, signal, encoding, body, origin);
      await this.#options.tap?.(signal, body, encoding);
      return rejectedCount;
    } finally {
      this.#inFlightBodies -= 1;
    }
  }

  /**
   * Hands on batches, each with its place in the order of everything, until the signal aborts or it is closed, and then what is kept
   * already. An error of `take` ends it and comes out here.
   */
  async drain(
    take: (batch: TelemetryBatch, place: BatchPlace) => void | Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const stop = () => this.close();
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    try {
      await this.#queue.drain(take);
    } finally {
      signal.removeEventListener("abort", stop);
      this.close();
      this.#queue.clear();
    }
  }

  /** Refuses what still comes, and what waits and is not kept. */
  close(): void {
    this.#isClosed = true;
    this.#queue.close();
  }

  /** Decodes, and waits until the reader has taken it. */
  async #hand(signal: Signal, encoding: Encoding, body: Uint8Array, origin: BodyOrigin): Promise<number> {
    const { batch, rejectedCount } = this.#decode(signal, encoding, body, origin);
    const { source = null } = origin;
    const place = { sequence: 0, receivedSeconds: Date.now() / 1000, source };
    if (itemCountOf(batch) > 0) await this.#queue.put({ batch, ...place, byteCount: body.length, kept: null });
    return rejectedCount;
  }

  /** Decodes, gives it its place in the order of everything, and waits until it is kept there. */
  async #keep(
    { journal, recent }: Keeping,
    signal: Signal,
    encoding: Encoding,
    body: Uint8Array,
    origin: BodyOrigin,
  ): Promise<number> {
    const { packed, source = null } = origin;
    const { bytes, packing } = packed ?? { bytes: body, packing: "none" };
    const fingerprint = fingerprintOf(bytes);
    const known = recent.find(fingerprint, Date.now() / 1000);
    if (known !== null) {
      await keptOf(known);
      this.#duplicateBodies += 1;
      if (signal === "traces") this.#options.ledger.lost(UNKNOWN_SERVICE, "duplicate", known.itemCount);
      return known.rejectedCount;
    }
    const { batch, rejectedCount } = this.#decode(signal, encoding, body, origin);
    const itemCount = itemCountOf(batch);
    if (itemCount === 0) return rejectedCount;
    const entry = { signal, encoding, packing, bytes, fingerprint, itemCount, source };
    const { sequence, receivedSeconds, kept } = journal.append(entry);
    recent.remember(fingerprint, receivedSeconds, { kept, itemCount, rejectedCount });
    void this.#queue.put({ batch, sequence, receivedSeconds, source, byteCount: body.length, kept });
    await keptOf({ kept });
    return rejectedCount;
  }

  #refuseIfShut(): void {
    const obstacle = this.#obstacle();
    if (obstacle !== null) throw obstacle;
  }

  #obstacle(): BusyError | null {
    if (this.#isClosed) return BusyError.closing();
    if (this.#heldBecause !== null) return new BusyError(this.#heldBecause, { isUnavailable: true });
    const refusal = this.#options.keeping?.journal.refusal() ?? null;
    return refusal === null ? null : BusyError.unavailable(refusal);
  }

  #busy(message: string): BusyError {
    this.#busyCount += 1;
    return new BusyError(message);
  }

  #decode(signal: Signal, encoding: Encoding, body: Uint8Array, { willBeTriedAgain }: BodyOrigin) {
    try {
      return this.#options.decoder.decode(encoding, signal, body);
    } catch (error) {
      if (error instanceof MalformedError && willBeTriedAgain !== true) this.refuse();
      throw error;
    }
  }
}

function itemCountOf(batch: TelemetryBatch): number {
  return batch.spans.spanCount + batch.metrics.length;
}

async function keptOf({ kept }: Pick<Appended, "kept">): Promise<void> {
  try {
    await kept;
  } catch (error) {
    throw error instanceof SourceError ? BusyError.unavailable(error) : error;
  }
}
