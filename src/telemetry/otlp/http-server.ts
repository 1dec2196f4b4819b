import type { IncomingMessage } from "node:http";
import type { Asked, HttpAnswer, HttpDialect } from "./body-http-server.ts";
import type { BodyFormat, Signal } from "./decoder.ts";
import { exportResponse, type Refusal, RPC_CODE, rpcStatus } from "./responses.ts";

const SIGNALS: Readonly<Record<string, Signal>> = { "/v1/traces": "traces", "/v1/metrics": "metrics" };
const CONTENT_TYPES: Readonly<Record<BodyFormat, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};

/**
 * OTLP/HTTP: POST /v1/traces and /v1/metrics, protobuf or JSON. Every refusal is a google.rpc.Status in the form of the
 * request; in JSON where the request has none.
 */
export const OTLP_HTTP: HttpDialect = {
  transport: "http",
  portSetting: "otlpHttpPort",
  asked,
  taken({ signal, format }: Asked, rejectedCount: number): HttpAnswer {
    const form = format === "protobuf" ? "protobuf" : "json";
    return { status: 200, type: CONTENT_TYPES[form], body: exportResponse(signal, form, rejectedCount) };
  },
  refused(request: IncomingMessage | null, refusal: Refusal): HttpAnswer {
    const form = (request === null ? undefined : formatOf(request)) ?? "json";
    return { status: refusal.httpStatus, type: CONTENT_TYPES[form], body: rpcStatus(form, refusal) };
  },
};

function asked(request: IncomingMessage): Omit<Asked, "packing"> | Refusal {
  const signal = SIGNALS[(request.url ?? "").split("?", 1)[0]!];
  if (signal === undefined) {
    return {
      httpStatus: 404,
      rpcCode: RPC_CODE.unimplemented,
      message: "only /v1/traces and /v1/metrics are received here",
    };
  }
  if (request.method !== "POST") {
    const message = `method ${request.method} is not allowed: POST only`;
    return { httpStatus: 405, rpcCode: RPC_CODE.unimplemented, message };
  }
  const format = formatOf(request);
  if (format === undefined) {
    const type = JSON.stringify(request.headers["content-type"] ?? "");
    const message = `content type ${type} is not ${Object.values(CONTENT_TYPES).join(" or ")}`;
    return { httpStatus: 415, rpcCode: RPC_CODE.invalidArgument, message };
  }
  return { signal, format };
}

function formatOf(request: IncomingMessage): BodyFormat | undefined {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return (Object.keys(CONTENT_TYPES) as BodyFormat[]).find((format) => CONTENT_TYPES[format] === type);
}
