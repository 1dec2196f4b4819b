// Goal: dealt out, every span is in exactly one part as it was, with its resource and scope, and all spans of a trace are in one.
// Method: random bodies and cut or flipped ones; another protobuf library reads what comes out.
import fc from "fast-check";
import { expect, test } from "vitest";

import { MalformedError } from "../../src/contracts/errors.ts";
import { splitTraces } from "../../src/telemetry/otlp/split-traces.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { randomTraces } from "./random-telemetry.ts";

interface Body {
  readonly resourceSpans?: readonly {
    readonly resource?: unknown;
    readonly schemaUrl?: string;
    readonly scopeSpans?: readonly {
      readonly scope?: unknown;
      readonly schemaUrl?: string;
      readonly spans?: readonly { readonly traceId: Uint8Array }[];
    }[];
  }[];
}

interface FoundSpan {
  readonly text: string;
  readonly traceId: string;
}

/** Every span with all that belongs to it, as text. */
function spansOf(body: Uint8Array): FoundSpan[] {
  const { resourceSpans = [] } = decode("TracesData", body) as Body;
  return resourceSpans.flatMap(({ resource, schemaUrl, scopeSpans = [] }) =>
    scopeSpans.flatMap(({ scope, schemaUrl: scopeUrl, spans = [] }) =>
      spans.map((span) => ({
        text: JSON.stringify([resource, schemaUrl, scope, scopeUrl, span]),
        traceId: Buffer.from(span.traceId).toString("hex"),
      })),
    ),
  );
}

const texts = (spans: readonly FoundSpan[]): string[] => spans.map(({ text }) => text).sort();

test("every span is in one part, as it was, and all spans of a trace in the same", () => {
  fc.assert(
    fc.property(randomTraces, fc.integer({ min: 1, max: 7 }), (traces, partCount) => {
      const body = encode("TracesData", traces);
      const parts = splitTraces(body, partCount, () => undefined);
      expect(parts).toHaveLength(partCount);
      const found = parts.map((part) => (part === null ? [] : spansOf(part)));
      expect(texts(found.flat())).toEqual(texts(spansOf(body)));
      const partOf = new Map<string, number>();
      for (const [part, spans] of found.entries()) {
        for (const { traceId } of spans) {
          expect(partOf.get(traceId) ?? part).toBe(part);
          partOf.set(traceId, part);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("tells when each span that says it ended, in the order of the body", () => {
  const span = (last: number, endTimeUnixNano?: string) => ({
    traceId: Uint8Array.from({ length: 16 }, () => last),
    spanId: Uint8Array.from({ length: 8 }, () => 1),
    ...(endTimeUnixNano === undefined ? {} : { endTimeUnixNano }),
  });
  const spans = [span(1, "1700000000500000000"), span(2), span(3, "1600000000000000000")];
  const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const ends: number[] = [];
  splitTraces(body, 4, (endSeconds) => ends.push(endSeconds));
  expect(ends).toEqual([1_700_000_000.5, 1_600_000_000]);
});

test("a thousand traces are spread evenly", () => {
  const spans = Array.from({ length: 1000 }, (_, index) => {
    const traceId = new Uint8Array(16);
    new DataView(traceId.buffer).setUint32(12, index + 1);
    return { traceId, spanId: new Uint8Array(8).fill(1) };
  });
  const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const counts = splitTraces(body, 4, () => undefined).map((part) => spansOf(part!).length);
  for (const count of counts) expect(count).toBeGreaterThan(150);
});

test("cut and flipped bodies give a typed error or parts, and never hang", () => {
  const bodies = fc.sample(randomTraces, { seed: 5, numRuns: 40 }).map((traces) => encode("TracesData", traces));
  const mutation = fc.record({
    body: fc.constantFrom(...bodies),
    cut: fc.double({ min: 0, max: 1, noNaN: true }),
    flips: fc.array(fc.record({ at: fc.nat(), to: fc.nat(255) }), { maxLength: 4 }),
  });
  let refused = 0;
  fc.assert(
    fc.property(mutation, ({ body, cut, flips }) => {
      const bytes = Uint8Array.from(body.subarray(0, Math.ceil(cut * body.length)));
      for (const { at, to } of flips) if (bytes.length > 0) bytes[at % bytes.length] = to;
      try {
        const total = splitTraces(bytes, 3, () => undefined).reduce((sum, part) => sum + (part?.length ?? 0), 0);
        expect(total).toBeLessThanOrEqual(3 * bytes.length + 64);
      } catch (error) {
        expect(error).toBeInstanceOf(MalformedError);
        refused++;
      }
    }),
    { numRuns: 3000, seed: 9 },
  );
  expect(refused).toBeGreaterThan(100);
});
