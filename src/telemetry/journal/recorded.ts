import { gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { MalformedError } from "../../contracts/errors.ts";
import type { BodyFormat } from "../otlp/decoder.ts";
import type { BodyEncoding, BodyPacking, JournalRecord } from "./record.ts";

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const UNPACK: Readonly<Record<BodyPacking, Unpack>> = {
  none: (bytes) => bytes,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
  deflate: inflateSync,
};
const FORMATS: Readonly<Partial<Record<BodyEncoding, BodyFormat>>> = { otlp_proto: "protobuf", otlp_json: "json" };

/**
 * The body of a record, unpacked, and what it is written in.
 *
 * @throws {MalformedError} when it does not unpack to at most `maxBodyBytes`, or is in an encoding that is not read here.
 */
export function recordedBody(record: JournalRecord, maxBodyBytes: number): { format: BodyFormat; bytes: Uint8Array } {
  const format = FORMATS[record.encoding];
  if (format === undefined) throw new MalformedError(`${record.encoding} is not read from a journal`);
  try {
    return { format, bytes: UNPACK[record.packing](record.bytes, { maxOutputLength: maxBodyBytes }) };
  } catch (error) {
    throw new MalformedError(`record ${record.sequence} does not unpack`, { cause: error });
  }
}
