import type { ApiError } from "../../src/contracts/api.ts";
import type { Answers, Need, Topic } from "../state/state.ts";

/** Where the API is: beside the page, so that any base path works. */
const apiUrl = (path: string): string => new URL(`api/v1/${path}`, document.baseURI).href;

/** The server's own words when a request was refused, or why it was never answered. */
export class AnswerError extends Error {
  /** 0 when nothing answered at all. */
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = "AnswerError";
    this.status = status;
  }
}

const patienceMilliseconds = 15_000;

/**
 * Asks the API for one thing.
 *
 * @throws {AnswerError} when it does not answer in time, refuses, or answers with something else than JSON.
 */
export async function ask(need: Need): Promise<Answers[Topic]> {
  let response: Response;
  try {
    response = await fetch(apiUrl(need.path), {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(patienceMilliseconds),
    });
  } catch (cause) {
    throw new AnswerError(
      cause instanceof Error && cause.name === "TimeoutError"
        ? "no answer within 15 s"
        : "the server cannot be reached",
      0,
    );
  }
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw new AnswerError(refusal(body) ?? `the server answered ${response.status}`, response.status);
  if (body === null) throw new AnswerError("the answer was not JSON", response.status);
  return body as Answers[Topic];
}

const refusal = (body: unknown): string | null => {
  const error = (body as ApiError | null)?.error;
  return typeof error === "string" && error !== "" ? error : null;
};

export const streamUrl = (): string => apiUrl("stream");

/** Where the JSON of an incident lies, to download it. */
export const incidentUrl = (id: string): string => `api/v1/incidents/${encodeURIComponent(id)}`;
