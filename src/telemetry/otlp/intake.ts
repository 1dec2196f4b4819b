import { MalformedError } from "../../contracts/errors.ts";
import type { Ledger, TelemetryBatch } from "../../contracts/telemetry.ts";
import type { BodyDecoder, Encoding } from "../encodings.ts";
import { UNKNOWN_SERVICE } from "../semconv.ts";
import type { BodyFormat, Signal } from "./decoder.ts";

/** Gets every OTLP body that was taken in, as it was sent (uncompressed), before the sender hears of it. */
export type BodyTap = (signal: Signal, body: Uint8Array, format: BodyFormat) => void | Promise<void>;

/** The receiver cannot take a body now; the sender may try again. */
export class BusyError extends Error {
  /** True when it is about to go away rather than full. */
  readonly isClosing: boolean;
  readonly retryAfterSeconds = 1;

  constructor(message: string, isClosing: boolean) {
    super(message);
    this.name = "BusyError";
    this.isClosing = isClosing;
  }
}

export interface IntakeOptions {
  readonly decoder: BodyDecoder;
  readonly ledger: Ledger;
  readonly maxInFlightBodies: number;
  readonly maxInFlightBytes: number;
  readonly tap?: BodyTap | undefined;
}

/** What may be known of a body besides its bytes. */
export interface BodyOrigin {
  /** It will be tried again when it is malformed, so that it is not counted yet. */
  readonly willBeTriedAgain?: boolean;
}

const OTLP_ENCODINGS: Readonly<Record<BodyFormat, Encoding>> = { protobuf: "otlp_proto", json: "otlp_json" };
const OTLP_FORMATS: Readonly<Partial<Record<Encoding, BodyFormat>>> = { otlp_proto: "protobuf", otlp_json: "json" };

interface Waiting {
  readonly batch: TelemetryBatch;
  readonly settle: (error?: Error) => void;
}

/**
 * The one door of both servers: decodes bodies as they come, hands the batches on one at a time in that order, and tells
 * the sender only when its batch was taken in. Bodies and bytes under way are limited.
 */
export class Intake {
  readonly #options: IntakeOptions;
  readonly #queue: Waiting[] = [];
  #inFlightBodies = 0;
  #inFlightBytes = 0;
  #isClosed = false;
  #wake: (() => void) | undefined;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Counts bytes that are being received. @throws {BusyError} when there are too many. */
  reserve(byteCount: number): void {
    if (this.#isClosed) throw new BusyError("shutting down", true);
    if (this.#inFlightBytes + byteCount > this.#options.maxInFlightBytes) {
      throw new BusyError(`more than ${this.#options.maxInFlightBytes} bytes are under way`, false);
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
   * Resolves when the body's batch was taken in, with the number of its spans or points that were refused.
   *
   * @throws {MalformedError} when it is no such body (counted in the ledger).
   * @throws {BusyError} when too many are waiting, or the reader has gone.
   */
  async accept(
    signal: Signal,
    format: BodyFormat | Encoding,
    body: Uint8Array,
    origin: BodyOrigin = {},
  ): Promise<number> {
    const encoding = format === "protobuf" || format === "json" ? OTLP_ENCODINGS[format] : format;
    if (this.#isClosed) throw new BusyError("shutting down", true);
    if (this.#inFlightBodies >= this.#options.maxInFlightBodies) {
      throw new BusyError(`${this.#inFlightBodies} bodies are waiting`, false);
    }
    this.#inFlightBodies += 1;
    try {
      const { batch, rejectedCount } = this.#decode(signal, encoding, body, origin);
      if (batch.spans.spanCount > 0 || batch.metrics.length > 0) await this.#enqueue(batch);
      const tapped = OTLP_FORMATS[encoding];
      if (tapped !== undefined) await this.#options.tap?.(signal, body, tapped);
      return rejectedCount;
    } finally {
      this.#inFlightBodies -= 1;
    }
  }

  /** Hands on batches until the signal aborts. An error of `take` ends it and comes out here. */
  async drain(take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    const stop = () => this.#wake?.();
    signal.addEventListener("abort", stop);
    try {
      while (!signal.aborted && !this.#isClosed) {
        const next = this.#queue.shift();
        if (next === undefined) {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          continue;
        }
        await this.#hand(next, take);
      }
    } finally {
      signal.removeEventListener("abort", stop);
      this.close();
    }
  }

  /** Refuses what waits and what still comes. */
  close(): void {
    this.#isClosed = true;
    this.#wake?.();
    for (const waiting of this.#queue.splice(0)) waiting.settle(new BusyError("shutting down", true));
  }

  async #hand(waiting: Waiting, take: (batch: TelemetryBatch) => void | Promise<void>): Promise<void> {
    try {
      await take(waiting.batch);
    } catch (error) {
      waiting.settle(new BusyError("shutting down", true));
      throw error;
    }
    waiting.settle();
  }

  #enqueue(batch: TelemetryBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ batch, settle: (error) => (error === undefined ? resolve() : reject(error)) });
      this.#wake?.();
    });
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
