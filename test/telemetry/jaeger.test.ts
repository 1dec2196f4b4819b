import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { hexOfWords } from "./batch-views.ts";
import { encodeJaegerSpan } from "./jaeger-oracle.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const OTHER_TRACE = "11111111111111111111111111111111";

const decode = (body: unknown, ledger = new CountingLedger()) =>
  new BodyDecoder({ ledger, maxOperationsPerService: 100 }).decode(
    "jaeger_json",
    "traces",
    Buffer.from(JSON.stringify(body)),
  );

const span = (more: object = {}) => ({
  traceID: TRACE,
  spanID: "b7ad6b7169203331",
  operationName: "work",
  startTime: 1_700_000_000_000_000,
  duration: 250,
  processID: "p1",
  ...more,
});
const processes = { p1: { serviceName: "cart", tags: [{ key: "hostname", type: "string", value: "node-1" }] } };
const decodeSpan = (more: object) => decode({ data: [{ spans: [span(more)], processes }] }).batch.spans;

describe("Jaeger JSON", () => {
  test("comes as a document, a trace, an array of traces or a span with its process", () => {
    const trace = { traceID: TRACE, spans: [span()], processes };
    const single = { ...span(), process: processes.p1 };
    for (const body of [{ data: [trace] }, { data: trace }, trace, [trace], single, [single]]) {
      const { spans } = decode(body).batch;
      expect(spans.strings.text(spans.service[0]!)).toBe("cart");
      expect(spans.strings.text(spans.instance[0]!)).toBe("node-1");
      expect([spans.spanCount, spans.startSeconds[0], spans.durationSeconds[0]]).toEqual([1, 1.7e9, 0.00025]);
    }
    expect(decode({ data: null, errors: ["none found"] }).batch.spans.spanCount).toBe(0);
  });

  test("has ids without their leading zeros, and trace ids of 64 bits", () => {
    const spans = decodeSpan({ traceID: "beef", spanID: "7" });
    expect(hexOfWords(spans.traceId, 0, 4)).toBe("beef".padStart(32, "0"));
    expect(hexOfWords(spans.spanId, 0, 2)).toBe("7".padStart(16, "0"));
  });

  test.each([
    ["", "b7ad6b7169203331"],
    ["0", "b7ad6b7169203331"],
    [`0${TRACE}`, "b7ad6b7169203331"],
    ["xyz", "b7ad6b7169203331"],
    [TRACE, "AAAA"],
    [TRACE, "AAA="],
  ])("has no span of trace id %j and span id %j", (traceID, spanID) => {
    const body = { data: [{ spans: [span(), span({ traceID, spanID: spanID === "AAAA" ? "" : spanID })], processes }] };
    const ledger = new CountingLedger();
    expect([decode(body, ledger).rejectedCount, decode(body).batch.spans.spanCount]).toEqual([1, 1]);
    expect(ledger.rows()).toEqual([{ service: "cart", received: 2, lost: { malformed: 1 } }]);
  });

  test("says who the parent is with a CHILD_OF reference into its own trace; others are links", () => {
    const spans = decodeSpan({
      references: [
        { refType: "FOLLOWS_FROM", traceID: TRACE, spanID: "1" },
        { refType: "CHILD_OF", traceID: OTHER_TRACE, spanID: "2" },
        { refType: "CHILD_OF", traceID: TRACE, spanID: "3" },
        { refType: "CHILD_OF", traceID: TRACE, spanID: "4" },
      ],
    });
    expect(hexOfWords(spans.parentSpanId, 0, 2)).toBe("3".padStart(16, "0"));
    expect([...spans.linkSpanId]).toEqual([0, 1, 0, 2, 0, 4]);
    expect(hexOfWords(spans.linkTraceId, 1, 4)).toBe(OTHER_TRACE);
  });

  test("has the first span that it follows from as parent and as link, where it is the child of none", () => {
    const spans = decodeSpan({ references: [{ refType: "FOLLOWS_FROM", traceID: TRACE, spanID: "5" }] });
    expect(hexOfWords(spans.parentSpanId, 0, 2)).toBe("5".padStart(16, "0"));
    expect([...spans.linkSpanId]).toEqual([0, 5]);
  });

  test("has a span of another trace never as parent", () => {
    const spans = decodeSpan({ references: [{ refType: "CHILD_OF", traceID: OTHER_TRACE, spanID: "5" }] });
    expect([...spans.parentSpanId]).toEqual([0, 0]);
    expect([...spans.linkSpanId]).toEqual([0, 5]);
  });

  test("may name the parent in a field, as old clients do", () => {
    expect([...decodeSpan({ parentSpanID: "6" }).parentSpanId]).toEqual([0, 6]);
    const references = [{ refType: "CHILD_OF", traceID: TRACE, spanID: "7" }];
    expect([...decodeSpan({ parentSpanID: "6", references }).parentSpanId]).toEqual([0, 7]);
  });

  test.each([
    [[["error", true]], 1],
    [[["error", "true"]], 1],
    [[["error", false]], 0],
    [
      [
        ["error", false],
        ["http.status_code", 503],
      ],
      0,
    ],
    [[["otel.status_code", "ERROR"]], 1],
    [
      [
        ["otel.status_code", "OK"],
        ["http.status_code", 500],
      ],
      0,
    ],
    [[["http.status_code", 500]], 1],
    [[["http.response.status_code", "502"]], 1],
    [[["http.status_code", 404]], 0],
    [
      [
        ["http.status_code", 404],
        ["span.kind", "client"],
      ],
      1,
    ],
    [[], 0],
  ])("with the tags %j has failed: %i", (pairs, expected) => {
    const tags = pairs.map(([key, value]) => ({
      key,
      type: typeof value === "boolean" ? "bool" : typeof value,
      value,
    }));
    expect(decodeSpan({ tags }).isError[0]).toBe(expected);
  });

  test("names what it calls by OpenTracing's tags", () => {
    const tags = [
      { key: "span.kind", type: "string", value: "client" },
      { key: "db.type", type: "string", value: "redis" },
      { key: "db.instance", type: "string", value: "sessions" },
      { key: "db.statement", type: "string", value: "get 12345" },
    ];
    const spans = decodeSpan({ tags });
    expect(spans.strings.text(spans.peer[0]!)).toBe("redis/sessions");
    expect(spans.strings.text(spans.operation[0]!)).toBe("GET");
  });

  test("of a process that is not there is of an unknown service", () => {
    const { spans } = decode({ data: [{ spans: [span({ processID: "p9" })], processes }] }).batch;
    expect(spans.strings.text(spans.service[0]!)).toBe("unknown_service");
  });

  test.each([
    7,
    [7],
    { data: 7 },
    { data: [{ spans: 7 }] },
    { data: [{ spans: [7] }] },
    { data: [{ spans: [{ startTime: "yesterday" }] }] },
    { data: [{ spans: [{ startTime: 1, duration: "long" }] }] },
    { data: [{ spans: [], processes: [] }] },
    { data: [{ spans: [{ tags: {} }] }] },
  ])("is not %j", (body) => {
    expect(() => decode(body)).toThrow(MalformedError);
  });
});

