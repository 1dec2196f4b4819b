import { PEER_KIND, SPAN_KIND, type SpanBatch, type TelemetryBatch } from "../../src/contracts/telemetry.ts";
import type { Application } from "./application.ts";
import { createDisturb, type Disturb, type Disturbances } from "./disturbances.ts";
import type { SyntheticSpan } from "./span.ts";

/** Unix time of second 0 of every run: a multiple of every usual window length. */
export const EPOCH_SECONDS = 1_760_400_000;

const SPANS_PER_BATCH = 4096;

/** Turns spans into the columns in which the product takes them in. Spans of one writer share their strings. */
export class SpanBatches {
  readonly #application: Application;
  readonly #take: (batch: TelemetryBatch) => void;
  readonly #disturb: Disturb;
  readonly #names = new Names();
  readonly #seed: number;
  /** As spans say it: 0 stands for nothing said. */
  readonly #samplingProbability: number;
  #columns = new Columns();

  /** @param options.take called with every full batch */
  constructor(
    application: Application,
    options: {
      readonly seed: number;
      readonly take: (batch: TelemetryBatch) => void;
      readonly disturbances: Disturbances;
    },
  ) {
    this.#application = application;
    this.#take = options.take;
    this.#seed = options.seed;
    this.#samplingProbability = options.disturbances.samplingProbability ?? 0;
    this.#disturb = createDisturb(application, options.disturbances, options.seed);
  }

  /** Takes a span that ended. */
  readonly add = (span: SyntheticSpan): void => {
    const times = this.#disturb(span);
    if (times === null) return;
    const columns = this.#columns;
    const row = columns.count++;
    columns.traceId.set([this.#seed, Math.imul(span.trace, 0x9e3779b1), 0, span.trace], 4 * row);
    columns.spanId.set([this.#seed, span.id], 2 * row);
    columns.parentSpanId.set([span.parent === 0 ? 0 : this.#seed, span.parent], 2 * row);
    columns.kind[row] = span.kind;
    columns.isError[row] = span.isError ? 1 : 0;
    columns.startSeconds[row] = EPOCH_SECONDS + times.startSeconds;
    columns.durationSeconds[row] = times.endSeconds - times.startSeconds;
    this.#name(span, row);
    if (columns.count === SPANS_PER_BATCH) this.flush();
  };

  /** Hands over what was not handed over yet. */
  flush(): void {
    if (this.#columns.count === 0) return;
    this.#take({ spans: this.#columns.batch(this.#names, this.#samplingProbability), metrics: [] });
    this.#columns = new Columns();
  }

  #name(span: SyntheticSpan, row: number): void {
    const { services, operations } = this.#application;
    const columns = this.#columns;
    const { name } = services[span.service]!;
    columns.service[row] = this.#names.idOf(name);
    columns.instance[row] = this.#names.idOf(`${name}-${span.replica}`);
    columns.operation[row] = this.#names.idOf(operations[span.operation]!.name);
    if (span.kind === SPAN_KIND.client) {
      const peer = services[operations[span.operation]!.service]!;
      columns.peer[row] = this.#names.idOf(peer.name);
      columns.peerKind[row] = peer.isLeaf ? PEER_KIND.database : PEER_KIND.external;
    }
  }
}

class Names {
  readonly #texts: string[] = [""];
  readonly #ids = new Map<string, number>([["", 0]]);

  get size(): number {
    return this.#texts.length;
  }

  text(id: number): string {
    return this.#texts[id] ?? "";
  }

  idOf(text: string): number {
    let id = this.#ids.get(text);
    if (id === undefined) {
      id = this.#texts.push(text) - 1;
      this.#ids.set(text, id);
    }
    return id;
  }
}

class Columns {
  count = 0;
  readonly traceId = new Uint32Array(4 * SPANS_PER_BATCH);
  readonly spanId = new Uint32Array(2 * SPANS_PER_BATCH);
  readonly parentSpanId = new Uint32Array(2 * SPANS_PER_BATCH);
  readonly kind = new Uint8Array(SPANS_PER_BATCH);
  readonly isError = new Uint8Array(SPANS_PER_BATCH);
  readonly startSeconds = new Float64Array(SPANS_PER_BATCH);
  readonly durationSeconds = new Float64Array(SPANS_PER_BATCH);
  readonly service = new Uint32Array(SPANS_PER_BATCH);
  readonly instance = new Uint32Array(SPANS_PER_BATCH);
  readonly operation = new Uint32Array(SPANS_PER_BATCH);
  readonly peerKind = new Uint8Array(SPANS_PER_BATCH);
  readonly peer = new Uint32Array(SPANS_PER_BATCH);

  batch(strings: Names, samplingProbability: number): SpanBatch {
    const { count } = this;
    return {
      spanCount: count,
      strings,
      traceId: this.traceId.subarray(0, 4 * count),
      spanId: this.spanId.subarray(0, 2 * count),
      parentSpanId: this.parentSpanId.subarray(0, 2 * count),
      kind: this.kind.subarray(0, count),
      isError: this.isError.subarray(0, count),
      startSeconds: this.startSeconds.subarray(0, count),
      durationSeconds: this.durationSeconds.subarray(0, count),
      service: this.service.subarray(0, count),
      instance: this.instance.subarray(0, count),
      version: new Uint32Array(count),
      operation: this.operation.subarray(0, count),
      peerKind: this.peerKind.subarray(0, count),
      peer: this.peer.subarray(0, count),
      resendCount: new Uint8Array(count),
      samplingProbability: new Float64Array(count).fill(samplingProbability),
      linkStart: new Uint32Array(count + 1),
      linkTraceId: new Uint32Array(0),
      linkSpanId: new Uint32Array(0),
    };
  }
}
