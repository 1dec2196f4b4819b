import type { Ledger, MetricPoint, SpanBatch, TelemetryBatch } from "../../contracts/telemetry.ts";
import { MetricsDraft } from "../metrics-draft.ts";
import { NameRegistry } from "../name-registry.ts";
import { emptySpans } from "../span-columns.ts";
import { TraceAssembler } from "../trace-assembly.ts";
import { TraceDraft } from "../trace-draft.ts";
import { parseJsonBody } from "./json-fields.ts";
import { readMetricsJson } from "./metrics-json.ts";
import { readMetrics } from "./metrics-wire.ts";
import { ToleranceCounts } from "./tolerances.ts";
import { readTracesJson } from "./traces-json.ts";
import { readTraces } from "./traces-wire.ts";
import { WireReader } from "./wire.ts";

export type Signal = "traces" | "metrics";
export type BodyFormat = "protobuf" | "json";

export interface DecodedBody {
  readonly batch: TelemetryBatch;
  /** Spans or data points of the body that are not in the batch. */
  readonly rejectedCount: number;
}

export interface DecoderOptions {
  readonly ledger: Ledger;
  readonly maxOperationsPerService: number;
  /** Counts what JSON bodies are forgiven. */
  readonly tolerances?: ToleranceCounts;
}

const NO_METRICS: readonly MetricPoint[] = [];

/**
 * Turns OTLP bodies into batches. All batches of one decoder share one string table, and the same bodies in the same order
 * give the same numbers whether they come as protobuf or as JSON.
 */
export class OtlpDecoder {
  /** What its batches' numbers stand for: all that it remembers from body to body, caches aside. */
  readonly names: NameRegistry;
  readonly #ledger: Ledger;
  readonly #tolerances: ToleranceCounts;
  readonly #traces: TraceDraft;
  readonly #metrics = new MetricsDraft();
  readonly #assembler: TraceAssembler;
  readonly #reader = new WireReader();
  readonly #noSpans: SpanBatch;

  constructor(options: DecoderOptions) {
    const names = new NameRegistry(options);
    this.names = names;
    this.#ledger = options.ledger;
    this.#tolerances = options.tolerances ?? new ToleranceCounts();
    this.#traces = new TraceDraft(names.strings);
    this.#assembler = new TraceAssembler(names);
    this.#noSpans = emptySpans(names.strings);
  }

  /** @throws {MalformedError} when the body is not what its format says; the decoder is then as it was before. */
  decode(signal: Signal, format: BodyFormat, body: Uint8Array): DecodedBody {
    return signal === "traces" ? this.#decodeTraces(format, body) : this.#decodeMetrics(format, body);
  }

  /**
   * Turns spans of any format into a batch: `read` fills the draft and throws a `MalformedError` when it cannot; the
   * decoder is then as it was before.
   */
  decodeSpans(read: (draft: TraceDraft) => void): DecodedBody {
    this.#traces.begin();
    return this.#assembled(read);
  }

  #decodeTraces(format: BodyFormat, body: Uint8Array): DecodedBody {
    if (format === "json") {
      const parsed = parseJsonBody(body, this.#tolerances);
      return this.decodeSpans((draft) => readTracesJson(parsed, draft, this.#tolerances));
    }
    this.#reader.reset(body);
    this.#traces.begin(this.#reader.bytes, this.#reader.view);
    return this.#assembled((draft) => readTraces(this.#reader, draft));
  }

  #assembled(read: (draft: TraceDraft) => void): DecodedBody {
    const draft = this.#traces;
    read(draft);
    const { spans, rejectedSpans } = this.#assembler.assemble(draft);
    return { batch: { spans, metrics: NO_METRICS }, rejectedCount: rejectedSpans };
  }

  #decodeMetrics(format: BodyFormat, body: Uint8Array): DecodedBody {
    const draft = this.#metrics;
    draft.begin();
    if (format === "json") readMetricsJson(parseJsonBody(body, this.#tolerances), draft, this.#tolerances);
    else {
      this.#reader.reset(body);
      readMetrics(this.#reader, draft);
    }
    const { metrics, rejectedPoints } = draft.finish(this.#ledger);
    return { batch: { spans: this.#noSpans, metrics }, rejectedCount: rejectedPoints };
  }
}
