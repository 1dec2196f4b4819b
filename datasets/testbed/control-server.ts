import http from "node:http";
import { SettingsError } from "../../src/contracts/errors.ts";
import { type FaultOrder, parseFault } from "./faults.ts";
import { type LoadShape, parseLoad } from "./load-shape.ts";
import type { ShopDeclaration } from "./shop-schema.ts";

/** What can be done to a running testbed. */
export interface Control {
  readonly shop: ShopDeclaration;
  status(): Promise<unknown>;
  beginFault(order: FaultOrder, durationSeconds: number | null): number;
  endFault(id: number): Promise<boolean>;
  endAllFaults(): Promise<number>;
  setLoad(load: LoadShape, durationSeconds: number): void;
}

const BODY_LIMIT_BYTES = 16_384;
const LONGEST_SECONDS = 86_400;

/**
 * The injector over HTTP, for programs on this machine: `GET /status`, `POST /faults`, `DELETE /faults`,
 * `DELETE /faults/{id}`, `POST /load`. Anything a web page of another origin could send is refused.
 */
export function createControlServer(control: Control): http.Server {
  return http.createServer((request, response) => {
    respond(control, request).then(
      ({ status, body }) => write(response, status, body),
      (error: unknown) => {
        if (error instanceof SettingsError) write(response, 400, { error: error.message, key: error.key });
        else write(response, 500, { error: (error as Error).message });
      },
    );
  });
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

async function respond(control: Control, request: http.IncomingMessage): Promise<Answer> {
  refuseForeign(request);
  const call = `${request.method} ${request.url}`;
  if (call === "GET /status") return { status: 200, body: await control.status() };
  if (call === "POST /faults") {
    const body = await readJson(request);
    const order = parseFault(body, control.shop);
    return { status: 201, body: { id: control.beginFault(order, durationOf(body, null)) } };
  }
  if (call === "POST /load") {
    const body = await readJson(request);
    control.setLoad(parseLoad(body, "load", ["durationSeconds"]), durationOf(body, LONGEST_SECONDS) ?? LONGEST_SECONDS);
    return { status: 200, body: { ok: true } };
  }
  if (call === "DELETE /faults") return { status: 200, body: { ended: await control.endAllFaults() } };
  const one = /^DELETE \/faults\/(\d{1,9})$/.exec(call);
  if (one !== null) {
    const isEnded = await control.endFault(Number(one[1]));
    return isEnded
      ? { status: 200, body: { ended: 1 } }
      : { status: 404, body: { error: `id: ${one[1]} is no fault in force` } };
  }
  return {
    status: 404,
    body: { error: `no ${call} here; there are GET /status, POST /faults, DELETE /faults[/id], POST /load` },
  };
}

/** @throws {SettingsError} for what only a browser on a foreign page, or a rebound name, would send. */
function refuseForeign(request: http.IncomingMessage): void {
  const { origin, host } = request.headers;
  if (origin !== undefined)
    throw new SettingsError("Origin", origin, "must be absent: web pages may not control the testbed");
  if (!/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? ""))
    throw new SettingsError("Host", host ?? null, "must be this machine");
  const type = request.headers["content-type"];
  if (request.method === "POST" && type?.split(";")[0]?.trim() !== "application/json") {
    throw new SettingsError("Content-Type", type ?? null, "must be application/json");
  }
}

async function readJson(request: http.IncomingMessage): Promise<unknown> {
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_LIMIT_BYTES)
      throw new SettingsError("body", text.length, `must have at most ${BODY_LIMIT_BYTES} bytes`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new SettingsError("body", text.slice(0, 40), "must be JSON");
  }
}

function durationOf(body: unknown, fallback: number | null): number | null {
  const value = (body as Readonly<Record<string, unknown>>)["durationSeconds"] ?? fallback;
  if (value === null) return null;
  if (typeof value === "number" && value > 0 && value <= LONGEST_SECONDS) return value;
  throw new SettingsError("durationSeconds", value, `must be a number above 0, at most ${LONGEST_SECONDS}`);
}

function write(response: http.ServerResponse, status: number, body: unknown): void {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(text) });
  response.end(text);
}
