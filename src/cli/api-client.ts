import type { ApiError } from "../contracts/api.ts";
import { SourceError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";

const TIMEOUT_MILLISECONDS = 10_000;

/** What a running server refused, in its own words: a mistake of the one who asked. */
export class RefusedError extends Error {}

/** Asks the API of a running server. */
export class ApiClient {
  readonly #base: URL;

  /** @param base where its page is */
  constructor(base: URL) {
    this.#base = base;
  }

  get<Answer>(path: string): Promise<Answer> {
    return this.#ask<Answer>(path, {});
  }

  post<Answer>(path: string, body: object): Promise<Answer> {
    const headers = { "content-type": "application/json" };
    return this.#ask<Answer>(path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  /** @throws {RefusedError} with the server's reason. @throws {SourceError} when nobody, or something else, is there */
  async #ask<Answer>(path: string, request: RequestInit): Promise<Answer> {
    const url = new URL(`api/v1/${path}`, this.#base);
    const signal = AbortSignal.timeout(TIMEOUT_MILLISECONDS);
    const response = await fetch(url, { ...request, signal }).catch((cause: unknown) => {
      throw new SourceError(`${this.#base.href} does not answer: is spantwin running there?`, {
        retriable: true,
        cause,
      });
    });
    const body: unknown = await response.json().catch(() => null);
    if (response.ok && body !== null) {
      return body as Answer;
    }
    if (isApiError(body)) {
      throw new RefusedError(body.error);
    }
    throw new SourceError(`${url.href} answers ${response.status}: it is no spantwin of this version`, {
      retriable: false,
    });
  }
}

/** Where a server with these settings can be reached from this machine. */
export function addressOf({ host, apiPort }: Pick<Settings, "host" | "apiPort">): string {
  const isEvery = host === "0.0.0.0" || host === "::";
  const name = isEvery ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${apiPort}/`;
}

function isApiError(body: unknown): body is ApiError {
  return typeof body === "object" && body !== null && "error" in body && typeof body.error === "string";
}
