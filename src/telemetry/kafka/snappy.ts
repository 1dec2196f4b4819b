import { compress, uncompress } from "snappyjs";

/** Head of a stream as snappy-java writes it: magic, version 1, compatible with 1. */
const STREAM_HEAD = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00, 0, 0, 0, 1, 0, 0, 0, 1]);
const MAGIC_BYTES = 8;
const CHUNK_BYTES = 32 * 1024;

/**
 * Kafka's Snappy comes in two forms: the stream of snappy-java (chunks with their lengths in front, written by the Java
 * client, Sarama and kafkajs) and one plain block (librdkafka, franz-go). Which it is shows in the first bytes.
 *
 * @throws {RangeError} when it would become larger than `maxBytes`, or is cut short.
 */
export function decompressSnappy(compressed: Buffer, maxBytes: number): Buffer {
  if (!startsStream(compressed, 0)) return uncompress(compressed, maxBytes);
  const chunks: Buffer[] = [];
  let byteCount = 0;
  for (let at = 0; at < compressed.length; ) {
    // Streams may be joined one after another.
    if (startsStream(compressed, at)) {
      at += STREAM_HEAD.length;
      continue;
    }
    if (at + 4 > compressed.length) throw new RangeError("snappy stream is cut short");
    const end = at + 4 + compressed.readUInt32BE(at);
    if (end > compressed.length) throw new RangeError("snappy stream is cut short");
    const chunk = uncompress(compressed.subarray(at + 4, end), maxBytes - byteCount);
    chunks.push(chunk);
    byteCount += chunk.length;
    at = end;
  }
  return Buffer.concat(chunks, byteCount);
}

/** As a stream, which every client of Kafka reads. */
export function compressSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = [STREAM_HEAD];
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
    const chunk = compress(bytes.subarray(at, at + CHUNK_BYTES));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(chunk.length);
    parts.push(length, chunk);
  }
  return Buffer.concat(parts);
}

function startsStream(bytes: Buffer, at: number): boolean {
  return (
    bytes.length >= at + STREAM_HEAD.length && bytes.compare(STREAM_HEAD, 0, MAGIC_BYTES, at, at + MAGIC_BYTES) === 0
  );
}
