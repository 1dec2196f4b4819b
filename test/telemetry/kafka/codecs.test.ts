import { createRequire } from "node:module";
import fc from "fast-check";
import { compressFrameSync } from "lz4-napi";
import { compress } from "snappyjs";
import { describe, expect, test } from "vitest";
import { CODECS, type KafkaCodec, registerCodecs } from "../../../src/telemetry/kafka/codecs.ts";
import { lz4FrameBound } from "../../../src/telemetry/kafka/lz4-frame.ts";
import { recordOf } from "../../../src/telemetry/kafka/record.ts";
import { compressSnappy, decompressSnappy } from "../../../src/telemetry/kafka/snappy.ts";

// Goal: every compression of Kafka is read whatever it holds, never to more than its limit, and what is broken is told, not
// thrown at the partition. What the Java client writes is read in test/broker.

const LIMIT = 1 << 20;
const NAMES = Object.keys(CODECS) as (keyof typeof CODECS)[];

/** Some that compress well, some that do not. */
const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 2000 }).map((each) => Buffer.from(each)),
  fc
    .tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.nat(4000))
    .map(([text, count]) => Buffer.from(text.repeat(count))),
);

describe.each(NAMES)("%s", (name) => {
  const codec: KafkaCodec = CODECS[name];

  test("gives back what was compressed", async () => {
    await fc.assert(
      fc.asyncProperty(bytes, async (plain) => {
        const back = await codec.decompress(await codec.compress(plain), LIMIT);
        expect(back.equals(plain)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("ends broken bytes with an error or with no more than the limit", async () => {
    await fc.assert(
      fc.asyncProperty(
        bytes,
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        async (plain, flips) => {
          const broken = Buffer.from(await codec.compress(plain));
          for (const [at, value] of flips) broken[at % broken.length] = value;
          const length = await codec.decompress(broken, LIMIT).then(
            (back) => back.length,
            () => 0,
          );
          expect(length).toBeLessThanOrEqual(LIMIT + (4 << 20));
        },
      ),
      { numRuns: 200 },
    );
  });

  test("refuses to become larger than it may", async () => {
    const bomb = await codec.compress(Buffer.alloc(32 << 20));
    await expect(codec.decompress(bomb, LIMIT)).rejects.toThrow();
  });
});

describe("snappy", () => {
  test("is read as a stream, as one plain block, and as streams joined", () => {
    fc.assert(
      fc.property(bytes, bytes, (left, right) => {
        expect(decompressSnappy(compressSnappy(left), LIMIT).equals(left)).toBe(true);
        if (left.length > 0) expect(decompressSnappy(compress(left), LIMIT).equals(left)).toBe(true);
        const joined = Buffer.concat([compressSnappy(left), compressSnappy(right)]);
        expect(decompressSnappy(joined, LIMIT).equals(Buffer.concat([left, right]))).toBe(true);
      }),
      { numRuns: 100 },
    );
  });

  test("that breaks off is refused", () => {
    const stream = compressSnappy(Buffer.from("a body of some length, a body of some length"));
    for (let length = 17; length < stream.length; length += 1) {
      expect(() => decompressSnappy(stream.subarray(0, length), LIMIT), `${length} bytes`).toThrow();
    }
  });
});

describe("the bound of an LZ4 frame", () => {
  test("is never below what it becomes, and above it by less than a block of the largest size", () => {
    fc.assert(
      fc.property(bytes, fc.boolean(), fc.boolean(), (plain, contentChecksum, blockChecksums) => {
        const bound = lz4FrameBound(compressFrameSync(plain, { contentChecksum, blockChecksums }));
        expect(bound).toBeGreaterThanOrEqual(plain.length);
        expect(bound).toBeLessThan(plain.length + (4 << 20));
      }),
      { numRuns: 100 },
    );
  });
});

describe("a batch that does not decompress", () => {
  const require = createRequire(import.meta.url);
  const { RecordBatch } = require("kafkajs/src/protocol/recordBatch/v0") as {
    RecordBatch: (batch: object) => Promise<{ readonly buffer: Buffer }>;
  };
  const Record = require("kafkajs/src/protocol/recordBatch/record/v0") as (record: object) => unknown;
  const Decoder = require("kafkajs/src/protocol/decoder") as new (buffer: Buffer) => { readInt64(): unknown };
  const decodeBatch = require("kafkajs/src/protocol/recordBatch/v0/decoder") as (decoder: object) => Promise<{
    readonly records: readonly { offset: string; key: null; value: Buffer; timestamp: string }[];
  }>;

  test.each([
    ["gzip", 1],
    ["snappy", 2],
    ["lz4", 3],
    ["zstd", 4],
  ] as const)("of %s comes out as unreadable records at its own offsets", async (name, compression) => {
    registerCodecs(LIMIT);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 200 }), async (count) => {
        const values = Array.from({ length: count }, (_, row) => `body ${row}`);
        const records = values.map((value, offsetDelta) =>
          Record({ key: null, value: Buffer.from(value), offsetDelta, timestampDelta: 0 }),
        );
        const encoded = (await RecordBatch({ compression, records, lastOffsetDelta: count - 1 })).buffer;
        const whole = (await decodeBatch(new Decoder(Buffer.from(encoded)))).records;
        expect(whole.map(({ value }) => String(value))).toEqual(values);
        const broken = Buffer.from(encoded);
        // Behind the head of the batch and the first bytes of the compressed ones, up to its end.
        broken.fill(0xff, 61, broken.length);
        const read = (await decodeBatch(new Decoder(broken))).records.map((each) => recordOf("t", 0, each));
        expect(read.map(({ offset }) => offset)).toEqual(values.map((_, row) => BigInt(row)));
        for (const { unreadableReason, bytes: none } of read) {
          expect(unreadableReason).toMatch(new RegExp(`^batch does not decompress \\(${name}\\): .`, "u"));
          expect(none.length).toBe(0);
        }
      }),
      { numRuns: 20 },
    );
  });
});
