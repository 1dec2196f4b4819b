import { crc32 } from "node:zlib";
import { ValueReader } from "./value-reader.ts";
import { ValueWriter } from "./value-writer.ts";

/** First bytes of a head: "SPANTWIN", checkpoint. */
const MAGIC = Buffer.from("SPTWCKPT");
/** Of the layout of the files; what stands in them is told apart by the identity. */
export const FORMAT = 1;
const FRAME_BYTES = MAGIC.length + 8;

/** Part of the state with bytes of its own, in the same file as the head, in this order. */
export interface Section {
  readonly name: string;
  readonly length: number;
  readonly checksum: number;
}

/** Where pieces stand, as columns: row i of each is of one piece. */
export interface PieceTable {
  readonly number: Float64Array;
  /** Row of `files`. */
  readonly file: Uint32Array;
  readonly offset: Float64Array;
  readonly length: Float64Array;
  readonly checksum: Uint32Array;
}

/** What a checkpoint consists of. */
export interface Head {
  readonly format: typeof FORMAT;
  readonly sequence: number;
  readonly identity: Readonly<Record<string, string>>;
  /** Given by the caller. */
  readonly position: unknown;
  readonly sections: readonly Section[];
  readonly files: readonly string[];
  readonly pieces: PieceTable;
}

const NOTHING_ELSE = { anchorOf: () => undefined, classes: [] };

/** The head as bytes: magic, length, checksum, content; the sections follow. */
export function encodeHead(head: Head): Buffer {
  const pieceOf = (): never => {
    throw new TypeError("a position must hold nothing that is frozen");
  };
  const content = new ValueWriter({ ...NOTHING_ELSE, pieceOf }).write(head);
  const frame = Buffer.alloc(FRAME_BYTES);
  MAGIC.copy(frame);
  frame.writeUInt32LE(content.byteLength, MAGIC.length);
  frame.writeUInt32LE(crc32(content), MAGIC.length + 4);
  return Buffer.concat([frame, content]);
}

/** @throws {RangeError} saying what is wrong with the bytes */
export function decodeHead(bytes: Buffer): { readonly head: Head; readonly sectionsBegin: number } {
  if (bytes.length < FRAME_BYTES || !bytes.subarray(0, MAGIC.length).equals(MAGIC))
    throw new RangeError("it does not begin as a checkpoint does");
  const end = FRAME_BYTES + bytes.readUInt32LE(MAGIC.length);
  const content = bytes.subarray(FRAME_BYTES, end);
  if (end > bytes.length || crc32(content) !== bytes.readUInt32LE(MAGIC.length + 4))
    throw new RangeError("its head is torn or has flipped bits");
  const unknown = (what: string) => (): never => {
    throw new RangeError(`its head refers to ${what}`);
  };
  const reader = new ValueReader(content, { anchor: unknown("an object"), piece: unknown("a piece"), classes: [] });
  const head = reader.read() as Head;
  if (head.format !== FORMAT) throw new RangeError(`it has format ${head.format}, and this version writes ${FORMAT}`);
  return { head, sectionsBegin: end };
}
