import { MalformedError } from "../../contracts/errors.ts";

/** Protobuf wire types. Groups (3, 4) were never part of OTLP and are refused. */
export const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;

const NOTHING = new Uint8Array(0);

/**
 * Reads protobuf off a byte array, never past the end it is told.
 * A field's tag is `number << 3 | wire type`; compare whole tags, so that a known field in a wrong wire type is skipped
 * as the unknown field it is.
 */
export class WireReader {
  bytes: Uint8Array = NOTHING;
  view: DataView = new DataView(NOTHING.buffer);
  position = 0;
  /** Upper 32 bits of the last varint. */
  high = 0;

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.position = 0;
  }

  /** Lower 32 bits of the next varint, unsigned; `high` holds the rest. */
  varint(end: number): number {
    const at = this.position;
    if (at < end) {
      const first = this.bytes[at]!;
      if (first < 0x80) {
        this.position = at + 1;
        this.high = 0;
        return first;
      }
    }
    return this.#longVarint(end);
  }

  /** The next tag. @throws {MalformedError} for field number 0. */
  tag(end: number): number {
    const tag = this.varint(end);
    if (tag < 8 || this.high !== 0) throw new MalformedError(`field number out of range at byte ${this.position}`);
    return tag;
  }

  /** Reads a length and returns where the field's bytes end; they begin at `position`. */
  bytesEnd(end: number): number {
    const length = this.varint(end);
    if (this.high !== 0 || length > end - this.position) {
      throw new MalformedError(`length ${length} at byte ${this.position} runs past its message`);
    }
    return this.position + length;
  }

  /** Moves over a 64-bit field and returns where it began. */
  fixed64(end: number): number {
    const at = this.position;
    if (end - at < 8) throw new MalformedError(`truncated at byte ${at}`);
    this.position = at + 8;
    return at;
  }

  double(end: number): number {
    return this.view.getFloat64(this.fixed64(end), true);
  }

  /** Moves over the value of a field nobody asked for. */
  skip(tag: number, end: number): void {
    switch (tag & 7) {
      case WIRE.varint:
        this.varint(end);
        break;
      case WIRE.fixed64:
        this.fixed64(end);
        break;
      case WIRE.bytes:
        this.position = this.bytesEnd(end);
        break;
      case WIRE.fixed32:
        if (end - this.position < 4) throw new MalformedError(`truncated at byte ${this.position}`);
        this.position += 4;
        break;
      default:
        throw new MalformedError(`wire type ${tag & 7} at byte ${this.position}`);
    }
  }

  #longVarint(end: number): number {
    const start = this.position;
    let at = start;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (at >= end) throw new MalformedError(`truncated at byte ${at}`);
      const byte = this.bytes[at]!;
      at += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high |= bits >>> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.position = at;
        this.high = high >>> 0;
        return low >>> 0;
      }
    }
    throw new MalformedError(`varint longer than 10 bytes at byte ${start}`);
  }
}

/** A signed 64-bit integer as decimal text. */
export function signedText(high: number, low: number): string {
  if (high === 0) return String(low);
  return BigInt.asIntN(64, (BigInt(high) << 32n) | BigInt(low)).toString();
}
