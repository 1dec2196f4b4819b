import type { SpanBatch } from "../../contracts/telemetry.ts";

/** A batch of spans that ended within this time is handed on at once. */
const SLICE_SECONDS = 1;

export interface Slice {
  readonly spans: SpanBatch;
  /** End of its first span, unix seconds. */
  readonly endSeconds: number;
}

/**
 * The spans of a document in the order in which they ended, as a sender would have sent them, cut into slices of a second.
 * Documents hold traces one after the other, the latest often first.
 */
export function inOrderOfEnds(spans: SpanBatch): readonly Slice[] {
  const ends = spans.startSeconds.map((start, row) => start + Math.max(0, spans.durationSeconds[row]!));
  const order = Uint32Array.from(ends.keys()).sort((a, b) => ends[a]! - ends[b]! || a - b);
  const slices: Slice[] = [];
  for (let from = 0; from < order.length; ) {
    const endSeconds = ends[order[from]!]!;
    let to = from + 1;
    while (to < order.length && ends[order[to]!]! < endSeconds + SLICE_SECONDS) to += 1;
    slices.push({ spans: rowsOf(spans, order.subarray(from, to)), endSeconds });
    from = to;
  }
  return slices;
}

function rowsOf(spans: SpanBatch, rows: Uint32Array): SpanBatch {
  const linkStart = new Uint32Array(rows.length + 1);
  const links: number[] = [];
  for (const [at, row] of rows.entries()) {
    for (let link = spans.linkStart[row]!; link < spans.linkStart[row + 1]!; link += 1) links.push(link);
    linkStart[at + 1] = links.length;
  }
  const linkRows = Uint32Array.from(links);
  return {
    spanCount: rows.length,
    strings: spans.strings,
    traceId: picked(spans.traceId, rows, 4, new Uint32Array(rows.length * 4)),
    spanId: picked(spans.spanId, rows, 2, new Uint32Array(rows.length * 2)),
    parentSpanId: picked(spans.parentSpanId, rows, 2, new Uint32Array(rows.length * 2)),
    kind: picked(spans.kind, rows, 1, new Uint8Array(rows.length)),
    isError: picked(spans.isError, rows, 1, new Uint8Array(rows.length)),
    startSeconds: picked(spans.startSeconds, rows, 1, new Float64Array(rows.length)),
    durationSeconds: picked(spans.durationSeconds, rows, 1, new Float64Array(rows.length)),
    service: picked(spans.service, rows, 1, new Uint32Array(rows.length)),
    instance: picked(spans.instance, rows, 1, new Uint32Array(rows.length)),
    version: picked(spans.version, rows, 1, new Uint32Array(rows.length)),
    operation: picked(spans.operation, rows, 1, new Uint32Array(rows.length)),
    peerKind: picked(spans.peerKind, rows, 1, new Uint8Array(rows.length)),
    peer: picked(spans.peer, rows, 1, new Uint32Array(rows.length)),
    resendCount: picked(spans.resendCount, rows, 1, new Uint8Array(rows.length)),
    samplingProbability: picked(spans.samplingProbability, rows, 1, new Float64Array(rows.length)),
    linkStart,
    linkTraceId: picked(spans.linkTraceId, linkRows, 4, new Uint32Array(links.length * 4)),
    linkSpanId: picked(spans.linkSpanId, linkRows, 2, new Uint32Array(links.length * 2)),
  };
}

/** Rows of `width` values each, gathered into `into`. */
function picked<T extends Uint8Array | Uint32Array | Float64Array>(
  from: T,
  rows: Uint32Array,
  width: number,
  into: T,
): T {
  for (let at = 0; at < rows.length; at += 1) {
    const row = rows[at]!;
    for (let i = 0; i < width; i += 1) into[at * width + i] = from[row * width + i]!;
  }
  return into;
}
