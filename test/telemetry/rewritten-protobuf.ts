import { MESSAGES, type MessageName } from "../../src/telemetry/otlp/messages.ts";
import { WIRE, WireReader } from "../../src/telemetry/otlp/wire.ts";

/** How the same message is written another way. */
export interface Rewriting {
  /** Fields of a message in the order in which they are to stand; those of one number must keep theirs. */
  order(fields: readonly Field[]): readonly Field[];
  /** Bytes that a varint is stretched to with padding that says nothing; at most 10. */
  readonly varintBytes: number;
}

export interface Field {
  readonly number: number;
  readonly wireType: number;
  /** Without the length of what has one. */
  readonly content: Uint8Array;
}

/** The message as another encoder might have written it: equal to every reader that follows the specification. */
export function rewritten(message: MessageName, body: Uint8Array, by: Rewriting): Uint8Array {
  const rows = MESSAGES[message];
  const fields = fieldsOf(body).map((field): Field => {
    const type = rows[field.number]?.type;
    const isMessage = type !== undefined && Object.hasOwn(MESSAGES, type) && field.wireType === WIRE.bytes;
    return isMessage ? { ...field, content: rewritten(type as MessageName, field.content, by) } : field;
  });
  return Buffer.concat(
    by.order(fields).flatMap(({ number, wireType, content }) => {
      const tag = varint((number << 3) | wireType, by.varintBytes);
      return wireType === WIRE.bytes ? [tag, varint(content.length, by.varintBytes), content] : [tag, content];
    }),
  );
}

export function fieldsOf(body: Uint8Array): Field[] {
  const reader = new WireReader();
  reader.reset(body);
  const fields: Field[] = [];
  while (reader.position < body.length) {
    const tag = reader.tag(body.length);
    let start = reader.position;
    if ((tag & 7) === WIRE.bytes) {
      const end = reader.bytesEnd(body.length);
      start = reader.position;
      reader.position = end;
    } else reader.skip(tag, body.length);
    fields.push({ number: tag >>> 3, wireType: tag & 7, content: body.subarray(start, reader.position) });
  }
  return fields;
}

function varint(value: number, byteCount: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  while (bytes.length < byteCount) {
    bytes[bytes.length - 1]! |= 0x80;
    bytes.push(0);
  }
  return Uint8Array.from(bytes);
}
