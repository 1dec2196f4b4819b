/** Names a browser may send besides the few it always may. */
const ALLOWED_HEADERS = "content-type, content-encoding, x-requested-with";
const MAX_AGE_SECONDS = 600;

type Headers = Readonly<Record<string, string>>;
const NONE: Headers = {};

/** Which pages may send telemetry from a browser: those of listed origins, none by default. Never with credentials. */
export class CorsPolicy {
  readonly #origins: ReadonlySet<string>;

  constructor(origins: readonly string[]) {
    this.#origins = new Set(origins);
  }

  /** What every answer to a request of this origin carries. */
  headersFor(origin: string | undefined): Headers {
    if (this.#origins.size === 0) return NONE;
    const vary = { vary: "Origin" };
    if (origin === undefined || !this.#origins.has(origin)) return vary;
    return { ...vary, "access-control-allow-origin": origin };
  }

  /** What the answer to a preflight carries besides; undefined when it is no preflight of a listed origin. */
  preflightHeaders(method: string | undefined, headers: NodeJS.Dict<string | string[]>): Headers | undefined {
    const { origin, "access-control-request-method": wanted } = headers;
    if (method !== "OPTIONS" || wanted === undefined || !this.#origins.has(String(origin))) return undefined;
    return {
      "access-control-allow-methods": "POST",
      "access-control-allow-headers": ALLOWED_HEADERS,
      "access-control-max-age": String(MAX_AGE_SECONDS),
    };
  }
}
