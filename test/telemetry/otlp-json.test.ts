import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { contentOf, hexOfWords, newDecoder } from "./batch-views.ts";
import { encode } from "./otlp-oracle.ts";
import { randomMetrics, randomTraces } from "./random-telemetry.ts";

describe("the JSON reader", () => {
  test("gives the same batch as the protobuf reader: columns, string numbers and metrics", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(randomTraces, randomMetrics), { maxLength: 3 }), (pairs) => {
        const fromProtobuf = newDecoder();
        const fromJson = newDecoder();
        for (const [traces, metrics] of pairs) {
          const bodies = [
            ["traces", encode("TracesData", traces)],
            ["metrics", encode("MetricsData", metrics)],
          ] as const;
          for (const [signal, body] of bodies) {
            const expected = fromProtobuf.decode(signal, "protobuf", body);
            const found = fromJson.decode(signal, "json", Buffer.from(toJson(signal, body)));
            expect(contentOf(found.batch)).toEqual(contentOf(expected.batch));
            expect(found.rejectedCount).toBe(expected.rejectedCount);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  test("tolerates what other encoders write: upper-case and base64 ids, named enums, bare numbers", () => {
    const span = {
      traceId: "0AF7651916CD43DD8448EB211C80319C",
      spanId: Buffer.from("b7ad6b7169203331", "hex").toString("base64"),
      name: "work",
      kind: "SPAN_KIND_SERVER",
      status: { code: "STATUS_CODE_ERROR" },
      links: null,
      somethingNew: { deep: [1] },
    };
    const times = '"startTimeUnixNano":1661140374351773094,"endTimeUnixNano":1661140374351773095';
    const body = `{"resourceSpans":[{"scopeSpans":[{"spans":[{${times},${JSON.stringify(span).slice(1)}]}]}]}`;
    const { spans } = newDecoder().decode("traces", "json", Buffer.from(body)).batch;
    expect(hexOfWords(spans.traceId, 0, 4)).toBe("0af7651916cd43dd8448eb211c80319c");
    expect(hexOfWords(spans.spanId, 0, 2)).toBe("b7ad6b7169203331");
    expect([spans.kind[0], spans.isError[0], spans.durationSeconds[0]]).toEqual([2, 1, 1e-9]);
    expect(spans.strings.text(spans.service[0]!)).toBe("unknown_service");
  });

  test.each([
    "",
    "nonsense",
    "[]",
    "null",
    '{"resourceSpans":{}}',
    '{"resourceSpans":[7]}',
    '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5}]}]}]}',
  ])("refuses %j", (text) => {
    expect(() => newDecoder().decode("traces", "json", Buffer.from(text))).toThrow(MalformedError);
  });

  test("refuses a span whose id is short of a digit, alone", () => {
    const good = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331" };
    const spans = [good, { ...good, spanId: "b7ad6b716920333" }, { ...good, traceId: "0".repeat(32) }];
    const body = Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    const { batch, rejectedCount } = newDecoder().decode("traces", "json", body);
    expect([batch.spans.spanCount, rejectedCount]).toEqual([1, 2]);
  });
});

test("converting to JSON refuses values nested deeper than 32 messages", () => {
  let value: object = { stringValue: "x" };
  for (let depth = 0; depth < 40; depth += 1) value = { arrayValue: { values: [value] } };
  const body = encode("TracesData", { resourceSpans: [{ resource: { attributes: [{ key: "k", value }] } }] });
  expect(() => toJson("traces", body)).toThrow(/deeper than 32/);
  expect(newDecoder().decode("traces", "protobuf", body).batch.spans.spanCount).toBe(0);
});
