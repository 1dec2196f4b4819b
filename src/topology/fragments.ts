import { type Ledger, SPAN_KIND } from "../contracts/telemetry.ts";
import type { TraceSpans } from "./trace-spans.ts";

/** A child that starts this much before its parent shows that their clocks differ; SDKs that cut starts to whole
 * milliseconds stay below. */
const SKEW_SECONDS_MIN = 0.002;

/** Part of a trace that hangs together without an asynchronous leg: one exogenous or message-driven visit and all below. */
export interface Fragment {
  /** Span index of its first visit. */
  readonly top: number;
  /** Span indices. */
  readonly spans: number[];
  endSeconds: number;
}

/** The fragments of a loaded trace: the sync parts that hang together. */
export function fragmentsOf(spans: TraceSpans): Fragment[] {
  const byTop = new Map<number, Fragment>();
  for (let i = 0; i < spans.count; i++) {
    let top = i;
    for (let depth = 0; depth < spans.count; depth++) {
      const parent = spans.parent[top]!;
      if (parent < 0 || spans.kind[top] === SPAN_KIND.consumer) {
        break;
      }
      top = parent;
    }
    let fragment = byTop.get(top);
    if (fragment === undefined) {
      fragment = { top, spans: [], endSeconds: 0 };
      byTop.set(top, fragment);
    }
    fragment.spans.push(i);
    fragment.endSeconds = Math.max(fragment.endSeconds, spans.end[i]!);
  }
  return [...byTop.values()];
}

/** Counts what is odd about a fragment's spans: lost parents, clocks that disagree, negative durations. */
export function countLosses(spans: TraceSpans, fragment: Fragment, ledger: Ledger): void {
  const top = fragment.top;
  const isConsumer = spans.kind[top] === SPAN_KIND.consumer;
  if (spans.hasParentId[top]! && spans.parent[top]! < 0 && !isConsumer) {
    ledger.lost(spans.service(top), "orphan", 1);
  }
  for (const i of fragment.spans) {
    const parent = spans.parent[i]!;
    if (
      parent >= 0 &&
      spans.kind[i] !== SPAN_KIND.consumer &&
      spans.start[i]! < spans.start[parent]! - SKEW_SECONDS_MIN
    ) {
      ledger.lost(spans.service(i), "skewed", 1);
    }
    if (spans.batch[i]!.durationSeconds[spans.row[i]!]! < 0) {
      ledger.lost(spans.service(i), "negative-duration", 1);
    }
  }
}
