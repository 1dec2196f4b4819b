import { MalformedError } from "../../contracts/errors.ts";
import type { Signal } from "./decoder.ts";
import { type FieldRow, MESSAGES, type MessageName } from "./messages.ts";
import { signedText, WIRE, WireReader } from "./wire.ts";

const MAX_DEPTH = 32;
const BASE: Readonly<Record<Signal, MessageName>> = { traces: "TracesData", metrics: "MetricsData" };

/**
 * OTLP JSON of a protobuf body: hex ids, numeric enums, 64-bit integers as strings, fields of value 0 left out as protobuf
 * leaves them. Everything OTLP 1.x defines for traces and metrics survives; unknown fields do not.
 *
 * @throws {MalformedError} when the bytes are not protobuf of that shape or nest deeper than 32 messages.
 */
export function toJson(signal: Signal, body: Uint8Array): string {
  const reader = new WireReader();
  reader.reset(body);
  return JSON.stringify(readMessage(reader, body.length, BASE[signal], 0));
}

function readMessage(reader: WireReader, end: number, name: MessageName, depth: number): Record<string, unknown> {
  if (depth > MAX_DEPTH) throw new MalformedError(`nested deeper than ${MAX_DEPTH} messages`);
  const fields = MESSAGES[name];
  const message: Record<string, unknown> = {};
  while (reader.position < end) {
    const tag = reader.tag(end);
    const field = fields[tag >>> 3];
    if (field === undefined || !isWireTypeOf(field, tag & 7)) {
      reader.skip(tag, end);
      continue;
    }
    if (field.isRepeated) {
      message[field.name] ??= [];
      readRepeated(reader, end, tag & 7, field, depth, message[field.name] as unknown[]);
    } else message[field.name] = readValue(reader, end, field, depth);
  }
  return message;
}

/** Numbers that repeat come packed into one field, or one by one. */
function readRepeated(
  reader: WireReader,
  end: number,
  wire: number,
  field: FieldRow,
  depth: number,
  list: unknown[],
): void {
  const isPacked = wire === WIRE.bytes && wireTypeOf(field) !== WIRE.bytes;
  if (!isPacked) {
    list.push(readValue(reader, end, field, depth));
    return;
  }
  const packedEnd = reader.bytesEnd(end);
  while (reader.position < packedEnd) list.push(readValue(reader, packedEnd, field, depth));
}

function readValue(reader: WireReader, end: number, field: FieldRow, depth: number): unknown {
  const { type } = field;
  switch (type) {
    case "bool": {
      const low = reader.varint(end);
      return low !== 0 || reader.high !== 0;
    }
    case "int64": {
      const low = reader.varint(end);
      return signedText(reader.high, low);
    }
    case "enum":
    case "int32":
      return reader.varint(end) | 0;
    case "uint32":
      return reader.varint(end);
    case "uint64": {
      const low = reader.varint(end);
      return ((BigInt(reader.high) << 32n) | BigInt(low)).toString();
    }
    case "sint32": {
      const zigzag = reader.varint(end);
      return (zigzag >>> 1) ^ -(zigzag & 1);
    }
    case "fixed32": {
      const at = reader.position;
      reader.skip(WIRE.fixed32, end);
      return reader.view.getUint32(at, true);
    }
    case "fixed64":
      return reader.view.getBigUint64(reader.fixed64(end), true).toString();
    case "sfixed64":
      return reader.view.getBigInt64(reader.fixed64(end), true).toString();
    case "double":
      return jsonDouble(reader.double(end));
    case "string":
      return readBytes(reader, end).toString("utf8");
    case "hex":
      return readBytes(reader, end).toString("hex");
    case "base64":
      return readBytes(reader, end).toString("base64");
    default:
      return readMessage(reader, reader.bytesEnd(end), type, depth + 1);
  }
}

function readBytes(reader: WireReader, end: number): Buffer {
  const bytesEnd = reader.bytesEnd(end);
  const { bytes } = reader;
  const found = Buffer.from(bytes.buffer, bytes.byteOffset + reader.position, bytesEnd - reader.position);
  reader.position = bytesEnd;
  return found;
}

/** JSON has no word for these. */
function jsonDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function isWireTypeOf(field: FieldRow, wire: number): boolean {
  return wire === wireTypeOf(field) || (field.isRepeated && wire === WIRE.bytes);
}

function wireTypeOf(field: FieldRow): number {
  switch (field.type) {
    case "bool":
    case "int32":
    case "int64":
    case "uint32":
    case "uint64":
    case "sint32":
    case "enum":
      return WIRE.varint;
    case "double":
    case "fixed64":
    case "sfixed64":
      return WIRE.fixed64;
    case "fixed32":
      return WIRE.fixed32;
    default:
      return WIRE.bytes;
  }
}