describe("Jaeger protobuf", () => {
  const good = {
    traceId: Buffer.from(TRACE, "hex"),
    spanId: Buffer.from("b7ad6b7169203331", "hex"),
    operationName: "work",
    startTime: { seconds: "1700000000", nanos: 1 },
    duration: { nanos: 250_000 },
    process: { serviceName: "cart" },
  };
  const decodeProto = (value: object) =>
    new BodyDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 100 }).decode(
      "jaeger_proto",
      "traces",
      encodeJaegerSpan(value),
    );

  test("reads tags of every type, and passes over bytes and types it does not know", () => {
    const tags = [
      { key: "span.kind", vStr: "client" },
      { key: "http.request.method", vType: 4, vBinary: Buffer.from("GET") },
      { key: "http.method", vStr: "POST" },
      { key: "server.address", vType: 9, vStr: "lost" },
      { key: "peer.hostname", vStr: "shop" },
      { key: "server.port", vType: 2, vInt64: "8080" },
      { key: "http.resend_count", vType: 3, vFloat64: 3 },
      { key: "error", vType: 1, vBool: true },
    ];
    const { spans } = decodeProto({ ...good, tags }).batch;
    expect(spans.strings.text(spans.operation[0]!)).toBe("POST shop:8080");
    expect([spans.resendCount[0], spans.isError[0], spans.durationSeconds[0]]).toEqual([3, 1, 0.00025]);
  });

  test.each([
    ["a trace id of 5 bytes", { traceId: Buffer.alloc(5, 1) }],
    ["a span id of zeros", { spanId: Buffer.alloc(8) }],
    ["no start", { startTime: undefined }],
    ["a start before 1970", { startTime: { seconds: "-5" } }],
  ])("refuses a span with %s", (_, more) => {
    const { batch, rejectedCount } = decodeProto({ ...good, ...more });
    expect([batch.spans.spanCount, rejectedCount]).toEqual([0, 1]);
  });

  test("keeps a negative length, which the ledger counts later", () => {
    const { spans } = decodeProto({ ...good, duration: { seconds: "-1", nanos: -500_000_000 } }).batch;
    expect(spans.durationSeconds[0]).toBe(-1.5);
  });

  test("refuses a body that breaks off inside a field", () => {
    const body = encodeJaegerSpan(good);
    const decoder = new BodyDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 100 });
    expect(() => decoder.decode("jaeger_proto", "traces", body.subarray(0, body.length - 1))).toThrow(MalformedError);
  });
});
