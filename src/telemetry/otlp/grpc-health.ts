import { type Refusal, RPC_CODE, varintField } from "./responses.ts";
import { WireReader } from "./wire.ts";

/** Source: grpc-proto, grpc/health/v1/health.proto. */
export const HEALTH_CHECK_PATH = "/grpc.health.v1.Health/Check";
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_FIELD = 0x0a;

/**
 * The answer to a health check: a message, or NOT_FOUND for a service that is not one of `services` (the empty name stands
 * for all of them).
 *
 * @throws {MalformedError} when the request is no HealthCheckRequest.
 */
export function healthAnswer(request: Uint8Array, services: readonly string[], isServing: boolean): Buffer | Refusal {
  const service = serviceOf(request);
  if (service !== "" && !services.includes(service)) {
    return { httpStatus: 404, rpcCode: RPC_CODE.notFound, message: `no service ${JSON.stringify(service)} here` };
  }
  return varintField(1, isServing ? SERVING : NOT_SERVING);
}

function serviceOf(request: Uint8Array): string {
  const reader = new WireReader();
  reader.reset(request);
  let service = "";
  while (reader.position < request.length) {
    const tag = reader.tag(request.length);
    if (tag !== SERVICE_FIELD) {
      reader.skip(tag, request.length);
      continue;
    }
    const end = reader.bytesEnd(request.length);
    service = Buffer.from(request.subarray(reader.position, end)).toString("utf8");
    reader.position = end;
  }
  return service;
}
