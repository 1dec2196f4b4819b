/** Protobuf messages as byte arrays, put together from the inside out: for making bodies, not for speed. */
const WIRE_BYTES = 2;

export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

export function bytesField(number: number, content: Uint8Array): Uint8Array {
  return joined([varint((number << 3) | WIRE_BYTES), varint(content.length), content]);
}

export function textField(number: number, text: string): Uint8Array {
  return bytesField(number, Buffer.from(text));
}

export function varintField(number: number, value: number): Uint8Array {
  return joined([varint(number << 3), varint(value)]);
}

/** A fixed64 field that counts nanoseconds; its value stands in the last eight bytes. */
export function timeField(number: number, nanos: bigint): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = (number << 3) | 1;
  new DataView(bytes.buffer).setBigUint64(1, nanos, true);
  return bytes;
}

/** A KeyValue with a string, a whole number from 0 or a truth value. */
export function keyValue(key: string, value: string | number | boolean): Uint8Array {
  return joined([textField(1, key), bytesField(2, anyValue(value))]);
}

function anyValue(value: string | number | boolean): Uint8Array {
  if (typeof value === "string") return textField(1, value);
  return typeof value === "boolean" ? varintField(2, value ? 1 : 0) : varintField(3, value);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
