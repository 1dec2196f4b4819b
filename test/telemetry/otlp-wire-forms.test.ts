// Goal: the fast reader, which knows the usual form of a span by heart, reads every other form that protobuf allows the same;
// and floods of names stay bounded.
// Method: random bodies written in other orders and with stretched lengths must give the batch of the usual form; forms that
// no encoder in use writes by hand.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { contentOf, newDecoder } from "./batch-views.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces, randomTraces, wordBytes } from "./random-telemetry.ts";
import { type Field, fieldsOf, rewritten } from "./rewritten-protobuf.ts";

const usual = { order: (fields: readonly Field[]) => fields, varintBytes: 1 };

function readAll(bodies: readonly Uint8Array[]) {
  const decoder = newDecoder();
  return bodies.map((body) => contentOf(decoder.decode("traces", "protobuf", body).batch));
}

/** Fields by a random rank of their number. */
function shuffle(seed: number): (fields: readonly Field[]) => readonly Field[] {
  return (fields) => {
    const rank = ({ number }: Field) => Math.imul(number + seed, 0x9e3779b1) >>> 0;
    return [...fields].sort((a, b) => rank(a) - rank(b));
  };
}

const someBodies = fc.array(
  randomTraces.map((traces) => encode("TracesData", traces)),
  { maxLength: 3 },
);

describe("a body gives the same batch", () => {
  test("in whatever order the fields of its messages stand", () => {
    fc.assert(
      fc.property(someBodies, fc.nat(), (bodies, seed) => {
        const order = shuffle(seed);
        const others = bodies.map((body) => rewritten("TracesData", body, { ...usual, order }));
        expect(readAll(others)).toEqual(readAll(bodies));
      }),
      { numRuns: 150 },
    );
  });

  test("with tags and lengths stretched to up to ten bytes", () => {
    fc.assert(
      fc.property(someBodies, fc.integer({ min: 2, max: 10 }), (bodies, varintBytes) => {
        const others = bodies.map((body) => rewritten("TracesData", body, { ...usual, varintBytes }));
        expect(readAll(others)).toEqual(readAll(bodies));
      }),
      { numRuns: 100 },
    );
  });

  test("with its resource in several parts", () => {
    const attributes = [
      { key: "service.name", value: { stringValue: "shop" } },
      { key: "service.version", value: { stringValue: "2" } },
      { key: "host.name", value: { stringValue: "h1" } },
    ];
    const { resourceSpans } = plainTraces("other", 3) as { resourceSpans: { scopeSpans: object[] }[] };
    const spans = { scopeSpans: resourceSpans[0]!.scopeSpans };
    const wrapped = (parts: readonly object[]) => {
      const content = Buffer.concat(parts.map((part) => encode("ResourceSpans", part)));
      return Buffer.concat([Uint8Array.of(0x0a), lengthOf(content.length), content]);
    };
    const whole = wrapped([{ resource: { attributes } }, spans]);
    const inParts = wrapped([
      { resource: { attributes: attributes.slice(0, 1) } },
      { resource: { attributes: attributes.slice(1, 2) } },
      spans,
      { resource: { attributes: attributes.slice(2) } },
    ]);
    expect(readAll([inParts])).toEqual(readAll([whole]));
  });

  test("whether numbers in attributes come as numbers or as text", () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }), { minLength: 1, maxLength: 5 }),
        (ports) => {
          const bodyOf = (attributeValue: (port: bigint) => object) => {
            const spans = ports.map((port, index) => ({
              traceId: wordBytes(16, 1),
              spanId: wordBytes(8, index + 1),
              kind: 3,
              attributes: [
                { key: "http.request.method", value: { stringValue: "GET" } },
                { key: "server.address", value: { stringValue: "cart" } },
                { key: "server.port", value: attributeValue(port) },
              ],
            }));
            return encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
          };
          const asNumbers = bodyOf((port) => ({ intValue: String(port) }));
          const asTexts = bodyOf((port) => ({ stringValue: String(port) }));
          expect(readAll([asNumbers])).toEqual(readAll([asTexts]));
        },
      ),
    );
  });
});

