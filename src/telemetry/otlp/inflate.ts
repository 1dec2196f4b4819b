import { promisify } from "node:util";
import {
  constants,
  createGunzip,
  createInflate,
  createZstdDecompress,
  gunzip,
  inflate,
  zstdDecompress,
} from "node:zlib";
import { MalformedError } from "../../contracts/errors.ts";

/** A body over the limit, before or after decompression. */
export class TooLargeError extends Error {
  constructor(maxBodyBytes: number) {
    super(`body is larger than ${maxBodyBytes} bytes`);
    this.name = "TooLargeError";
  }
}

/** How a body may be packed, by the names HTTP and gRPC share. */
export const ENCODINGS = ["identity", "gzip", "deflate", "zstd"] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** What a body says of its own size is believed up to this; deflate can reach 1,032, telemetry hardly 40. */
const CREDIBLE_RATIO = 64;
/** Spans are packed six to ten times smaller; the few bodies beyond this cost a second pass. */
const USUAL_RATIO = 16;
const MIN_ROOM_BYTES = 64 * 1024;
const COUNTING_CHUNK_BYTES = 64 * 1024;
/** 16 MiB: twice what RFC 8878 asks a decoder for. A frame may ask for 128 MiB in its first bytes. */
const ZSTD_OPTIONS = { params: { [constants.ZSTD_d_windowLogMax]: 24 } };

type Options = { readonly maxOutputLength: number; readonly chunkSize: number };
type Whole = (packed: Uint8Array, options: Options) => Promise<Buffer>;

const WHOLE: Readonly<Record<Exclude<Encoding, "identity">, Whole>> = {
  gzip: promisify(gunzip) as Whole,
  deflate: promisify(inflate) as Whole,
  zstd: (packed, options) => (promisify(zstdDecompress) as Whole)(packed, { ...ZSTD_OPTIONS, ...options }),
};

const STREAMS = {
  gzip: (chunkSize: number) => createGunzip({ chunkSize }),
  deflate: (chunkSize: number) => createInflate({ chunkSize }),
  zstd: (chunkSize: number) => createZstdDecompress({ ...ZSTD_OPTIONS, chunkSize }),
} as const;

export function encodingOf(name: string): Encoding | undefined {
  return ENCODINGS.find((known) => known === name);
}

/**
 * Unpacks a body off the event loop. Memory is reserved before it is used: as much as the body says it needs, or as much as
 * bodies usually do. One that turns out larger is first measured without being kept, so that a bomb costs time but no memory.
 *
 * @throws {TooLargeError} when it unpacks to more than `maxBytes`.
 * @throws {MalformedError} when it does not unpack.
 * Whatever `reserve` throws comes out as it is.
 */
export async function unpacked(
  encoding: Encoding,
  packed: Buffer,
  maxBytes: number,
  reserve: (byteCount: number) => void,
): Promise<Buffer> {
  if (encoding === "identity" || packed.length === 0) return packed;
  const room = roomFor(encoding, packed, maxBytes);
  reserve(room);
  try {
    const whole = await unpackInto(room, encoding, packed);
    if (whole !== undefined) return whole;
    const length = await unpackedLength(encoding, packed, maxBytes);
    reserve(length - room);
    return (await unpackInto(length, encoding, packed))!;
  } catch (error) {
    if (error instanceof TooLargeError || !isZlibError(error)) throw error;
    throw new MalformedError(`body is no ${encoding}: ${error.message}`);
  }
}

/** The body, or undefined when it does not fit. One chunk for all of it: nothing is copied. */
async function unpackInto(
  room: number,
  encoding: Exclude<Encoding, "identity">,
  packed: Buffer,
): Promise<Buffer | undefined> {
  try {
    return await WHOLE[encoding](packed, { maxOutputLength: room, chunkSize: room + 64 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") return undefined;
    throw error;
  }
}

async function unpackedLength(
  encoding: Exclude<Encoding, "identity">,
  packed: Buffer,
  maxBytes: number,
): Promise<number> {
  const stream = STREAMS[encoding](COUNTING_CHUNK_BYTES);
  stream.end(packed);
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new TooLargeError(maxBytes);
  }
  return length;
}

function roomFor(encoding: Encoding, packed: Buffer, maxBytes: number): number {
  const claimed = encoding === "gzip" ? gzipClaim(packed) : encoding === "zstd" ? zstdClaim(packed) : undefined;
  const isCredible =
    claimed !== undefined && claimed > 0 && claimed <= Math.min(maxBytes, packed.length * CREDIBLE_RATIO);
  return isCredible ? claimed : Math.min(maxBytes, Math.max(MIN_ROOM_BYTES, packed.length * USUAL_RATIO));
}

/** Length of the last (nearly always the only) member, from its trailer. Source: RFC 1952, 2.3.1. */
function gzipClaim(packed: Buffer): number | undefined {
  return packed.length < 18 ? undefined : packed.readUInt32LE(packed.length - 4);
}

/** Content size in the header of the first frame, where it is told. Source: RFC 8878, 3.1.1.1. */
function zstdClaim(packed: Buffer): number | undefined {
  if (packed.length < 18 || packed.readUInt32LE(0) !== 0xfd2fb528) return undefined;
  const descriptor = packed[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  switch (descriptor >> 6) {
    case 0:
      return isSingleSegment ? packed[at] : undefined;
    case 1:
      return packed.readUInt16LE(at) + 256;
    case 2:
      return packed.readUInt32LE(at);
    default:
      return Number(packed.readBigUInt64LE(at));
  }
}

function isZlibError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && /^(Z_|ZSTD_|ERR_)/.test(String((error as NodeJS.ErrnoException).code));
}
