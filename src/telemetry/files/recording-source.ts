import { MalformedError } from "../../contracts/errors.ts";
import type { Ledger, TelemetryBatch, TelemetrySource } from "../../contracts/telemetry.ts";
import { OtlpDecoder } from "../otlp/decoder.ts";
import { UNKNOWN_SERVICE } from "../semconv.ts";
import { recordedBodies } from "./recording-bodies.ts";

export interface RecordingSourceOptions {
  readonly ledger: Ledger;
  readonly maxOperationsPerService: number;
  readonly maxBodyBytes?: number;
}

/** Plays a recording of OTLP bodies, one batch a body, as fast as it is taken in. */
export class RecordingSource implements TelemetrySource {
  readonly name: string;
  readonly #path: string;
  readonly #options: RecordingSourceOptions;

  constructor(path: string, options: RecordingSourceOptions) {
    this.name = path;
    this.#path = path;
    this.#options = options;
  }

  /** Malformed bodies and files that break off are counted in the ledger. @throws {SettingsError} as `recordedBodies`. */
  async read(take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    const { ledger, maxBodyBytes } = this.#options;
    const decoder = new OtlpDecoder(this.#options);
    const countMalformed = () => ledger.lost(UNKNOWN_SERVICE, "malformed", 1);
    const bodies = recordedBodies(this.#path, {
      onBroken: countMalformed,
      ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    });
    for await (const body of bodies) {
      if (signal.aborted) return;
      let batch: TelemetryBatch;
      try {
        batch = decoder.decode(body.signal, body.format, body.bytes).batch;
      } catch (error) {
        if (!(error instanceof MalformedError)) throw error;
        countMalformed();
        continue;
      }
      if (batch.spans.spanCount > 0 || batch.metrics.length > 0) await take(batch);
    }
  }
}
