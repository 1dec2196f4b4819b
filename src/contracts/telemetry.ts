/** OTLP span kinds by their wire number; `unspecified` is resolved from the trace's structure. */
export const SPAN_KIND = {
  unspecified: 0,
  internal: 1,
  server: 2,
  client: 3,
  producer: 4,
  consumer: 5,
} as const;

/** What an unpaired CLIENT or PRODUCER span talks to. */
export const PEER_KIND = { none: 0, database: 1, cache: 2, messaging: 3, external: 4 } as const;

/** Strings by number; number 0 is always the empty string. Numbers are never reused. */
export interface StringLookup {
  readonly size: number;
  text(id: number): string;
}

/**
 * Spans as columns, in the order they were received. Row i of every column belongs to span i.
 *
 * Ids are words of 32 bits, most significant first: `traceId` has 4 words a span, `spanId` and
 * `parentSpanId` 2 (0,0 = no parent). All `…Id`/name columns below them hold numbers of `strings`.
 */
export interface SpanBatch {
  readonly spanCount: number;
  readonly strings: StringLookup;
  readonly traceId: Uint32Array;
  readonly spanId: Uint32Array;
  readonly parentSpanId: Uint32Array;
  /** `SPAN_KIND`. */
  readonly kind: Uint8Array;
  /** 1 when the span's status is ERROR. */
  readonly isError: Uint8Array;
  /** Start in unix seconds; a double holds today's time to 0.24 µs. */
  readonly startSeconds: Float64Array;
  /** End − start, subtracted exactly in nanoseconds before it became a double; may be negative (a broken clock). */
  readonly durationSeconds: Float64Array;
  /** `service.name`, with `service.namespace/` in front when there is one. */
  readonly service: Uint32Array;
  /** `service.instance.id` | `k8s.pod.name` | `host.name`:`process.pid`; the service name when none is known. */
  readonly instance: Uint32Array;
  /** `service.version`, with `+` and the pod's template (hash or replica set) where that is known; or 0. */
  readonly version: Uint32Array;
  /** The operation's name by semantic conventions, ids stripped: `GET /cart/{id}`, `SELECT products`, `process orders`. */
  readonly operation: Uint32Array;
  /** `PEER_KIND` of what a CLIENT or PRODUCER span says it talks to. */
  readonly peerKind: Uint8Array;
  /** Name of that peer: database namespace, cache, destination or `server.address:port`; 0 when it does not say. */
  readonly peer: Uint32Array;
  /** `http.request.resend_count` or the like: how often this request had been tried before. */
  readonly resendCount: Uint8Array;
  /** Probability with which the span was kept when traces are sampled, in (0, 1]; 0 when it does not say. */
  readonly samplingProbability: Float64Array;
  /** Links of span i are rows `linkStart[i]` … `linkStart[i + 1] − 1` of the link columns (length spanCount + 1). */
  readonly linkStart: Uint32Array;
  readonly linkTraceId: Uint32Array;
  readonly linkSpanId: Uint32Array;
}

/** One number of one resource at one time, from the metrics signal. */
export interface MetricPoint {
  /** Metric name by semantic conventions, e.g. `process.cpu.utilization`, `db.client.connection.count`. */
  readonly name: string;
  readonly unit: string;
  readonly service: string;
  readonly instance: string;
  /** Attributes of the point as `key=value`, sorted, joined by `,`; empty when there are none. */
  readonly attributes: string;
  readonly timeSeconds: number;
  /** Gauge or sum value; for a histogram its sum. */
  readonly value: number;
  /** Number of recorded values (histograms); 1 otherwise. */
  readonly count: number;
  /** True when the value accumulates since the start of the process. */
  readonly cumulative: boolean;
}

export interface TelemetryBatch {
  readonly spans: SpanBatch;
  readonly metrics: readonly MetricPoint[];
}

/** Why spans were not (fully) used. Counted per service; never silent. */
export type LossReason =
  | "malformed"
  | "late"
  | "orphan"
  | "duplicate"
  | "skewed"
  | "negative-duration"
  | "missing-callee"
  | "name-overflow"
  | "trace-overflow"
  | "window-overflow";

/** Counts what came and what was lost, per service. Implemented by `src/telemetry/ledger.ts`. */
export interface Ledger {
  received(service: string, spanCount: number): void;
  lost(service: string, reason: LossReason, spanCount: number): void;
  /** One row a service, sorted by name. */
  rows(): readonly LedgerRow[];
}

export interface LedgerRow {
  readonly service: string;
  readonly received: number;
  readonly lost: Readonly<Partial<Record<LossReason, number>>>;
}

/** Where telemetry comes from. Batches come one at a time: the next is asked for when the last was taken in. */
export interface TelemetrySource {
  readonly name: string;
  /** Calls `take` for each batch, in order, until the source ends or `signal` aborts. Event time is in the data. */
  read(take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal): Promise<void>;
}
