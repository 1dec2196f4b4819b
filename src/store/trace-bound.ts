import type { TraceView } from "../contracts/api.ts";

/** What one kept trace may take. A trace is evidence to look at: its beginning says more than its bulk. */
export interface TraceBound {
  readonly maxSpans: number;
  readonly maxBytes: number;
}

export const DEFAULT_TRACE_BOUND: TraceBound = { maxSpans: 2000, maxBytes: 1024 * 1024 };

/**
 * The trace as JSON, cut to the bound: the spans that began first are kept, in the order they came.
 * Halves them until the bytes fit too; `lostSpanCount` says how many went.
 */
export function boundedTraceJson(
  trace: TraceView,
  bound: TraceBound,
): { readonly json: string; readonly lostSpanCount: number } {
  let spanCount = Math.min(trace.spans.length, bound.maxSpans);
  for (;;) {
    const spans = spanCount === trace.spans.length ? trace.spans : earliest(trace.spans, spanCount);
    const json = JSON.stringify({ traceId: trace.traceId, spans });
    if (Buffer.byteLength(json) <= bound.maxBytes || spanCount === 0) {
      return { json, lostSpanCount: trace.spans.length - spanCount };
    }
    spanCount = Math.floor(spanCount / 2);
  }
}

function earliest(spans: TraceView["spans"], count: number): TraceView["spans"] {
  const rank = spans.map((_, index) => index);
  rank.sort((a, b) => (spans[a]?.startSeconds ?? 0) - (spans[b]?.startSeconds ?? 0) || a - b);
  const kept = new Set(rank.slice(0, count));
  return spans.filter((_, index) => kept.has(index));
}
