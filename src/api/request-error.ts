import type { ErrorRequestHandler } from "express";

import type { ApiError } from "../contracts/api.ts";
import { SourceError } from "../contracts/errors.ts";

/** A request that cannot be answered: becomes its status and an `ApiError`. */
export class RequestError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "RequestError";
    this.status = status;
  }
}

/** Turns everything thrown into an `ApiError`; what is our own fault is told to `report` and not to the caller. */
export function answerErrors(report: (error: unknown, path: string) => void): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const { status, message } = refusalOf(error);
    if (status >= 500) report(error, request.path);
    if (response.headersSent) {
      next(error);
      return;
    }
    if (status === 503) response.set("retry-after", "1");
    const body: ApiError = { error: message };
    response.status(status).json(body);
  };
}

function refusalOf(error: unknown): { readonly status: number; readonly message: string } {
  if (error instanceof RequestError) return error;
  if (error instanceof SourceError && error.retriable) return { status: 503, message: "the store is busy: try again" };
  if (error instanceof URIError) return { status: 400, message: "the path is not a valid URL" };
  return { status: 500, message: "internal error: see the log" };
}
