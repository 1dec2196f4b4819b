import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { MalformedError } from "../../contracts/errors.ts";
import type { BodyFormat } from "../otlp/decoder.ts";
import { compressionOf } from "./open-file.ts";

export interface Message {
  readonly format: BodyFormat;
  readonly bytes: Buffer;
}

const PREFIX_BYTES = 4;
const NEWLINE = 0x0a;

/**
 * Bytes that have come but not been used, in one piece. What was taken stays as it is: new bytes go behind, or all that
 * is pending moves to a larger buffer.
 */
class Pending {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Buffer): void {
    const { length } = this;
    if (length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      return;
    }
    if (this.#end + chunk.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow((length + chunk.length) * 2);
      this.#bytes.copy(larger, 0, this.#start, this.#end);
      this.#bytes = larger;
      this.#start = 0;
      this.#end = length;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  take(byteCount: number): Buffer {
    const taken = this.#bytes.subarray(this.#start, this.#start + byteCount);
    this.#start += byteCount;
    return taken;
  }

  indexOf(byte: number, from: number): number {
    const at = this.#bytes.subarray(this.#start + from, this.#end).indexOf(byte);
    return at < 0 ? -1 : at + from;
  }

  peekUInt32BE(): number {
    return this.#bytes.readUInt32BE(this.#start);
  }

  firstByte(): number {
    return this.#bytes[this.#start]!;
  }
}

/**
 * The messages of a file: JSON lines when it begins with `{`, else messages behind a 4-byte big-endian length, each
 * protobuf or JSON, packed by itself or not (the collector's file exporter writes all of these).
 *
 * @throws {MalformedError} when the file breaks off or claims a message over `maxMessageBytes`: what came before was good.
 */
export async function* messagesOf(chunks: AsyncIterable<Buffer>, maxMessageBytes: number): AsyncGenerator<Message> {
  const pending = new Pending();
  let isLines: boolean | undefined;
  let searched = 0;
  try {
    for await (const chunk of chunks) {
      pending.push(chunk);
      if (isLines === undefined && pending.length > 0) isLines = isTextStart(pending.firstByte());
      if (isLines) searched = yield* linesOf(pending, searched, maxMessageBytes);
      else yield* framesOf(pending, maxMessageBytes);
    }
  } catch (error) {
    if (error instanceof MalformedError) throw error;
    throw new MalformedError(`cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (pending.length === 0) return;
  if (!isLines) throw new MalformedError("the file breaks off in the middle of a message");
  const line = pending.take(pending.length);
  if (!isBlank(line)) yield { format: "json", bytes: line };
}

/** Yields whole lines; returns how far the rest was searched already. */
function* linesOf(pending: Pending, searched: number, maxMessageBytes: number): Generator<Message, number> {
  let from = searched;
  for (;;) {
    const end = pending.indexOf(NEWLINE, from);
    if (end < 0) {
      if (pending.length > maxMessageBytes) throw new MalformedError(`a line is longer than ${maxMessageBytes} bytes`);
      return pending.length;
    }
    from = 0;
    const line = pending.take(end + 1);
    if (!isBlank(line)) yield { format: "json", bytes: line };
  }
}

function* framesOf(pending: Pending, maxMessageBytes: number): Generator<Message> {
  while (pending.length >= PREFIX_BYTES) {
    const length = pending.peekUInt32BE();
    if (length > maxMessageBytes) throw new MalformedError(`a message of ${length} bytes is over ${maxMessageBytes}`);
    if (pending.length < PREFIX_BYTES + length) return;
    pending.take(PREFIX_BYTES);
    const bytes = unpacked(pending.take(length), maxMessageBytes);
    yield { format: isJsonStart(bytes[0] ?? 0) ? "json" : "protobuf", bytes };
  }
}

function unpacked(bytes: Buffer, maxOutputLength: number): Buffer {
  const compression = compressionOf(bytes);
  if (compression === "none") return bytes;
  return compression === "gzip"
    ? gunzipSync(bytes, { maxOutputLength })
    : zstdDecompressSync(bytes, { maxOutputLength });
}

function isJsonStart(byte: number): boolean {
  return byte === 0x7b || byte === 0x20 || byte === 0x0d;
}

/** A line break cannot begin a length: that would be over 160 MB. */
function isTextStart(byte: number): boolean {
  return isJsonStart(byte) || byte === NEWLINE;
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09);
}
