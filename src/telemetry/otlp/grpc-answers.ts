import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { PREFIX_BYTES } from "./grpc-message.ts";
import { ENCODINGS } from "./inflate.ts";
import { messageOf, type Refusal, RPC_CODE, rpcStatus } from "./responses.ts";

/** Source: grpc.io, "gRPC over HTTP2". */
const HEADERS: OutgoingHttpHeaders = {
  ":status": 200,
  "content-type": "application/grpc+proto",
  "grpc-accept-encoding": ENCODINGS.join(","),
};

/** Answers a call with one message and status OK. */
export function answerMessage(stream: ServerHttp2Stream, message: Buffer): void {
  if (stream.destroyed || stream.closed) return;
  const framed = Buffer.alloc(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, PREFIX_BYTES);
  stream.respond(HEADERS, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(RPC_CODE.ok) }));
  stream.end(framed);
}

/** Answers a call with a status alone; what the sender still had to say is not waited for. */
export function answerRefusal(stream: ServerHttp2Stream, refusal: Refusal): void {
  if (stream.destroyed || stream.closed) return;
  const headers = {
    ...HEADERS,
    "grpc-status": String(refusal.rpcCode),
    "grpc-message": percentEncoded(messageOf(refusal)),
    "grpc-status-details-bin": rpcStatus("protobuf", refusal).toString("base64"),
  };
  stream.respond(headers, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Answers what is HTTP/2 but not gRPC. */
export function answerNoGrpc(stream: ServerHttp2Stream, httpStatus: number): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond({ ":status": httpStatus }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

/** Everything but printable ASCII, and the percent sign itself. */
function percentEncoded(text: string): string {
  return text.replace(/[^ -$&-~]+/gu, (found) =>
    [...Buffer.from(found)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
  );
}
