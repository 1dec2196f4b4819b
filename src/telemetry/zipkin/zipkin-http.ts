import type { IncomingMessage } from "node:http";
import type { Asked, HttpAnswer, HttpDialect } from "../otlp/body-http-server.ts";
import { messageOf, type Refusal, RPC_CODE } from "../otlp/responses.ts";

const PATH = "/api/v2/spans";
const JSON_TYPE = "application/json";
const NOTHING = Buffer.alloc(0);

/**
 * Zipkin's API for reporters: POST /api/v2/spans with an array of spans in JSON. Answered with 202 and nothing when they
 * are taken in; spans refused one by one are counted, the protocol has no word for them. Refusals are told in plain text.
 * Source: zipkin2-api.yaml of openzipkin/zipkin-api.
 */
export const ZIPKIN_HTTP: HttpDialect = {
  transport: "zipkin",
  portSetting: "zipkinPort",
  asked,
  taken: (): HttpAnswer => ({ status: 202, type: "", body: NOTHING }),
  refused: (_request: IncomingMessage | null, refusal: Refusal): HttpAnswer => ({
    status: refusal.httpStatus,
    type: "text/plain; charset=utf-8",
    body: Buffer.from(`${messageOf(refusal)}\n`),
  }),
};

function asked(request: IncomingMessage): Omit<Asked, "packing"> | Refusal {
  if ((request.url ?? "").split("?", 1)[0] !== PATH) {
    return { httpStatus: 404, rpcCode: RPC_CODE.unimplemented, message: `only ${PATH} is received here` };
  }
  if (request.method !== "POST") {
    const message = `method ${request.method} is not allowed: POST only`;
    return { httpStatus: 405, rpcCode: RPC_CODE.unimplemented, message };
  }
  // A reporter that does not say what it sends sends JSON, as to Zipkin itself.
  const type = (request.headers["content-type"] ?? JSON_TYPE).split(";", 1)[0]!.trim().toLowerCase();
  if (type !== JSON_TYPE) {
    const message = `content type ${JSON.stringify(type)} is not ${JSON_TYPE}`;
    return { httpStatus: 415, rpcCode: RPC_CODE.invalidArgument, message };
  }
  return { signal: "traces", format: "zipkin_json" };
}
