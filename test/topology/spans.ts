import type { SpanBatch, TelemetryBatch } from "../../src/contracts/telemetry.ts";

/** A span as a test writes it; times in seconds. */
export interface TestSpan {
  readonly trace: number;
  readonly id: number;
  readonly parent?: number;
  readonly kind?: number;
  readonly service: string;
  readonly instance?: string;
  readonly version?: string;
  readonly operation?: string;
  readonly start: number;
  readonly end: number;
  readonly isError?: boolean;
  readonly peer?: string;
  readonly peerKind?: number;
  readonly link?: number;
  readonly samplingProbability?: number;
}

/** The spans as one batch, in the order given. Batches of one source share their strings. */
export function batchOf(spans: readonly TestSpan[], texts: string[] = [""]): TelemetryBatch {
  const id = (text: string): number => {
    const at = texts.indexOf(text);
    return at >= 0 ? at : texts.push(text) - 1;
  };
  const n = spans.length;
  const pairs = (values: number[]): Uint32Array => Uint32Array.from(values.flatMap((value) => [0, value]));
  const linked = spans.filter((span) => span.link !== undefined);
  const linkStart = new Uint32Array(n + 1);
  spans.forEach((span, i) => {
    linkStart[i + 1] = linkStart[i]! + (span.link === undefined ? 0 : 1);
  });
  const batch: SpanBatch = {
    spanCount: n,
    strings: { size: texts.length, text: (index) => texts[index] ?? "" },
    traceId: Uint32Array.from(spans.flatMap((span) => [0, 0, 7, span.trace])),
    spanId: pairs(spans.map((span) => span.id)),
    parentSpanId: pairs(spans.map((span) => span.parent ?? 0)),
    kind: Uint8Array.from(spans, (span) => span.kind ?? 0),
    isError: Uint8Array.from(spans, (span) => (span.isError === true ? 1 : 0)),
    startSeconds: Float64Array.from(spans, (span) => span.start),
    durationSeconds: Float64Array.from(spans, (span) => span.end - span.start),
    service: Uint32Array.from(spans, (span) => id(span.service)),
    instance: Uint32Array.from(spans, (span) => id(span.instance ?? `${span.service}-1`)),
    version: Uint32Array.from(spans, (span) => id(span.version ?? "")),
    operation: Uint32Array.from(spans, (span) => id(span.operation ?? "work")),
    peerKind: Uint8Array.from(spans, (span) => span.peerKind ?? 0),
    peer: Uint32Array.from(spans, (span) => id(span.peer ?? "")),
    resendCount: new Uint8Array(n),
    samplingProbability: Float64Array.from(spans, (span) => span.samplingProbability ?? 0),
    linkStart,
    linkTraceId: Uint32Array.from(linked.flatMap((span) => [0, 0, 7, span.trace])),
    linkSpanId: pairs(linked.map((span) => span.link!)),
  };
  return { spans: batch, metrics: [] };
}
