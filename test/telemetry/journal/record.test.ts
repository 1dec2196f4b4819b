import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fingerprintKey, fingerprintOf } from "../../../src/telemetry/journal/fingerprint.ts";
import { decodeHeader, encodeHeader, type JournalEntry } from "../../../src/telemetry/journal/record.ts";
import { body, entryOf } from "./parts.ts";

const anEntry: fc.Arbitrary<JournalEntry> = fc
  .record({
    bytes: fc.uint8Array({ maxLength: 300 }),
    signal: fc.constantFrom("traces" as const, "metrics" as const),
    encoding: fc.constantFrom("otlp_proto", "otlp_json", "jaeger_proto", "jaeger_json", "zipkin_json" as const),
    packing: fc.constantFrom("none", "gzip", "zstd", "deflate" as const),
    itemCount: fc.nat({ max: 2 ** 32 - 1 }),
    source: fc.option(
      fc.record({
        topic: fc.string({ maxLength: 100 }),
        partition: fc.nat(),
        offset: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
      }),
    ),
  })
  .map(({ bytes, ...more }) => entryOf(bytes, more));

describe("the header of a record", () => {
  test("says again what was put into it", () => {
    const sequences = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
    const seconds = fc.double({ min: 0, max: 1e10, noNaN: true });
    fc.assert(
      fc.property(anEntry, sequences, seconds, (entry, sequence, receivedSeconds) => {
        const header = encodeHeader(entry, sequence, receivedSeconds);
        const { headerBytes, bodyBytes, ...found } = decodeHeader(Buffer.concat([header, entry.bytes]))!;
        const { bytes, ...put } = entry;
        expect(found).toEqual({ ...put, sequence, receivedSeconds });
        expect([headerBytes, bodyBytes]).toEqual([header.length, bytes.length]);
      }),
    );
  });

  test("with any one byte changed, or cut short, is none", () => {
    const source = { topic: "otlp_spans", partition: 3, offset: 12_345_678_901n };
    const header = encodeHeader(entryOf(Buffer.from("x"), { source }), 7, 1_750_000_000);
    for (let at = 0; at < header.length; at++) {
      for (const change of [0x01, 0x80, 0xff]) {
        const changed = Buffer.from(header);
        changed[at]! ^= change;
        expect(decodeHeader(changed), `byte ${at}`).toBeNull();
      }
      expect(decodeHeader(header.subarray(0, at))).toBeNull();
    }
  });

  test("of any bytes is none or a whole one, and never an error", () => {
    const bytes = fc.uint8Array({ maxLength: 700 }).map((tail) => Buffer.concat([Buffer.from("SPRC"), tail]));
    fc.assert(
      fc.property(bytes, (found) => {
        expect(decodeHeader(found)).toBeNull();
      }),
    );
  });

  test("takes no topic that would not fit", () => {
    const source = { topic: "t".repeat(513), partition: 0, offset: 0n };
    expect(() => encodeHeader({ ...body("x"), source }, 1, 0)).toThrow(RangeError);
  });
});

describe("the fingerprint", () => {
  test("is the same for equal bytes and another for one flipped bit, wherever it is", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 9000 }),
        fc.nat(),
        fc.nat({ max: 7 }),
        (bytes, where, bit) => {
          const other = Uint8Array.from(bytes);
          expect(fingerprintKey(fingerprintOf(other))).toBe(fingerprintKey(fingerprintOf(bytes)));
          other[where % other.length]! ^= 1 << bit;
          expect(fingerprintKey(fingerprintOf(other))).not.toBe(fingerprintKey(fingerprintOf(bytes)));
        },
      ),
    );
  });
});