test("of several names of one thing the better one counts, in whatever order they come", () => {
  const attributes = [
    { key: "http.target", value: { stringValue: "/old" } },
    { key: "http.method", value: { stringValue: "PUT" } },
    { key: "url.path", value: { stringValue: "/new" } },
    { key: "http.request.method", value: { stringValue: "POST" } },
  ];
  for (const order of [attributes, attributes.toReversed()]) {
    const span = { traceId: wordBytes(16, 1), spanId: wordBytes(8, 1), kind: 2, attributes: order };
    const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] });
    const { spans } = newDecoder().decode("traces", "protobuf", body).batch;
    expect(spans.strings.text(spans.operation[0]!)).toBe("POST /new");
  }
});

test("values nested fifty thousand deep are stepped over", () => {
  // Inside out would copy all of it at every level: the lengths are added up instead.
  const heads: Uint8Array[] = [];
  let length = 0;
  for (let depth = 0; depth < 50_000; depth += 1) {
    const head = depth % 2 === 0 ? Uint8Array.of(0x0a, ...lengthOf(length)) : Uint8Array.of(0x2a, ...lengthOf(length));
    heads.push(head);
    length += head.length;
  }
  const value = Buffer.concat(heads.toReversed());
  const key = Buffer.concat([Uint8Array.of(0x0a, 10), Buffer.from("http.route")]);
  const keyValue = Buffer.concat([key, Uint8Array.of(0x12), lengthOf(value.length), value]);
  const good = encode("Span", { traceId: wordBytes(16, 1), spanId: wordBytes(8, 1), name: "work" });
  const span = Buffer.concat([good, Uint8Array.of(0x4a), lengthOf(keyValue.length), keyValue]);
  const scope = Buffer.concat([Uint8Array.of(0x12), lengthOf(span.length), span]);
  const resource = Buffer.concat([Uint8Array.of(0x12), lengthOf(scope.length), scope]);
  const body = Buffer.concat([Uint8Array.of(0x0a), lengthOf(resource.length), resource]);
  const { spans } = newDecoder().decode("traces", "protobuf", body).batch;
  expect([...spans.operation].map((number) => spans.strings.text(number))).toEqual(["work"]);
});

test("a million names that are all different stay bounded, and every one beyond the limit is counted", () => {
  const ledger = new CountingLedger();
  const decoder = new OtlpDecoder({ ledger, maxOperationsPerService: 200 });
  const spanCount = 4096;
  const spans = Array.from({ length: spanCount }, (_, index) => ({
    traceId: wordBytes(16, 1),
    spanId: wordBytes(8, index + 1),
    name: "nameXXXXXX",
  }));
  const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const places = namePlaces(body);
  expect(places).toHaveLength(spanCount);
  const bodyCount = 245;
  let others = 0;
  let table = 0;
  for (let round = 0; round < bodyCount; round += 1) {
    for (const [index, at] of places.entries()) writeLetters(body, at, round * spanCount + index);
    const { spans: batch } = decoder.decode("traces", "protobuf", body).batch;
    table = batch.strings.size;
    const other = [...Array(table).keys()].find((number) => batch.strings.text(number) === "<other>");
    for (const number of batch.operation) others += number === other ? 1 : 0;
  }
  expect(table).toBeLessThan(210);
  expect(others).toBe(bodyCount * spanCount - 200);
  expect(ledger.rows()).toEqual([
    { service: "unknown_service", received: bodyCount * spanCount, lost: { "name-overflow": others } },
  ]);
});

/** Where the six letters of every name stand. */
function namePlaces(body: Uint8Array): number[] {
  const wanted = Buffer.from("nameXXXXXX");
  const places: number[] = [];
  const buffer = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  for (let at = buffer.indexOf(wanted); at >= 0; at = buffer.indexOf(wanted, at + 1)) places.push(at + 4);
  return places;
}

/** In letters: digits would be taken for an id. */
function writeLetters(body: Uint8Array, at: number, value: number): void {
  let rest = value;
  for (let k = 0; k < 6; k += 1, rest = Math.floor(rest / 26)) body[at + k] = 97 + (rest % 26);
}

function lengthOf(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.of(...bytes, rest);
}

test("the rewriter of these tests writes what it read", () => {
  fc.assert(
    fc.property(randomTraces, (traces) => {
      const body = encode("TracesData", traces);
      expect(Buffer.from(rewritten("TracesData", body, usual))).toEqual(Buffer.from(body));
      expect(fieldsOf(body).every(({ number }) => number === 1)).toBe(true);
    }),
    { numRuns: 30 },
  );
});
