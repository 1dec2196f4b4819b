import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { StreamEvent } from "../../src/contracts/api.ts";
import { ledgerOf, modelOf, seriesOf, traceOf } from "./fixtures/answers.ts";
import { incidentsOf } from "./fixtures/incidents.ts";
import { mapOf, nowSeconds, type Scenario, statusOf } from "./fixtures/shop.ts";

/** The strictest policy the page must live under. */
const contentPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
};

export interface FixtureServer {
  /** Address of the page, with the base path and a closing slash. */
  readonly url: string;
  /** What is answered from now on; open streams are not told. */
  show(scenario: Scenario): void;
  /** Sends an event to every open stream. */
  push(event: StreamEvent): void;
  /** While true, the stream is refused and everything open is cut; `"all"` refuses the API as well. */
  refuse(what: "stream" | "all" | "nothing"): void;
  readonly streamCount: () => number;
  close(): Promise<void>;
}

/** Serves `ui/dist` and canned API answers under a base path, with a strict content policy. */
export async function startFixtureServer(options: {
  readonly scenario: Scenario;
  readonly basePath?: string;
}): Promise<FixtureServer> {
  const basePath = options.basePath ?? "/";
  const streams = new Set<ServerResponse>();
  let scenario = options.scenario;
  let refused: "stream" | "all" | "nothing" = "nothing";

  const open = (response: ServerResponse): void => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(":\n\n");
    streams.add(response);
    response.on("close", () => streams.delete(response));
  };

  const route = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const path = url.pathname.slice(basePath.length);
    response.setHeader("content-security-policy", contentPolicy);
    response.setHeader("x-content-type-options", "nosniff");
    if (!url.pathname.startsWith(basePath)) send(response, missing(`path ${url.pathname}`));
    else if (!path.startsWith("api/v1/")) void serveFile(path === "" ? "index.html" : path, response);
    else if (refused === "all") request.socket.destroy();
    else if (path !== "api/v1/stream")
      send(response, answerTo(path.slice("api/v1/".length), url.searchParams, scenario));
    else if (refused === "stream") send(response, { status: 503, body: { error: "no stream" } });
    else open(response);
  };

  const server = createServer(route);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${port}${basePath}`,
    show: (next) => {
      scenario = next;
    },
    push: (event) => {
      for (const stream of streams) stream.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
    },
    refuse: (what) => {
      refused = what;
      if (what !== "nothing") for (const stream of streams) stream.destroy();
    },
    streamCount: () => streams.size,
    close: async () => {
      for (const stream of streams) stream.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function serveFile(name: string, response: ServerResponse): Promise<void> {
  const file = /^[\w.-]+$/.test(name)
    ? await readFile(fileURLToPath(new URL(`../../ui/dist/${name}`, import.meta.url))).catch(() => null)
    : null;
  if (file === null) {
    send(response, missing(`file ${name}`));
    return;
  }
  response.writeHead(200, {
    "content-type": types[name.slice(name.lastIndexOf(".") + 1)] ?? "application/octet-stream",
    "cache-control": "no-store",
  });
  response.end(file);
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const found = (body: unknown): Answer => ({ status: 200, body });
const missing = (what: string): Answer => ({ status: 404, body: { error: `no ${what}` } });

function answerTo(path: string, query: URLSearchParams, scenario: Scenario): Answer {
  const [topic = "", id = ""] = path.split("/").map(decodeURIComponent);
  const incidents = incidentsOf(scenario);
  const incident = incidents.find((one) => one.id === id);
  const number = (name: string, otherwise: number): number => Number(query.get(name) ?? otherwise);
  const text = (name: string): string => query.get(name) ?? "";
  switch (topic) {
    case "status":
      return found(statusOf(scenario));
    case "map":
      return found(mapOf(scenario));
    case "incidents":
      if (id === "") return found({ incidents, total: incidents.length });
      return incident === undefined ? missing(`incident ${id}`) : found(incident);
    case "series":
      return found(seriesOf(scenario, text("node"), text("operation"), number("from", 0), number("to", nowSeconds)));
    case "traces":
      return /^[\da-f]{32}$/.test(id) ? found(traceOf(id)) : missing(`trace ${id}`);
    case "ledger":
      return found(ledgerOf(scenario));
    case "model":
      return found(modelOf(scenario));
    default:
      return missing(`path ${path}`);
  }
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store" });
  response.end(JSON.stringify(body));
}

/** `node test/browser/fixture-server.ts incident`: look at a scenario by hand. */
if (import.meta.main) {
  const { buildUi } = await import("../../ui/build.ts");
  await buildUi();
  const server = await startFixtureServer({ scenario: (process.argv[2] ?? "incident") as Scenario });
  process.stdout.write(`${server.url}\n`);
}
