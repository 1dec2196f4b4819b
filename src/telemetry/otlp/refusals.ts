import { MalformedError } from "../../contracts/errors.ts";
import { BusyError } from "./busy-error.ts";
import { TooLargeError } from "./inflate.ts";

import { type Refusal, RPC_CODE } from "./responses.ts";

/** What a sender is told about an error, the same on both transports. Only what was its own fault may not be tried again. */
export function refusalFor(error: unknown): Refusal {
  if (error instanceof MalformedError) {
    return { httpStatus: 400, rpcCode: RPC_CODE.invalidArgument, message: error.message };
  }
  if (error instanceof TooLargeError) {
    return { httpStatus: 413, rpcCode: RPC_CODE.resourceExhausted, message: error.message };
  }
  if (error instanceof BusyError) {
    const { isUnavailable, message, retryAfterSeconds } = error;
    return { httpStatus: isUnavailable ? 503 : 429, rpcCode: RPC_CODE.unavailable, message, retryAfterSeconds };
  }
  // 500 would make the sender drop the data.
  return unavailable("cannot take telemetry now");
}

export function unavailable(message: string): Refusal {
  return { httpStatus: 503, rpcCode: RPC_CODE.unavailable, message, retryAfterSeconds: 1 };
}
