import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import type { SpanBatch, TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { plainTraces, randomMetrics, randomTraces, wordBytes } from "./random-telemetry.ts";

// Goal: what comes out of a body is what another protobuf library reads in it; nothing hostile gets past the door.
// Method: random bodies against protobufjs, against our own JSON form, and cut or flipped at random.

const newDecoder = (ledger = new CountingLedger()) => new OtlpDecoder({ ledger, maxOperationsPerService: 100 });

interface OracleSpan {
  readonly traceId: Uint8Array;
  readonly spanId: Uint8Array;
  readonly parentSpanId: Uint8Array;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly links: readonly { readonly traceId: Uint8Array; readonly spanId: Uint8Array }[];
  readonly status: { readonly code: number } | null;
}

function oracleSpans(body: Uint8Array): OracleSpan[] {
  const data = decode("TracesData", body) as { resourceSpans: { scopeSpans: { spans: OracleSpan[] }[] }[] };
  return data.resourceSpans.flatMap((resource) => resource.scopeSpans.flatMap((scope) => scope.spans));
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const hexOfWords = (words: Uint32Array, row: number, wordCount: number) =>
  [...words.subarray(row * wordCount, (row + 1) * wordCount)].map((word) => word.toString(16).padStart(8, "0")).join("");
const isGood = (bytes: Uint8Array, length: number) => bytes.length === length && bytes.some((byte) => byte !== 0);
const isAccepted = (span: OracleSpan) =>
  isGood(span.traceId, 16) && isGood(span.spanId, 8) && (span.parentSpanId.length === 0 || span.parentSpanId.length === 8);

function expectSpan(batch: SpanBatch, row: number, span: OracleSpan): void {
  expect(hexOfWords(batch.traceId, row, 4)).toBe(hex(span.traceId));
  expect(hexOfWords(batch.spanId, row, 2)).toBe(hex(span.spanId));
  expect(hexOfWords(batch.parentSpanId, row, 2)).toBe(hex(span.parentSpanId) || "0000000000000000");
  expect(batch.kind[row]).toBe(span.kind <= 5 ? span.kind : 0);
  expect(batch.isError[row]).toBe(span.status?.code === 2 ? 1 : 0);
  const start = BigInt(span.startTimeUnixNano);
  const length = BigInt(span.endTimeUnixNano) - start;
  expect(batch.startSeconds[row]).toBeCloseTo(Number(start) / 1e9, 5);
  if (length < 1n << 53n && length > -(1n << 53n)) expect(batch.durationSeconds[row]).toBe(Number(length) / 1e9);
  const links = span.links.filter((link) => isGood(link.traceId, 16) && isGood(link.spanId, 8));
  const first = batch.linkStart[row]!;
  expect(batch.linkStart[row + 1]! - first).toBe(links.length);
  for (const [index, link] of links.entries()) {
    expect(hexOfWords(batch.linkTraceId, first + index, 4)).toBe(hex(link.traceId));
    expect(hexOfWords(batch.linkSpanId, first + index, 2)).toBe(hex(link.spanId));
  }
}

/** All that can differ between two batches, strings by number and by text. */
function contentOf(batch: TelemetryBatch) {
  const { strings, ...columns } = batch.spans;
  const texts = Array.from({ length: strings.size }, (_, number) => strings.text(number));
  return { columns, texts, metrics: batch.metrics };
}

describe("the protobuf reader", () => {
  test("reads ids, times, kinds, status and links as protobufjs does", () => {
    fc.assert(
      fc.property(randomTraces, (traces) => {
        const body = encode("TracesData", traces);
        const { batch, rejectedCount } = newDecoder().decode("traces", "protobuf", body);
        const spans = oracleSpans(body);
        const accepted = spans.filter(isAccepted);
        expectValidBatch(batch);
        expect(batch.spans.spanCount).toBe(accepted.length);
        expect(rejectedCount).toBe(spans.length - accepted.length);
        for (const [row, span] of accepted.entries()) expectSpan(batch.spans, row, span);
      }),
      { numRuns: 150 },
    );
  });

  test("subtracts times exactly where doubles cannot", () => {
    const traces = plainTraces("shop", 1) as { resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[] };
    const span = traces.resourceSpans[0]!.scopeSpans[0]!.spans[0]!;
    span["startTimeUnixNano"] = "1661140374351773094";
    span["endTimeUnixNano"] = "1661140374351773097";
    const { batch } = newDecoder().decode("traces", "protobuf", encode("TracesData", traces));
    expect(batch.spans.durationSeconds[0]).toBe(3e-9);
  });

  test("takes a resource that stands behind its spans", () => {
    const body = encode("TracesData", plainTraces("shop", 2));
    // ResourceSpans { scopeSpans, resource } in place of { resource, scopeSpans }: swap the two fields by hand.
    const { batch } = newDecoder().decode("traces", "protobuf", withFieldsReversed(body));
    expect(batch.spans.strings.text(batch.spans.service[1]!)).toBe("shop");
  });

  test("skips a known field that comes in another wire type", () => {
    const span = [0x0a, 16, ...wordBytes(16, 7), 0x12, 8, ...wordBytes(8, 7), 0x28, 5 /* name as a varint */];
    const scope = [0x12, span.length, ...span];
    const resource = [0x12, scope.length, ...scope];
    const body = Uint8Array.from([0x0a, resource.length, ...resource]);
    expect(newDecoder().decode("traces", "protobuf", body).batch.spans.spanCount).toBe(1);
  });

  test.each([
    { name: "a varint of 11 bytes", bytes: [0x0a, ...Array(10).fill(0x80), 1], reason: /longer than 10 bytes/ },
    { name: "a group", bytes: [0x0b, 0x0c], reason: /wire type 3/ },
    { name: "a length past the end", bytes: [0x0a, 5, 0], reason: /runs past/ },
    { name: "a length of 2^40", bytes: [0x0a, 0x80, 0x80, 0x80, 0x80, 0x80, 0x20], reason: /runs past/ },
    { name: "field number 0", bytes: [0x02, 0], reason: /field number/ },
    { name: "text", bytes: [...Buffer.from("hello there")], reason: /./ },
    { name: "a truncated fixed64", bytes: [0x09, 1, 2], reason: /truncated/ },
  ])("refuses $name", ({ bytes, reason }) => {
    for (const signal of ["traces", "metrics"] as const) {
      const decoding = () => newDecoder().decode(signal, "protobuf", Uint8Array.from(bytes));
      expect(decoding).toThrow(MalformedError);
      expect(decoding).toThrow(reason);
    }
  });

  test("leaves nothing of a malformed body behind: the next gives what it gives alone", () => {
    const good = encode("TracesData", plainTraces("shop", 5));
    const cut = encode("TracesData", plainTraces("other", 50)).subarray(0, 1_000);
    const alone = newDecoder().decode("traces", "protobuf", good).batch;
    const ledger = new CountingLedger();
    const decoder = newDecoder(ledger);
    expect(() => decoder.decode("traces", "protobuf", cut)).toThrow(MalformedError);
    expect(contentOf(decoder.decode("traces", "protobuf", good).batch)).toEqual(contentOf(alone));
    expect(ledger.rows()).toEqual([{ service: "shop", received: 5, lost: {} }]);
  });

  test("gives a typed error or a valid batch for 5,000 cut and flipped bodies", () => {
    const seed = 20_260_711;
    const random = seeded(seed);
    const traces = fc.sample(randomTraces, { seed, numRuns: 40 }).map((value) => encode("TracesData", value));
    const metrics = fc.sample(randomMetrics, { seed, numRuns: 40 }).map((value) => encode("MetricsData", value));
    const decoder = newDecoder();
    let refused = 0;
    for (let run = 0; run < 5_000; run += 1) {
      const signal = run % 2 === 0 ? "traces" : "metrics";
      const body = mutated((signal === "traces" ? traces : metrics)[(run >> 1) % 40]!, random);
      for (const format of ["protobuf", "json"] as const) {
        try {
          const bytes = format === "protobuf" ? body : Buffer.from(toJson(signal, body));
          expectValidBatch(decoder.decode(signal, format, bytes).batch);
        } catch (error) {
          if (!(error instanceof MalformedError)) throw new Error(`seed ${seed}, run ${run}`, { cause: error });
          refused += 1;
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
  });

  test("reads 3,000 mutated JSON bodies to a typed error or a valid batch", () => {
    const seed = 77;
    const random = seeded(seed);
    const bodies = fc.sample(randomTraces, { seed, numRuns: 30 }).map((v) => Buffer.from(toJson("traces", encode("TracesData", v))));
    const decoder = newDecoder();
    let accepted = 0;
    for (let run = 0; run < 3_000; run += 1) {
      const body = swapped(bodies[run % 30]!, random);
      try {
        expectValidBatch(decoder.decode("traces", "json", body).batch);
        accepted += 1;
      } catch (error) {
        if (!(error instanceof MalformedError)) throw new Error(`seed ${seed}, run ${run}: ${body}`, { cause: error });
      }
    }
    expect(accepted).toBeGreaterThan(100);
  });
});

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

  test.each(["", "nonsense", "[]", "null", '{"resourceSpans":{}}', '{"resourceSpans":[7]}', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":5}]}]}]}'])(
    "refuses %j",
    (text) => {
      expect(() => newDecoder().decode("traces", "json", Buffer.from(text))).toThrow(MalformedError);
    },
  );

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

test("caps operations per service, keeps those that were first, and counts the rest", () => {
  const ledger = new CountingLedger();
  const decoder = new OtlpDecoder({ ledger, maxOperationsPerService: 2 });
  const names = ["a", "b", "c", "a", "d", "b"];
  const spans = names.map((name, index) => ({ traceId: wordBytes(16, 1), spanId: wordBytes(8, index + 1), name, kind: 1 }));
  const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const { spans: batch } = decoder.decode("traces", "protobuf", body).batch;
  const operations = [...batch.operation].map((number) => batch.strings.text(number));
  expect(operations).toEqual(["a", "b", "<other>", "a", "<other>", "b"]);
  expect(ledger.rows()[0]?.lost).toEqual({ "name-overflow": 2 });
});

describe("metrics", () => {
  const point = { timeUnixNano: "1750000000500000000" };
  const read = (metric: object) =>
    newDecoder().decode(
      "metrics",
      "protobuf",
      encode("MetricsData", {
        resourceMetrics: [
          {
            resource: { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] },
            scopeMetrics: [{ metrics: [{ name: "m", unit: "1", ...metric }] }],
          },
        ],
      }),
    ).batch.metrics;

  test.each([
    { name: "a gauge is a level", metric: { gauge: { dataPoints: [{ ...point, asDouble: 0.5 }] } }, value: 0.5, count: 1, cumulative: false },
    { name: "a cumulative counter accumulates", metric: { sum: { dataPoints: [{ ...point, asInt: "-7" }], aggregationTemporality: 2, isMonotonic: true } }, value: -7, count: 1, cumulative: true },
    { name: "an up-down counter is a level", metric: { sum: { dataPoints: [{ ...point, asInt: "7" }], aggregationTemporality: 2 } }, value: 7, count: 1, cumulative: false },
    { name: "a delta counter starts anew", metric: { sum: { dataPoints: [{ ...point, asInt: "7" }], aggregationTemporality: 1, isMonotonic: true } }, value: 7, count: 1, cumulative: false },
    { name: "a histogram is its sum and count", metric: { histogram: { dataPoints: [{ ...point, sum: 12.5, count: "4", bucketCounts: ["1", "3"], explicitBounds: [2] }], aggregationTemporality: 2 } }, value: 12.5, count: 4, cumulative: true },
    { name: "so is an exponential one", metric: { exponentialHistogram: { dataPoints: [{ ...point, sum: 3, count: "2", scale: -1, positive: { offset: -3, bucketCounts: ["2"] } }], aggregationTemporality: 1 } }, value: 3, count: 2, cumulative: false },
  ])("$name", ({ metric, value, count, cumulative }) => {
    expect(read(metric)).toEqual([
      { name: "m", unit: "1", service: "shop", instance: "shop", attributes: "", timeSeconds: 1_750_000_000.5, value, count, cumulative },
    ]);
  });

  test("attributes are sorted, and a point without a recorded value is no point", () => {
    const attributes = [
      { key: "state", value: { stringValue: "used" } },
      { key: "pool", value: { intValue: "3" } },
    ];
    const dataPoints = [
      { ...point, asInt: "1", attributes },
      { ...point, asInt: "1", flags: 1 },
    ];
    expect(read({ gauge: { dataPoints } }).map((found) => found.attributes)).toEqual(["pool=3,state=used"]);
  });
});

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mix = Math.imul(state ^ (state >>> 15), state | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function mutated(body: Uint8Array, random: () => number): Uint8Array {
  const copy = Uint8Array.from(body);
  for (let flips = 1 + Math.floor(random() * 4); flips > 0 && copy.length > 0; flips -= 1) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  }
  return random() < 0.3 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}

/** JSON with one token replaced by another of JSON's own, so that it often still parses. */
function swapped(body: Buffer, random: () => number): Buffer {
  const tokens = body.toString().split(/(?<=[:,[{])|(?=[,\]}])/);
  const others = ["null", "7", '"x"', "{}", "[]", "true", "-1.5", '"1e5"'];
  tokens[Math.floor(random() * tokens.length)] = others[Math.floor(random() * others.length)]!;
  return Buffer.from(tokens.join(""));
}

/** Swaps the first two fields of every message in field 1 of the body. */
function withFieldsReversed(body: Uint8Array): Uint8Array {
  const data = decode("TracesData", body) as { resourceSpans: object[] };
  const parts = data.resourceSpans.map((resourceSpans) => {
    const { resource, ...rest } = resourceSpans as { resource: object };
    const spans = encode("ResourceSpans", rest);
    const identity = encode("ResourceSpans", { resource });
    return Buffer.concat([spans, identity]);
  });
  return Buffer.concat(parts.map((part) => Buffer.concat([lengthTag(part.length), part])));
}

function lengthTag(length: number): Buffer {
  const bytes = [0x0a];
  for (let rest = length; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
