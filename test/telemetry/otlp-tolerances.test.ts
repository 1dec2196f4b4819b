import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder, type Signal } from "../../src/telemetry/otlp/decoder.ts";
import { ToleranceCounts } from "../../src/telemetry/otlp/tolerances.ts";
import { contentOf } from "./batch-views.ts";
import { runningReceiver } from "./running-receiver.ts";

const TRACE_ID = "0af7651916cd43dd8448eb211c80319c";
const SPAN_ID = "b7ad6b7169203331";
const base64 = (hex: string) => Buffer.from(hex, "hex").toString("base64");

function read(body: unknown, signal: Signal = "traces") {
  const tolerances = new ToleranceCounts();
  const decoder = new OtlpDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 100, tolerances });
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const { batch, rejectedCount } = decoder.decode(signal, "json", Buffer.from(text));
  return { content: contentOf(batch), rejectedCount, tolerated: tolerances.counts() };
}

const none = { "base64-id": 0, "snake-case-name": 0, "enum-name": 0 };
const asOtlpWantsIt = {
  resourceSpans: [
    {
      resource: { attributes: [{ key: "service.name", value: { stringValue: 'cart "trace_id": 12345678901234567' } }] },
      scopeSpans: [
        {
          spans: [
            {
              traceId: TRACE_ID,
              spanId: SPAN_ID,
              parentSpanId: "",
              name: "GET",
              kind: 3,
              startTimeUnixNano: "1700000000123456789",
              endTimeUnixNano: "1700000000223456789",
              attributes: [{ key: "http.request.resend_count", value: { intValue: "2" } }],
              links: [{ traceId: TRACE_ID, spanId: SPAN_ID }],
              status: { code: 2 },
            },
          ],
        },
      ],
    },
  ],
};

describe("JSON as OTLP wants it", () => {
  test("is read without a word, whatever its strings hold", () => {
    const { content, tolerated } = read(asOtlpWantsIt);
    expect(tolerated).toEqual(none);
    expect(content.texts).toContain('cart "trace_id": 12345678901234567');
    expect([...content.columns.kind, ...content.columns.isError]).toEqual([3, 1]);
  });

  test("may have ids in capitals, numbers bare, and fields nobody knows", () => {
    const text = JSON.stringify(asOtlpWantsIt)
      .replaceAll(TRACE_ID, TRACE_ID.toUpperCase())
      .replaceAll(/"(1700\d+)"/g, "$1")
      .replace('"kind":3', '"kind":3,"newField":{"deep":[1]}');
    expect(read(text)).toEqual(read(asOtlpWantsIt));
  });

  test("keeps every digit of long numbers written bare", () => {
    const gauge = (asInt: string) =>
      `{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"n","gauge":{"dataPoints":[{"timeUnixNano":1700000000123456789,"asInt":${asInt}}]}}]}]}]}`;
    const named = (intValue: string) =>
      gauge("1").replace('"asInt"', `"attributes":[{"key":"id","value":{"intValue":${intValue}}}],"asInt"`);
    expect(read(gauge("-9007199254740993"), "metrics")).toEqual(read(gauge('"-9007199254740993"'), "metrics"));
    expect(read(named("9007199254740993"), "metrics").content.metrics[0]!.attributes).toBe("id=9007199254740993");
  });
});

describe("JSON as other encoders of protobuf write it is read the same, and counted", () => {
  const text = JSON.stringify(asOtlpWantsIt);
  const snake = text.replaceAll(/"([a-z]+(?:[A-Z][a-z]+)+)":/g, (_match, name: string) => {
    return `"${name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}":`;
  });

  test.each([
    {
      as: "ids in base64",
      body: text.replaceAll(TRACE_ID, base64(TRACE_ID)).replaceAll(SPAN_ID, base64(SPAN_ID)),
      tolerated: { ...none, "base64-id": 4 },
    },
    { as: "names in snake_case", body: snake, tolerated: { ...none, "snake-case-name": 11 } },
    {
      as: "enums by name",
      body: text.replace('"kind":3', '"kind":"SPAN_KIND_CLIENT"').replace('"code":2', '"code":"STATUS_CODE_ERROR"'),
      tolerated: { ...none, "enum-name": 2 },
    },
  ])("$as", ({ body, tolerated }) => {
    const { content, ...rest } = read(body);
    expect(content).toEqual(read(asOtlpWantsIt).content);
    expect(rest).toEqual({ rejectedCount: 0, tolerated });
  });

  test("of metrics too", () => {
    const point = '{"time_unix_nano":"1700000000000000000","as_double":1,"flags":0}';
    const sum = `"sum":{"aggregation_temporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","is_monotonic":true,"data_points":[${point}]}`;
    const body = `{"resource_metrics":[{"scope_metrics":[{"metrics":[{"name":"n",${sum}}]}]}]}`;
    const { content, tolerated } = read(body, "metrics");
    expect(content.metrics[0]).toMatchObject({ name: "n", value: 1, cumulative: true });
    expect(tolerated).toEqual({ ...none, "snake-case-name": 7, "enum-name": 1 });
  });

  test("which the receiver shows", async () => {
    const { httpPort, receiver } = await runningReceiver();
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/traces`, { method: "POST", headers, body: snake });
    expect([answer.status, receiver.counts().tolerated["snake-case-name"]]).toEqual([200, 11]);
  });
});

describe("nothing else is forgiven", () => {
  const text = JSON.stringify(asOtlpWantsIt);
  test.each([
    ["an enum by a name that is none", text.replace('"kind":3', '"kind":"SPAN_KIND_CLIENTS"')],
    ["an enum by a prototype's name", text.replace('"kind":3', '"kind":"toString"')],
    ["an enum as a text of digits", text.replace('"kind":3', '"kind":"3"')],
    ["an enum that is a fraction", text.replace('"kind":3', '"kind":2.5')],
    ["a time before the epoch", text.replace("1700000000123456789", "-1")],
    ["a time beyond 64 bits", text.replace("1700000000123456789", "99999999999999999999")],
    ["a list that is an object", text.replace('"links":[', '"links":{"a":[').replace('],"status"', ']},"status"')],
  ])("%s makes the body malformed", (_what, body) => {
    expect(() => read(body)).toThrow(MalformedError);
  });

  test.each([
    ["short of a digit", TRACE_ID.slice(1)],
    ["with a letter that is none", TRACE_ID.replace("a", "g")],
    ["in base64 of another length", base64(`${TRACE_ID}00`)],
    ["of zeros", "0".repeat(32)],
  ])("an id %s costs its span, and is counted as refused", (_what, traceId) => {
    const { content, rejectedCount } = read(text.replace(TRACE_ID, traceId));
    expect([content.columns.spanCount, rejectedCount]).toEqual([0, 1]);
  });
});
