import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import type { SpanBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";
import { contentOf, hexOfWords, newDecoder } from "./batch-views.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { plainTraces, randomTraces, wordBytes } from "./random-telemetry.ts";

// Goal: what comes out of a body is what another protobuf library reads in it; nothing hostile gets past the door.
// Method: random bodies against protobufjs, against our own JSON form, and cut or flipped at random.

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
const isGood = (bytes: Uint8Array, length: number) => bytes.length === length && bytes.some((byte) => byte !== 0);
const isAccepted = (span: OracleSpan) =>
  isGood(span.traceId, 16) &&
  isGood(span.spanId, 8) &&
  (span.parentSpanId.length === 0 || span.parentSpanId.length === 8);

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
    const traces = plainTraces("shop", 1) as {
      resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[];
    };
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
    { name: "a nested length past its parent", bytes: [0x0a, 2, 0x12, 3, 0x12, 1, 0], reason: /runs past/ },
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
});

test("caps operations per service, keeps those that were first, and counts the rest", () => {
  const ledger = new CountingLedger();
  const decoder = new OtlpDecoder({ ledger, maxOperationsPerService: 2 });
  const names = ["a", "b", "c", "a", "d", "b"];
  const spans = names.map((name, index) => ({
    traceId: wordBytes(16, 1),
    spanId: wordBytes(8, index + 1),
    name,
    kind: 1,
  }));
  const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const { spans: batch } = decoder.decode("traces", "protobuf", body).batch;
  const operations = [...batch.operation].map((number) => batch.strings.text(number));
  expect(operations).toEqual(["a", "b", "<other>", "a", "<other>", "b"]);
  expect(ledger.rows()[0]?.lost).toEqual({ "name-overflow": 2 });
});

test("a cap of one service takes no names from another", () => {
  const decoder = new OtlpDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 2 });
  const resourceSpans = ["one", "two"].map((service, index) => ({
    resource: { attributes: [{ key: "service.name", value: { stringValue: service } }] },
    scopeSpans: [
      {
        spans: (index === 0 ? ["a", "b", "c"] : ["c", "a", "b"]).map((name, span) => ({
          traceId: wordBytes(16, 1),
          spanId: wordBytes(8, index * 10 + span + 1),
          name,
        })),
      },
    ],
  }));
  const { spans } = decoder.decode("traces", "protobuf", encode("TracesData", { resourceSpans })).batch;
  const operations = [...spans.operation].map((number) => spans.strings.text(number));
  expect(operations).toEqual(["a", "b", "<other>", "c", "a", "<other>"]);
});

test("names stay right after so many texts that the decoder forgets its cache", () => {
  const decoder = newDecoder();
  const bodyOf = (names: readonly string[], pathCount: number) => {
    const paths = Array.from({ length: pathCount }, (_, index) => ({ stringValue: `/p/${index}` }));
    const attributed = paths.map((value) => ({ name: "same", attributes: [{ key: "url.path", value }] }));
    const spans = [...names.map((name) => ({ name })), ...attributed].map((span, index) => ({
      ...span,
      traceId: wordBytes(16, 1),
      spanId: wordBytes(8, index + 1),
    }));
    return encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  };
  const names = ["a", "b", "c", "d", "e"];
  decoder.decode("traces", "protobuf", bodyOf(names, 20_000));
  const { spans } = decoder.decode("traces", "protobuf", bodyOf(names.toReversed(), 0)).batch;
  expect([...spans.operation].map((number) => spans.strings.text(number))).toEqual(names.toReversed());
});

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
