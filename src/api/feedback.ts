import express, { type Request, type RequestHandler, type Response } from "express";
import { z } from "zod";

import { SettingsError } from "../contracts/errors.ts";
import type { FeedbackPage, FeedbackRequest, FeedbackTaker } from "../contracts/feedback.ts";
import { FAULT_KINDS } from "../contracts/score.ts";
import type { StoreReader } from "../contracts/store.ts";
import { badRequest, feedbackQuery, readParameters } from "./query.ts";
import { RequestError } from "./request-error.ts";

/** A sentence and a few names: what is longer was not meant for us. */
const MAX_BODY_BYTES = 16 * 1024;
const MAX_NAME_LENGTH = 1000;
const MAX_NOTE_LENGTH = 4000;
/** The year 5138: later times are in a smaller unit than seconds. */
const MAX_SECONDS = 1e11;

const name = () => {
  const rule = `must have 1 to ${MAX_NAME_LENGTH} characters`;
  return z.string(rule).min(1, rule).max(MAX_NAME_LENGTH, rule);
};
const seconds = () => {
  const rule = "must be a time in unix seconds";
  return z.number(rule).min(0, rule).max(MAX_SECONDS, rule);
};
const noteRule = `must have at most ${MAX_NOTE_LENGTH} characters`;
const note = z.string(noteRule).max(MAX_NOTE_LENGTH, noteRule).optional();

/** Every type with the keys it takes. */
const BODIES = {
  "not-a-fault": z.strictObject({ type: z.literal("not-a-fault"), incidentId: name(), note }),
  "new-normal": z.strictObject({ type: z.literal("new-normal"), incidentId: name(), note }),
  fault: z.strictObject({
    type: z.literal("fault"),
    incidentId: name(),
    kind: z.enum(FAULT_KINDS, `must be one of ${FAULT_KINDS.join(", ")}`),
    service: name().optional(),
    note,
  }),
  ignore: z.strictObject({
    type: z.literal("ignore"),
    fromSeconds: seconds(),
    toSeconds: seconds(),
    service: name().optional(),
    note,
  }),
} as const;

/** Reads a JSON body of limited size; anything else is refused with 400, 413 or 415. */
export const readJson: RequestHandler = (request, response, next) => {
  if (request.is("application/json") !== "application/json") {
    throw new RequestError(415, "the body must be JSON, with content-type application/json");
  }
  express.json({ limit: MAX_BODY_BYTES, inflate: false })(request, response, (error?: unknown) => {
    next(error === undefined ? undefined : bodyError(error));
  });
};

/** `POST /api/v1/feedback`: answers 201 with what was noted. */
export function giveFeedback(
  store: StoreReader,
  taker: FeedbackTaker,
): (request: Request, response: Response) => Promise<void> {
  return async (request, response) => {
    const given = feedbackRequestOf(request.body);
    if ("incidentId" in given && (await store.incident(given.incidentId)) === null) {
      throw new RequestError(404, `incidentId: ${JSON.stringify(given.incidentId)} is no incident`);
    }
    try {
      response.status(201).json(await taker.give(given));
    } catch (error) {
      throw error instanceof SettingsError ? new RequestError(409, error.message) : error;
    }
  };
}

/** `GET /api/v1/feedback`: what was given, the latest first. */
export async function feedbackPage(taker: FeedbackTaker, request: Request): Promise<FeedbackPage> {
  const { limit } = readParameters(feedbackQuery, request.query);
  return { feedback: await taker.list(limit) };
}

function feedbackRequestOf(body: unknown): FeedbackRequest {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new RequestError(400, "the body must be a JSON object");
  }
  const type: unknown = "type" in body ? body.type : undefined;
  const types = Object.keys(BODIES);
  if (typeof type !== "string" || !isType(type)) {
    throw badRequest("type", type ?? null, `must be one of ${types.join(", ")}`);
  }
  return readParameters(BODIES[type], body);
}

function isType(type: string): type is keyof typeof BODIES {
  return Object.hasOwn(BODIES, type);
}

function bodyError(error: unknown): unknown {
  const status = error instanceof Error && "status" in error ? error.status : null;
  if (status === 413) {
    return new RequestError(413, `the body must have at most ${MAX_BODY_BYTES} bytes`);
  }
  return typeof status === "number" && status < 500 ? new RequestError(status, "the body is not valid JSON") : error;
}
