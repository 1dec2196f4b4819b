// Goal: what a span says of its sampling is read as the OpenTelemetry specification means it, or not believed at all.
// Method: thresholds against exact fractions, texts that only look like one, and both encodings of a body.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { probabilityOfAttribute, probabilityOfTracestate } from "../../src/telemetry/sampling-probability.ts";
import { newDecoder } from "./batch-views.ts";
import { encode } from "./otlp-oracle.ts";
import { wordBytes } from "./random-telemetry.ts";

describe("a rejection threshold", () => {
  test.each([
    ["ot=th:0", 1],
    ["ot=th:8", 0.5],
    ["ot=th:c", 0.25],
    ["ot=th:fd70a4", 1 - 0xfd70a4 / 2 ** 24],
    ["ot=th:ffffffffffffff", 2 ** -56],
    ["congo=t61,ot=rv:abcdefabcdefab;th:e666;p:1,other=1", 1 - 0xe666 / 2 ** 16],
    [" ot=th:8 , a=b", 0.5],
  ])("%s means a probability of %d", (tracestate, probability) => {
    expect(probabilityOfTracestate(tracestate)).toBeCloseTo(probability, 15);
    expect(probabilityOfTracestate(tracestate)).toBeGreaterThan(0);
  });

  test("of any 14 digits is (2⁵⁶ − T) / 2⁵⁶ to the last bit of a double", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: (1n << 56n) - 1n }), (threshold) => {
        const text = `ot=th:${threshold.toString(16).padStart(14, "0")}`;
        const exact = Number((1n << 56n) - threshold) / 2 ** 56;
        expect(Math.abs(probabilityOfTracestate(text) / exact - 1)).toBeLessThan(4 * Number.EPSILON);
      }),
    );
  });

  test.each(["", "a=b", "ot=rv:8", "ot=th:", "ot=th:xyz", "ot=th:C", "ot=th:000000000000000", "not=th:8", "b=ot=th:8"])(
    "%j says nothing",
    (tracestate) => {
      expect(probabilityOfTracestate(tracestate)).toBe(0);
    },
  );

  test("in a tracestate longer than W3C allows is not read", () => {
    expect(probabilityOfTracestate(`ot=th:8,a=${"x".repeat(503)}`)).toBe(0);
    expect(probabilityOfTracestate(`ot=th:8,a=${"x".repeat(502)}`)).toBe(0.5);
  });
});

test.each([
  ["0.1", 0.1],
  ["1", 1],
  ["0", 0],
  ["1.01", 0],
  ["-1", 0],
  ["NaN", 0],
  ["half", 0],
  ["", 0],
])("the attribute text %j is a probability of %d, 0 being none", (text, probability) => {
  expect(probabilityOfAttribute(text)).toBe(probability);
});

describe("a body", () => {
  const probability = (value: number) => ({ key: "sampling.probability", value: { doubleValue: value } });
  const spans = [
    { traceState: "ot=th:c" },
    { attributes: [probability(0.1)] },
    { traceState: "ot=th:8", attributes: [probability(0.1)] },
    { traceState: "a=b" },
  ];

  test("carries each span's probability, the tracestate before the attribute, 0 where neither says", () => {
    const ids = (index: number) => ({ traceId: wordBytes(16, index + 1), spanId: wordBytes(8, index + 1) });
    const body = encode("TracesData", {
      resourceSpans: [{ scopeSpans: [{ spans: spans.map((span, index) => ({ name: "a", ...ids(index), ...span })) }] }],
    });
    const { batch } = newDecoder().decode("traces", "protobuf", body);
    expect([...batch.spans.samplingProbability]).toEqual([0.25, 0.1, 0.5, 0]);
  });

  test("in JSON carries the same, and an operation is not named by its sampling", () => {
    const hex = (digits: number, index: number) => (index + 1).toString(16).padStart(digits, "0");
    const body = JSON.stringify({
      resourceSpans: [
        {
          scopeSpans: [
            {
              spans: spans.map((span, index) => ({
                name: "a",
                traceId: hex(32, index),
                spanId: hex(16, index),
                ...span,
              })),
            },
          ],
        },
      ],
    });
    const { batch } = newDecoder().decode("traces", "json", Buffer.from(body));
    expect([...batch.spans.samplingProbability]).toEqual([0.25, 0.1, 0.5, 0]);
    expect(new Set(batch.spans.operation).size).toBe(1);
  });
});
