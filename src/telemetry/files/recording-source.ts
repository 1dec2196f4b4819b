import { MalformedError } from "../../contracts/errors.ts";
import type { Ledger, MetricPoint, SpanBatch, TelemetryBatch, TelemetrySource } from "../../contracts/telemetry.ts";
import { BodyDecoder } from "../encodings.ts";
import type { DecoderOptions } from "../otlp/decoder.ts";
import { UNKNOWN_SERVICE } from "../semconv.ts";
import { inOrderOfEnds, type Slice } from "./in-order-of-ends.ts";
import type { RecordedBody } from "./recorded-body.ts";
import { type BodyFormats, recordedBodies } from "./recording-bodies.ts";

export interface RecordingSourceOptions {
  readonly ledger: Ledger;
  readonly maxOperationsPerService: number;
  readonly maxBodyBytes?: number;
  /** Default: `otlp`. */
  readonly format?: BodyFormats;
  /** Told of a file that breaks off, is too large or cannot be unpacked, besides the count in the ledger. */
  readonly onBroken?: ((path: string, reason: string) => void) | undefined;
}

type Take = (batch: TelemetryBatch) => void | Promise<void>;

const NO_METRICS: readonly MetricPoint[] = [];

/**
 * Plays recorded bodies, as fast as they are taken in: a request of OTLP is one batch; spans of the other formats, whose
 * bodies may be documents of a whole day, come in the order in which they ended.
 */
export class RecordingSource implements TelemetrySource {
  readonly name: string;
  readonly #paths: readonly string[];
  readonly #options: RecordingSourceOptions;

  constructor(paths: string | readonly string[], options: RecordingSourceOptions) {
    this.#paths = typeof paths === "string" ? [paths] : paths;
    this.name = this.#paths.join(" ");
    this.#options = options;
  }

  /** Malformed bodies and files that break off are counted in the ledger. @throws {SettingsError} as `recordedBodies`. */
  async read(take: Take, signal: AbortSignal): Promise<void> {
    const { ledger, maxBodyBytes, format, onBroken } = this.#options;
    const bodies = recordedBodies(this.#paths, {
      onBroken: (path, reason) => {
        ledger.lost(UNKNOWN_SERVICE, "malformed", 1);
        onBroken?.(path, reason);
      },
      ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
      ...(format === undefined ? {} : { format }),
    });
    await playBodies(bodies, this.#options, take, signal);
  }
}

/** Hands on what bodies hold, in their order; malformed ones are counted in the ledger. */
export async function playBodies(
  bodies: AsyncIterable<RecordedBody>,
  options: DecoderOptions,
  take: Take,
  signal: AbortSignal,
): Promise<void> {
  const decoder = new BodyDecoder(options);
  const slices = new WaitingSlices(take, signal);
  for await (const body of bodies) {
    await slices.release(body.timeNanos / 1e9);
    if (signal.aborted) return;
    let batch: TelemetryBatch;
    try {
      batch = decoder.decode(body.encoding, body.signal, body.bytes).batch;
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      options.ledger.lost(UNKNOWN_SERVICE, "malformed", 1);
      continue;
    }
    if (body.isDocument) await slices.add(batch.spans);
    else if (batch.spans.spanCount > 0 || batch.metrics.length > 0) await take(batch);
  }
  await slices.release(Number.POSITIVE_INFINITY);
}

/** Slices of documents whose turn has not come: only a body that begins later shows that nothing earlier will. */
class WaitingSlices {
  readonly #take: Take;
  readonly #signal: AbortSignal;
  /** The next one last. */
  #slices: Slice[] = [];

  constructor(take: Take, signal: AbortSignal) {
    this.#take = take;
    this.#signal = signal;
  }

  /** Hands on the first second of a document, whose turn it is, and keeps the rest. */
  async add(spans: SpanBatch): Promise<void> {
    const [first, ...rest] = inOrderOfEnds(spans);
    if (first !== undefined) await this.#take({ spans: first.spans, metrics: NO_METRICS });
    if (rest.length === 0) return;
    this.#slices.push(...rest);
    this.#slices.sort((a, b) => b.endSeconds - a.endSeconds);
  }

  /** Hands on what ended before that time. */
  async release(untilSeconds: number): Promise<void> {
    while (!this.#signal.aborted) {
      const next = this.#slices.at(-1);
      if (next === undefined || next.endSeconds >= untilSeconds) return;
      this.#slices.pop();
      await this.#take({ spans: next.spans, metrics: NO_METRICS });
    }
  }
}
