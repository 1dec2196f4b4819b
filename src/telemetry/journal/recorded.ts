import { gunzipSync, inflateSync, zstdDecompressSync } from "node:zlib";
import { MalformedError } from "../../contracts/errors.ts";
import type { BodyPacking, JournalRecord } from "./record.ts";

type Unpack = (bytes: Uint8Array, options: { maxOutputLength: number }) => Uint8Array;

const UNPACK: Readonly<Record<BodyPacking, Unpack>> = {
  none: (bytes) => bytes,
  gzip: gunzipSync,
  zstd: zstdDecompressSync,
  deflate: inflateSync,
};

/** The body of a record, unpacked. @throws {MalformedError} when it does not unpack to at most `maxBodyBytes`. */
export function recordedBody(record: JournalRecord, maxBodyBytes: number): Uint8Array {
  try {
    return UNPACK[record.packing](record.bytes, { maxOutputLength: maxBodyBytes });
  } catch (error) {
    throw new MalformedError(`record ${record.sequence} does not unpack`, { cause: error });
  }
}
