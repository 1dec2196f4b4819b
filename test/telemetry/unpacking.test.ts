import { createZstdCompress, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { BusyError } from "../../src/telemetry/otlp/busy-error.ts";
import { type Encoding, encodingOf, TooLargeError, unpacked } from "../../src/telemetry/otlp/inflate.ts";

const MAX_BYTES = 1 << 20;

/** Zstd as a stream writes it: without the size in front. */
async function streamedZstd(body: Uint8Array): Promise<Buffer> {
  const stream = createZstdCompress();
  stream.end(body);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

const PACKINGS: readonly { as: string; encoding: Encoding; pack: (body: Uint8Array) => Buffer | Promise<Buffer> }[] = [
  { as: "gzip", encoding: "gzip", pack: (body) => gzipSync(body) },
  {
    as: "gzip in two members",
    encoding: "gzip",
    pack: (body) =>
      Buffer.concat([gzipSync(body.subarray(0, body.length >> 1)), gzipSync(body.subarray(body.length >> 1))]),
  },
  { as: "deflate", encoding: "deflate", pack: (body) => deflateSync(body) },
  { as: "zstd", encoding: "zstd", pack: (body) => zstdCompressSync(body) },
  { as: "zstd without a size", encoding: "zstd", pack: streamedZstd },
];

async function unpackedWithCount(encoding: Encoding, packed: Buffer, maxBytes = MAX_BYTES) {
  let reserved = 0;
  const body = await unpacked(encoding, packed, maxBytes, (byteCount) => {
    expect(byteCount).toBeGreaterThan(0);
    reserved += byteCount;
  });
  return { body, reserved };
}

describe.each(PACKINGS)("a body packed as $as", ({ encoding, pack }) => {
  test("comes out as it was, whatever it holds, and never larger than what was reserved for it", async () => {
    // From noise to one byte repeated, which packs a thousand times smaller than any usual body.
    const bodies = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 2_000 }),
      fc.tuple(fc.nat(255), fc.integer({ min: 1, max: MAX_BYTES })).map(([byte, length]) => Buffer.alloc(length, byte)),
    );
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { body: found, reserved } = await unpackedWithCount(encoding, await pack(body));
        expect(found.equals(body)).toBe(true);
        expect(reserved).toBeGreaterThanOrEqual(found.length);
        expect(reserved).toBeLessThanOrEqual(MAX_BYTES);
      }),
      { numRuns: 40 },
    );
  });

  test("of exactly the limit is taken, of one byte more is not", async () => {
    const packed = async (length: number) => pack(Buffer.alloc(length, 7));
    expect((await unpackedWithCount(encoding, await packed(MAX_BYTES))).body.length).toBe(MAX_BYTES);
    await expect(unpackedWithCount(encoding, await packed(MAX_BYTES + 1))).rejects.toThrow(TooLargeError);
  });

  test("is malformed when it breaks off or is something else", async () => {
    const packed = await pack(Buffer.from("spans ".repeat(1_000)));
    for (const length of [1, 5, 17, packed.length - 9, packed.length - 1]) {
      await expect(unpackedWithCount(encoding, packed.subarray(0, length))).rejects.toThrow(MalformedError);
    }
    await expect(unpackedWithCount(encoding, Buffer.from("no such thing at all"))).rejects.toThrow(MalformedError);
  });

  test("waits its turn: what `reserve` throws comes out as it is", async () => {
    const busy = new BusyError("full");
    const reserve = () => {
      throw busy;
    };
    await expect(unpacked(encoding, await pack(Buffer.alloc(100)), MAX_BYTES, reserve)).rejects.toBe(busy);
  });
});

test("a trailer or header that lies about the size reserves no more than the body can unpack to", async () => {
  const packed = gzipSync(Buffer.alloc(10));
  packed.writeUInt32LE(MAX_BYTES, packed.length - 4);
  let reserved = 0;
  const reading = unpacked("gzip", packed, MAX_BYTES, (byteCount) => {
    reserved += byteCount;
  });
  await expect(reading).rejects.toThrow(MalformedError);
  expect(reserved).toBeLessThan(MAX_BYTES / 8);
});

test("plain and empty bodies cost nothing", async () => {
  const body = Buffer.from("as it is");
  expect(await unpackedWithCount("identity", body)).toEqual({ body, reserved: 0 });
  expect((await unpackedWithCount("gzip", Buffer.alloc(0))).reserved).toBe(0);
});

test("a zstd frame that wants a window of 128 MiB is refused before it gets one", async () => {
  // Magic, a descriptor without size, window 2^27, then an empty last block.
  const frame = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x88, 0x01, 0x00, 0x00]);
  await expect(unpackedWithCount("zstd", frame)).rejects.toThrow(/zstd/);
});

test("only names of encodings are known", () => {
  expect(["gzip", "zstd", "deflate", "identity"].map(encodingOf)).toEqual(["gzip", "zstd", "deflate", "identity"]);
  expect(["br", "toString", "__proto__", "GZIP", ""].map(encodingOf)).toEqual(Array(5).fill(undefined));
});
