import { promisify } from "node:util";
import { gunzip, gzip, zstdCompress, zstdDecompress } from "node:zlib";
import kafkajs from "kafkajs";
import { compressFrame, decompressFrame } from "lz4-napi";
import { lz4FrameBound } from "./lz4-frame.ts";
import { compressSnappy, decompressSnappy } from "./snappy.ts";
import { standInRecords } from "./unreadable-batch.ts";

/** One of Kafka's compressions. `decompress` throws when it is no such data, or would become larger than `maxBytes`. */
export interface KafkaCodec {
  readonly compress: (bytes: Buffer) => Promise<Buffer>;
  readonly decompress: (compressed: Buffer, maxBytes: number) => Promise<Buffer>;
}

// Node finds no such names among the exports of this CommonJS package.
const { CompressionCodecs, CompressionTypes } = kafkajs;

const CHUNK_BYTES = 512 * 1024;
/** An encoder's last block may be far from full, so that the bound is above the truth by so much. */
const LZ4_BLOCK_BYTES = 4 << 20;

const gzipAsync = promisify<Buffer, Buffer>(gzip);
const gunzipAsync = promisify(gunzip);
const zstdCompressAsync = promisify<Buffer, Buffer>(zstdCompress);
const zstdDecompressAsync = promisify(zstdDecompress);

/** By Kafka's name of the compression. Those that Node or native code does run beside the event loop. */
export const CODECS = {
  gzip: {
    compress: (bytes) => gzipAsync(bytes),
    decompress: (compressed, maxBytes) =>
      gunzipAsync(compressed, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }),
  },
  snappy: {
    compress: async (bytes) => compressSnappy(bytes),
    decompress: async (compressed, maxBytes) => decompressSnappy(compressed, maxBytes),
  },
  lz4: {
    compress: (bytes) => compressFrame(bytes),
    decompress: async (compressed, maxBytes) => {
      const bound = lz4FrameBound(compressed);
      if (bound > maxBytes + LZ4_BLOCK_BYTES) throw new RangeError(`could become ${bound} bytes`);
      return decompressFrame(compressed);
    },
  },
  zstd: {
    compress: (bytes) => zstdCompressAsync(bytes),
    decompress: (compressed, maxBytes) =>
      zstdDecompressAsync(compressed, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES }),
  },
} as const satisfies Record<string, KafkaCodec>;

const TYPES = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
} as const;

/**
 * Teaches kafkajs all of Kafka's compressions; by itself it knows gzip, without a limit, and crashes on the others. A batch
 * of records that does not decompress, or would become larger than `maxBatchBytes`, comes out as unreadable records.
 */
export function registerCodecs(maxBatchBytes: number): void {
  for (const name of Object.keys(TYPES) as (keyof typeof TYPES)[]) {
    const codec: KafkaCodec = CODECS[name];
    CompressionCodecs[TYPES[name]] = () => ({
      // kafkajs hands its encoder to the one and a buffer to the other.
      compress: (encoder: { readonly buffer: Buffer }) => codec.compress(encoder.buffer),
      decompress: async (compressed: Buffer) => {
        try {
          return await codec.decompress(compressed, maxBatchBytes);
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error);
          const records = standInRecords(compressed, `batch does not decompress (${name}): ${why}`);
          if (records === null) throw error;
          return records;
        }
      },
    });
  }
}
