import { type FileHandle, open } from "node:fs/promises";
import { crc32 } from "node:zlib";
import { decodeHeader, HEADER_BYTES_MAX, HEADER_BYTES_MIN, RECORD_MARK, type RecordHeader } from "./record.ts";

/** "SPJOURN1": a segment of the first version. */
export const SEGMENT_MAGIC = Buffer.from("SPJOURN1", "latin1");

/** A piece of a segment, in the order of the file. */
export type SegmentPart =
  | { readonly kind: "record"; readonly header: RecordHeader; readonly body: Buffer | null; readonly end: number }
  /** Bytes that are no whole record; `isTail` when nothing good comes after them. */
  | { readonly kind: "damage"; readonly byteCount: number; readonly isTail: boolean; readonly end: number };

const WINDOW_BYTES = 1024 * 1024;
const HEADERS_WINDOW_BYTES = 16 * 1024;

/** Bytes of a file by position, read in pieces; every piece is a buffer of its own, so what was handed out stays as it is. */
class FileWindow {
  readonly #file: FileHandle;
  readonly #pieceBytes: number;
  #bytes = Buffer.alloc(0);
  #at = 0;

  constructor(file: FileHandle, pieceBytes: number) {
    this.#file = file;
    this.#pieceBytes = pieceBytes;
  }

  /** The bytes from `at`, `byteCount` of them or as many as the file has. */
  async read(at: number, byteCount: number): Promise<Buffer> {
    if (at < this.#at || at + byteCount > this.#at + this.#bytes.length) {
      const piece = Buffer.allocUnsafeSlow(Math.max(byteCount, this.#pieceBytes));
      let length = 0;
      while (length < piece.length) {
        const { bytesRead } = await this.#file.read(piece, length, piece.length - length, at + length);
        if (bytesRead === 0) break;
        length += bytesRead;
      }
      this.#bytes = piece.subarray(0, length);
      this.#at = at;
    }
    return this.#bytes.subarray(at - this.#at, at - this.#at + byteCount);
  }
}

/**
 * The records of a segment and the damage between them. A record whose header or body is not true to its checksum is
 * damage; reading goes on at the next that is whole. Never fails for what stands in the file.
 *
 * @param options.withBodies false reads headers only and believes that the bodies behind them are good
 */
export async function* segmentParts(path: string, options: { withBodies: boolean }): AsyncGenerator<SegmentPart> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const window = new FileWindow(file, options.withBodies ? WINDOW_BYTES : HEADERS_WINDOW_BYTES);
    let at = await lengthOfMagic(window);
    let goodUntil = at;
    while (at < size) {
      const header = decodeHeader(await window.read(at, HEADER_BYTES_MAX));
      const end = header === null ? 0 : at + header.headerBytes + header.bodyBytes;
      const isHere = header !== null && end <= size;
      const body = isHere && options.withBodies ? await bodyAt(window, at, header) : null;
      if (!isHere || (options.withBodies && body === null)) {
        // A body that is broken says where it ends; a header that is broken says nothing.
        at = await nextMark(window, isHere ? end : at + 1, size);
        continue;
      }
      if (at > goodUntil) yield { kind: "damage", byteCount: at - goodUntil, isTail: false, end: at };
      yield { kind: "record", header, body, end };
      at = end;
      goodUntil = end;
    }
    if (size > goodUntil) yield { kind: "damage", byteCount: size - goodUntil, isTail: true, end: goodUntil };
  } finally {
    await file.close();
  }
}

/** The magic is no more than a help for people: a segment without it is searched from its first byte. */
async function lengthOfMagic(window: FileWindow): Promise<number> {
  const head = await window.read(0, SEGMENT_MAGIC.length);
  const mark = await window.read(SEGMENT_MAGIC.length, RECORD_MARK.length);
  return head.equals(SEGMENT_MAGIC) || mark.equals(RECORD_MARK) ? SEGMENT_MAGIC.length : 0;
}

async function bodyAt(window: FileWindow, at: number, header: RecordHeader): Promise<Buffer | null> {
  const bytes = await window.read(at, header.headerBytes + header.bodyBytes);
  const body = bytes.subarray(header.headerBytes);
  return crc32(body) === header.fingerprint.crc ? body : null;
}

async function nextMark(window: FileWindow, from: number, size: number): Promise<number> {
  for (let at = from; at < size; at += WINDOW_BYTES - RECORD_MARK.length + 1) {
    const piece = await window.read(at, WINDOW_BYTES);
    const found = piece.indexOf(RECORD_MARK);
    if (found >= 0 && at + found + HEADER_BYTES_MIN <= size) return at + found;
  }
  return size;
}
