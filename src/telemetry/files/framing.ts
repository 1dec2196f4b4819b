import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { MalformedError } from "../../contracts/errors.ts";
import { isBalanced } from "../json-keys.ts";
import type { BodyFormat } from "../otlp/decoder.ts";
import { compressionOf } from "./open-file.ts";

export interface Message {
  readonly format: BodyFormat;
  readonly bytes: Buffer;
}

const PREFIX_BYTES = 4;
const NEWLINE = 0x0a;
const HEAD_BYTES = 64;
const BLANKS = Buffer.from(" \t\r\n");
const BRACKETS = Buffer.from("{[");
const AFTER_BRACKET = Buffer.from('{[}]" \t\r\n');

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

  /** At most so many bytes, left where they are. */
  peek(byteCount: number): Buffer {
    return this.#bytes.subarray(this.#start, Math.min(this.#end, this.#start + byteCount));
  }
}

/** How a file holds its messages. `text` is lines or one document: the first line will tell. */
type Layout = "frames" | "text" | "lines" | "document" | "single";

/**
 * The messages of a file. Text is JSON lines when its first line is whole, else one JSON document. The rest are messages
 * behind a 4-byte big-endian length, each protobuf or JSON, packed by itself or not (the collector's file exporter writes
 * all of these), or one protobuf message without a length.
 *
 * @throws {MalformedError} when the file breaks off or claims a message over `maxMessageBytes`: what came before was good.
 */
export async function* messagesOf(chunks: AsyncIterable<Buffer>, maxMessageBytes: number): AsyncGenerator<Message> {
  const pending = new Pending();
  let layout: Layout | undefined;
  let searched = 0;
  try {
    for await (const chunk of chunks) {
      pending.push(chunk);
      layout ??= layoutOf(pending.peek(HEAD_BYTES));
      if (layout === "text") {
        const end = firstLineEnd(pending, searched);
        searched = end < 0 ? pending.length : 0;
        if (end >= 0) layout = isBalanced(pending.peek(end)) ? "lines" : "document";
      }
      if (layout === "frames") yield* framesOf(pending, maxMessageBytes);
      else if (layout === "lines") searched = yield* linesOf(pending, searched, maxMessageBytes);
      else if (pending.length > maxMessageBytes) throw tooLong(layout, maxMessageBytes);
    }
  } catch (error) {
    if (error instanceof MalformedError) throw error;
    throw new MalformedError(`cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
  const rest = pending.take(pending.length);
  if (layout === "frames" && rest.length > 0)
    throw new MalformedError("the file breaks off in the middle of a message");
  if (isBlank(rest)) return;
  yield { format: layout === "single" ? "protobuf" : "json", bytes: rest };
}

/** Undefined while there is too little to tell. A byte that begins text cannot begin a length: that would be over 150 MB. */
function layoutOf(head: Buffer): Layout | undefined {
  const first = head[0];
  if (first === undefined) return undefined;
  if (first !== NEWLINE) return isJsonStart(first) ? "text" : "frames";
  // A line break begins an unframed OTLP message as well; JSON goes on with a bracket and what may stand in one.
  const start = head.findIndex((byte) => !BLANKS.includes(byte));
  if (start < 0 || start + 1 >= head.length) return head.length < HEAD_BYTES ? undefined : "text";
  return BRACKETS.includes(head[start]!) && AFTER_BRACKET.includes(head[start + 1]!) ? "text" : "single";
}

/** Where the first line with anything in it ends; −1 when it has not ended yet. */
function firstLineEnd(pending: Pending, searched: number): number {
  for (let from = searched; ; ) {
    const end = pending.indexOf(NEWLINE, from);
    if (end < 0 || !isBlank(pending.peek(end))) return end;
    from = end + 1;
  }
}

/** Yields whole lines; returns how far the rest was searched already. */
function* linesOf(pending: Pending, searched: number, maxMessageBytes: number): Generator<Message, number> {
  let from = searched;
  for (;;) {
    const end = pending.indexOf(NEWLINE, from);
    if (end < 0) {
      if (pending.length > maxMessageBytes) throw tooLong("lines", maxMessageBytes);
      return pending.length;
    }
    from = 0;
    const line = pending.take(end + 1);
    if (!isBlank(line)) yield { format: "json", bytes: line };
  }
}

function tooLong(layout: Layout | undefined, maxMessageBytes: number): MalformedError {
  const what = layout === "document" || layout === "single" ? "the document" : "a line";
  return new MalformedError(`${what} is longer than ${maxMessageBytes} bytes (maxBodyBytes)`);
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
  return BRACKETS.includes(byte) || (byte !== NEWLINE && BLANKS.includes(byte));
}

function isBlank(line: Buffer): boolean {
  return line.every((byte) => BLANKS.includes(byte));
}
