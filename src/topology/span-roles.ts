import type { NodeKind } from "../contracts/observation.ts";
import { PEER_KIND, SPAN_KIND } from "../contracts/telemetry.ts";
import type { ClockInterval } from "./clock-skew.ts";
import type { TraceSpans } from "./trace-spans.ts";

/** Its parent ran in the same visit, since calls and inner steps have no other, and was lost. */
export function isPiece(spans: TraceSpans, top: number): boolean {
  const kind = spans.kind[top];
  return spans.hasParentId[top]! && spans.parent[top]! < 0 && kind !== SPAN_KIND.server && kind !== SPAN_KIND.consumer;
}

/** By the clock of who made the span. */
export function intervalOf(spans: TraceSpans, i: number): ClockInterval {
  return { startSeconds: spans.start[i]!, endSeconds: spans.end[i]! };
}

/** What a call that nobody was seen to answer went to. */
export function leafKind(peerKind: number, spanKind: number): NodeKind {
  if (peerKind === PEER_KIND.database) {
    return "database";
  }
  if (peerKind === PEER_KIND.cache) {
    return "cache";
  }
  return peerKind === PEER_KIND.messaging || spanKind === SPAN_KIND.producer ? "queue" : "external";
}
