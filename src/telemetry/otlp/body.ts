import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip, inflate, zstdDecompress } from "node:zlib";
import { MalformedError } from "../../contracts/errors.ts";
import type { Intake } from "./intake.ts";

/** A body over the limit, before or after decompression. */
export class TooLargeError extends Error {
  constructor(maxBodyBytes: number) {
    super(`body is larger than ${maxBodyBytes} bytes`);
    this.name = "TooLargeError";
  }
}

/** How much of an oversized body is read and thrown away, so that a modest sender gets the answer, not a reset. */
const DISCARD_FACTOR = 4;
const CHUNK_BYTES = 512 * 1024;

type Decompress = (data: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Promise<Buffer>;

const DECOMPRESSORS: Readonly<Record<string, Decompress>> = {
  gzip: promisify(gunzip) as Decompress,
  deflate: promisify(inflate) as Decompress,
  zstd: promisify(zstdDecompress) as Decompress,
};

export function isKnownEncoding(encoding: string): boolean {
  return encoding === "identity" || Object.hasOwn(DECOMPRESSORS, encoding);
}

/** A body and the bytes the intake holds for it; release them when it is done with. */
export interface ReceivedBody {
  readonly bytes: Uint8Array;
  readonly reservedBytes: number;
}

/**
 * Reads and decompresses the body of a request.
 *
 * @throws {TooLargeError} over `maxBodyBytes`, also after decompression.
 * @throws {MalformedError} when it does not decompress (counted in the ledger).
 * @throws {BusyError} when too many bytes are under way.
 */
export async function readBody(
  request: IncomingMessage,
  encoding: string,
  maxBodyBytes: number,
  intake: Intake,
): Promise<ReceivedBody> {
  let reservedBytes = 0;
  const reserve = (byteCount: number) => {
    intake.reserve(byteCount);
    reservedBytes += byteCount;
  };
  try {
    const received = await collect(request, maxBodyBytes, reserve);
    const decompress = DECOMPRESSORS[encoding];
    if (decompress === undefined || received.length === 0) return { bytes: received, reservedBytes };
    const bytes = await decompressed(decompress, received, maxBodyBytes);
    reserve(bytes.length);
    return { bytes, reservedBytes };
  } catch (error) {
    intake.release(reservedBytes);
    if (error instanceof MalformedError) intake.refuse();
    throw error;
  }
}

async function collect(
  request: IncomingMessage,
  maxBodyBytes: number,
  reserve: (byteCount: number) => void,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  let refusal: unknown;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > maxBodyBytes * DISCARD_FACTOR) break;
      if (refusal !== undefined) continue;
      try {
        if (length > maxBodyBytes) throw new TooLargeError(maxBodyBytes);
        reserve(chunk.length);
        chunks.push(chunk);
      } catch (error) {
        refusal = error;
        chunks.length = 0;
      }
    }
  } catch (error) {
    throw new Error("the sender went away in the middle of its body", { cause: error });
  }
  if (refusal !== undefined) throw refusal;
  return Buffer.concat(chunks, length);
}

async function decompressed(decompress: Decompress, received: Buffer, maxBodyBytes: number): Promise<Buffer> {
  try {
    return await decompress(received, { maxOutputLength: maxBodyBytes, chunkSize: CHUNK_BYTES });
  } catch (error) {
    if (error instanceof RangeError && (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
      throw new TooLargeError(maxBodyBytes);
    }
    throw new MalformedError(`body does not decompress: ${error instanceof Error ? error.message : String(error)}`);
  }
}
