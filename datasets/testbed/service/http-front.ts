import http from "node:http";
import type { Route } from "../shop-schema.ts";
import { type FifoPool, PoolFullError } from "./fifo-pool.ts";
import { CallError } from "./http-caller.ts";
import { type CompiledRoute, compileRoute, matchRoute, orderFrom } from "./routes.ts";
import type { StepRunner } from "./step-runner.ts";

const BODY_LIMIT_BYTES = 16_384;
const OK_BODY = '{"ok":true}';

/** The service's HTTP server: a request waits for a worker in turn and holds it until its answer is written. */
export function createFront(routes: readonly Route[], workers: FifoPool, runner: Pick<StepRunner, "run">): http.Server {
  const compiled = routes.map(compileRoute);
  const server = http.createServer((request, response) => {
    answer(compiled, workers, runner, request, response).catch(() => response.destroy());
  });
  // Callers close idle connections first, so that none is closed under a request on its way.
  server.keepAliveTimeout = 600_000;
  return server;
}

async function answer(
  routes: readonly CompiledRoute[],
  workers: FifoPool,
  runner: Pick<StepRunner, "run">,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const match = matchRoute(routes, request.method ?? "GET", request.url ?? "/");
  if (match === null) {
    request.resume();
    write(response, 404, '{"error":"no such route"}');
    return;
  }
  const body = await readBody(request);
  let turn: Promise<void> | undefined;
  try {
    turn = workers.acquire();
  } catch (error) {
    write(response, 503, JSON.stringify({ error: (error as Error).message }));
    return;
  }
  if (turn !== undefined) await turn;
  try {
    await runner.run(match.compiled.route.steps, orderFrom(match.groups, match.query, body));
    write(response, 200, OK_BODY);
  } catch (error) {
    write(response, statusOf(error), JSON.stringify({ error: (error as Error).message }));
  } finally {
    workers.release();
  }
}

function statusOf(error: unknown): number {
  if (error instanceof CallError) return error.status;
  if (error instanceof PoolFullError) return 503;
  return error instanceof SyntaxError ? 400 : 500;
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  if (request.method !== "POST") {
    request.resume();
    return "";
  }
  let body = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    body += chunk;
    if (body.length > BODY_LIMIT_BYTES) throw new Error("body too long");
  }
  return body;
}

function write(response: http.ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) });
  response.end(body);
}
