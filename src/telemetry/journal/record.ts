import { crc32 } from "node:zlib";
import type { Encoding } from "../encodings.ts";
import type { LogPosition } from "../log-source.ts";
import type { Signal } from "../otlp/decoder.ts";
import type { Fingerprint } from "./fingerprint.ts";

/** What a body is packed in, as its sender sent it. */
export type BodyPacking = (typeof PACKINGS)[number];

/** A body as it was sent, and what has to be known of it to read it again. */
export interface JournalEntry {
  readonly signal: Signal;
  readonly encoding: Encoding;
  readonly packing: BodyPacking;
  readonly bytes: Uint8Array;
  readonly fingerprint: Fingerprint;
  /** Spans or data points in it that were taken. */
  readonly itemCount: number;
  /** Where in a partitioned log it came from. */
  readonly source: LogPosition | null;
}

/** An entry with its place in the one order of everything that was accepted. */
export interface JournalRecord extends JournalEntry {
  readonly sequence: number;
  /** Wall clock when it was accepted, unix seconds. */
  readonly receivedSeconds: number;
}

/** What a header says; the body lies behind it. */
export interface RecordHeader extends Omit<JournalRecord, "bytes"> {
  readonly headerBytes: number;
  readonly bodyBytes: number;
}

/** First bytes of every record, "SPRC": where the next one begins is found again by them when one is broken. */
export const RECORD_MARK = Buffer.from("SPRC", "latin1");
export const HEADER_BYTES_MIN = 60;
export const HEADER_BYTES_MAX = HEADER_BYTES_MIN + 512;

/** Numbers in the file are places in these lists: only ever append. */
const SIGNALS = ["traces", "metrics"] as const satisfies readonly Signal[];
const ENCODINGS = [
  "otlp_proto",
  "otlp_json",
  "jaeger_proto",
  "jaeger_json",
  "zipkin_json",
] as const satisfies readonly Encoding[];
const PACKINGS = ["none", "gzip", "zstd", "deflate"] as const;
const NO_PARTITION = -1;
/** Behind mark and checksum, which the checksum does not cover. */
const CHECKED_FROM = 8;

/** The header that goes in front of a body. `docs/journal.md` draws its bytes. @throws {RangeError} for a topic over 512 bytes. */
export function encodeHeader(entry: JournalEntry, sequence: number, receivedSeconds: number): Buffer {
  const topic = Buffer.from(entry.source?.topic ?? "");
  const header = Buffer.alloc(HEADER_BYTES_MIN + topic.length);
  if (header.length > HEADER_BYTES_MAX) throw new RangeError(`a topic of ${topic.length} bytes is too long`);
  header.set(RECORD_MARK, 0);
  header.writeUInt16LE(header.length, 8);
  header[10] = SIGNALS.indexOf(entry.signal);
  header[11] = ENCODINGS.indexOf(entry.encoding);
  header[12] = PACKINGS.indexOf(entry.packing);
  header.writeBigUInt64LE(BigInt(sequence), 16);
  header.writeDoubleLE(receivedSeconds, 24);
  header.writeUInt32LE(entry.bytes.length, 32);
  header.writeUInt32LE(entry.fingerprint.crc, 36);
  header.writeUInt32LE(entry.fingerprint.mix, 40);
  header.writeInt32LE(entry.source?.partition ?? NO_PARTITION, 44);
  header.writeBigInt64LE(entry.source?.offset ?? 0n, 48);
  header.writeUInt32LE(entry.itemCount, 56);
  header.set(topic, HEADER_BYTES_MIN);
  header.writeUInt32LE(crc32(header.subarray(CHECKED_FROM)), 4);
  return header;
}

/** The header at the beginning of `bytes`; null when there is none that is whole and true to its checksum. */
export function decodeHeader(bytes: Buffer): RecordHeader | null {
  if (bytes.length < HEADER_BYTES_MIN || !bytes.subarray(0, 4).equals(RECORD_MARK)) return null;
  const headerBytes = bytes.readUInt16LE(8);
  if (headerBytes < HEADER_BYTES_MIN || headerBytes > bytes.length) return null;
  const header = bytes.subarray(0, headerBytes);
  if (crc32(header.subarray(CHECKED_FROM)) !== header.readUInt32LE(4)) return null;
  const signal = SIGNALS[header[10]!];
  const encoding = ENCODINGS[header[11]!];
  const packing = PACKINGS[header[12]!];
  if (signal === undefined || encoding === undefined || packing === undefined) return null;
  const partition = header.readInt32LE(44);
  const topic = header.toString("utf8", HEADER_BYTES_MIN);
  return {
    headerBytes,
    signal,
    encoding,
    packing,
    sequence: Number(header.readBigUInt64LE(16)),
    receivedSeconds: header.readDoubleLE(24),
    bodyBytes: header.readUInt32LE(32),
    fingerprint: { crc: header.readUInt32LE(36), mix: header.readUInt32LE(40), byteCount: header.readUInt32LE(32) },
    itemCount: header.readUInt32LE(56),
    source: partition === NO_PARTITION ? null : { topic, partition, offset: header.readBigInt64LE(48) },
  };
}
