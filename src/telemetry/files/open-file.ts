import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { SettingsError } from "../../contracts/errors.ts";

export const CHUNK_BYTES = 256 * 1024;

const HEAD_BYTES = 4;

export type Compression = "none" | "gzip" | "zstd";

/** What a file or message is packed in, told by its first bytes. No OTLP message begins like these. */
export function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return "gzip";
  if (head[0] === 0x28 && head[1] === 0xb5 && head[2] === 0x2f && head[3] === 0xfd) return "zstd";
  return "none";
}

/** The bytes of a file in chunks, unpacked. @throws {SettingsError} naming the path when it cannot be opened. */
export async function openFile(path: string): Promise<AsyncIterable<Buffer>> {
  return unpacked(createReadStream(path, { highWaterMark: CHUNK_BYTES }), await headOf(path));
}

/** The same of a stream that has begun, whose first bytes only reading tells. */
export async function openStream(stream: Readable): Promise<AsyncIterable<Buffer>> {
  const reader = stream[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let length = 0;
  while (length < HEAD_BYTES) {
    const { done, value } = await reader.next();
    if (done) break;
    chunks.push(value);
    length += value.length;
  }
  const rest: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => reader };
  return unpacked(Readable.from(joined(chunks, rest), { objectMode: false }), Buffer.concat(chunks));
}

async function* joined(first: readonly Buffer[], rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* first;
  yield* rest;
}

function unpacked(stream: Readable, head: Uint8Array): AsyncIterable<Buffer> {
  const compression = compressionOf(head);
  if (compression === "none") return stream;
  const unpack =
    compression === "gzip"
      ? createGunzip({ chunkSize: CHUNK_BYTES })
      : createZstdDecompress({ chunkSize: CHUNK_BYTES });
  // Errors come out of the iteration; the callback only keeps them from being thrown a second time.
  return pipeline(stream, unpack, () => {});
}

async function headOf(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path, "r");
    try {
      const head = new Uint8Array(HEAD_BYTES);
      await file.read(head, 0, HEAD_BYTES, 0);
      return head;
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** Names in a folder, sorted; null when `path` is a file. @throws {SettingsError} when it is neither. */
export async function namesIn(path: string): Promise<readonly string[] | null> {
  try {
    if (!(await stat(path)).isDirectory()) return null;
    return (await readdir(path)).sort();
  } catch (error) {
    throw unreadable(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  EACCES: "may not be read by this user",
  EPERM: "may not be read by this user",
  EISDIR: "is a folder, not a file",
  ENOTDIR: "does not exist",
};

/** What a user is told of a path that cannot be read. */
export function unreadable(path: string, error: unknown): SettingsError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  return new SettingsError("recording", path, REASONS[code] ?? `cannot be read (${code || String(error)})`);
}
