import type { TraceSpanView } from "../../src/contracts/api.ts";
import { type Elem, h } from "../dom/element.ts";

/** A span in the order a waterfall shows it: children under their parent, by start. */
export interface WaterfallRow {
  readonly span: TraceSpanView;
  readonly depth: number;
  /** The parent is named but was never received. */
  readonly isOrphan: boolean;
}

/** Rows of a waterfall. A span whose parents go in a circle is shown as a root rather than lost. */
export function waterfallRows(spans: readonly TraceSpanView[]): readonly WaterfallRow[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const children = new Map<string | null, TraceSpanView[]>();
  for (const span of spans) {
    const parent = span.parentSpanId !== null && byId.has(span.parentSpanId) ? span.parentSpanId : null;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [span]);
    else siblings.push(span);
  }
  for (const siblings of children.values())
    siblings.sort((a, b) => a.startSeconds - b.startSeconds || (a.spanId < b.spanId ? -1 : 1));
  const rows: WaterfallRow[] = [];
  const shown = new Set<string>();
  const show = (start: TraceSpanView): void => {
    const pending: { readonly span: TraceSpanView; readonly depth: number }[] = [{ span: start, depth: 0 }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { span, depth } = next;
      if (shown.has(span.spanId)) continue;
      shown.add(span.spanId);
      rows.push({ span, depth, isOrphan: span.parentSpanId !== null && !byId.has(span.parentSpanId) });
      for (const child of [...(children.get(span.spanId) ?? [])].reverse())
        pending.push({ span: child, depth: depth + 1 });
    }
  };
  for (const root of children.get(null) ?? []) show(root);
  for (const span of spans) if (!shown.has(span.spanId)) show(span);
  return rows;
}

export interface WaterfallScale {
  readonly startSeconds: number;
  readonly durationSeconds: number;
}

export function waterfallScale(spans: readonly TraceSpanView[]): WaterfallScale {
  const startSeconds = spans.reduce((first, span) => Math.min(first, span.startSeconds), Number.POSITIVE_INFINITY);
  const endSeconds = spans.reduce(
    (last, span) => Math.max(last, span.startSeconds + span.durationSeconds),
    Number.NEGATIVE_INFINITY,
  );
  return spans.length === 0
    ? { startSeconds: 0, durationSeconds: 0 }
    : { startSeconds, durationSeconds: endSeconds - startSeconds };
}

/** The bar of one span in a box of 1000 × 16, stretched to the width there is. */
export function waterfallBar(span: TraceSpanView, options: { readonly tone: number }, scale: WaterfallScale): Elem {
  const whole = scale.durationSeconds > 0 ? scale.durationSeconds : 1;
  const x = ((span.startSeconds - scale.startSeconds) / whole) * 1000;
  const width = Math.max(2, (Math.max(0, span.durationSeconds) / whole) * 1000);
  return h(
    "svg",
    { class: "waterfall-bar", viewBox: "0 0 1000 16", preserveAspectRatio: "none", "aria-hidden": "true" },
    h("line", { class: "waterfall-rule", x1: 0, x2: 1000, y1: 8, y2: 8 }),
    h("rect", {
      class: `series-tone-${options.tone}${span.isError ? " error" : ""}`,
      x: round(Math.min(998, x)),
      y: 3,
      width: round(width),
      height: 10,
    }),
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;
