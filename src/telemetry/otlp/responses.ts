import type { BodyFormat, Signal } from "./decoder.ts";

/** gRPC status codes a receiver answers with. */
export const RPC_CODE = {
  ok: 0,
  invalidArgument: 3,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

const NOTHING = Buffer.alloc(0);

/** The response to a body that was taken in: empty, or a partial success when parts of it were refused. */
export function exportResponse(signal: Signal, format: BodyFormat, rejectedCount: number): Buffer {
  const what = signal === "traces" ? "spans" : "data points";
  const message = `${rejectedCount} ${what} rejected: bad ids, time or value`;
  if (format === "json") {
    if (rejectedCount === 0) return Buffer.from("{}");
    const field = signal === "traces" ? "rejectedSpans" : "rejectedDataPoints";
    return Buffer.from(JSON.stringify({ partialSuccess: { [field]: String(rejectedCount), errorMessage: message } }));
  }
  if (rejectedCount === 0) return NOTHING;
  return bytesField(1, Buffer.concat([varintField(1, rejectedCount), bytesField(2, Buffer.from(message))]));
}

/** A google.rpc.Status. With `retryAfterSeconds` it carries a google.rpc.RetryInfo (protobuf form only). */
export function rpcStatus(format: BodyFormat, code: number, message: string, retryAfterSeconds?: number): Buffer {
  if (format === "json") return Buffer.from(JSON.stringify({ code, message }));
  const parts = [varintField(1, code), bytesField(2, Buffer.from(message))];
  if (retryAfterSeconds !== undefined) {
    const retryInfo = bytesField(1, varintField(1, retryAfterSeconds));
    const typeUrl = bytesField(1, Buffer.from("type.googleapis.com/google.rpc.RetryInfo"));
    parts.push(bytesField(3, Buffer.concat([typeUrl, bytesField(2, retryInfo)])));
  }
  return Buffer.concat(parts);
}

function bytesField(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
