import type { BodyFormat, Signal } from "./decoder.ts";

/** gRPC status codes a receiver answers with. */
export const RPC_CODE = {
  ok: 0,
  invalidArgument: 3,
  notFound: 5,
  resourceExhausted: 8,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
} as const;

/** An answer that is not a success. */
export interface Refusal {
  readonly httpStatus: number;
  readonly rpcCode: number;
  readonly message: string;
  /** Set when the sender may try again, after so long. */
  readonly retryAfterSeconds?: number;
}

const NOTHING = Buffer.alloc(0);
/** Some gRPC clients take 8 KiB of trailers in all, and a character may need nine bytes there. */
const MAX_MESSAGE_LENGTH = 400;

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

/** The message of a refusal, cut to what every client can receive. */
export function messageOf({ message }: Refusal): string {
  const text = message.toWellFormed();
  return text.length <= MAX_MESSAGE_LENGTH ? text : `${text.slice(0, MAX_MESSAGE_LENGTH)}…`.toWellFormed();
}

/** A google.rpc.Status, with google.rpc.RetryInfo when trying again can help and BadRequest when it cannot. */
export function rpcStatus(format: BodyFormat, refusal: Refusal): Buffer {
  const { rpcCode: code, retryAfterSeconds } = refusal;
  const message = messageOf(refusal);
  const isBadRequest = code === RPC_CODE.invalidArgument;
  if (format === "json") {
    const details = [
      ...(retryAfterSeconds === undefined
        ? []
        : [{ "@type": typeUrl("RetryInfo"), retryDelay: `${retryAfterSeconds}s` }]),
      ...(isBadRequest ? [{ "@type": typeUrl("BadRequest"), fieldViolations: [{ description: message }] }] : []),
    ];
    return Buffer.from(JSON.stringify({ code, message, ...(details.length === 0 ? {} : { details }) }));
  }
  const parts = [varintField(1, code), bytesField(2, Buffer.from(message))];
  if (retryAfterSeconds !== undefined) {
    parts.push(detail("RetryInfo", bytesField(1, varintField(1, retryAfterSeconds))));
  }
  if (isBadRequest) parts.push(detail("BadRequest", bytesField(1, bytesField(2, Buffer.from(message)))));
  return Buffer.concat(parts);
}

function typeUrl(name: string): string {
  return `type.googleapis.com/google.rpc.${name}`;
}

/** A google.protobuf.Any in the field `details`. */
function detail(name: string, value: Buffer): Buffer {
  return bytesField(3, Buffer.concat([bytesField(1, Buffer.from(typeUrl(name))), bytesField(2, value)]));
}

function bytesField(number: number, content: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(content.length), content]);
}

export function varintField(number: number, value: number): Buffer {
  return Buffer.concat([varint(number << 3), varint(value)]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
