import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { TraceSpanView } from "../../src/contracts/api.ts";
import { markup } from "../../ui/dom/markup.ts";
import { waterfallBar, waterfallRows, waterfallScale } from "../../ui/marks/waterfall.ts";
import { traceOf } from "../browser/fixtures/answers.ts";

describe("the waterfall", () => {
  const { spans } = traceOf("a".repeat(32));

  test("shows children under their parent by start, and says whose parent was not received", () => {
    const rows = waterfallRows([...spans].reverse());
    expect(rows.map((row) => `${row.depth} ${row.span.spanId}`)).toEqual([
      "0 a1",
      "1 a2",
      "2 b1",
      "3 b2",
      "4 c1",
      "5 c2",
      "5 c3",
      "3 b3",
      "4 d1",
      "5 d2",
      "3 b4",
      "0 e1",
    ]);
    expect(rows.filter((row) => row.isOrphan).map((row) => row.span.spanId)).toEqual(["e1"]);
  });

  test("loses no span, even when parents go in a circle", () => {
    const ids = fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(ids, fc.array(fc.integer({ min: 0, max: 30 }), { minLength: 20, maxLength: 20 }), (own, parents) => {
        const some: readonly TraceSpanView[] = own.map((id, index) => ({
          ...spans[0]!,
          spanId: `s${id}`,
          parentSpanId: `s${parents[index]}`,
        }));
        expect(
          waterfallRows(some)
            .map((row) => row.span.spanId)
            .sort(),
        ).toEqual(some.map((span) => span.spanId).sort());
      }),
    );
  });

  test("a bar starts and ends where its span does", () => {
    const scale = waterfallScale(spans);
    expect(scale.durationSeconds).toBeCloseTo(0.715, 6);
    expect(markup(waterfallBar(spans[1]!, { tone: 0 }, scale))).toContain('x="5.6" y="3" width="878.3"');
    expect(waterfallScale([]).durationSeconds).toBe(0);
  });
});
