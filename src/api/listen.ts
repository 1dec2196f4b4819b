import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { SettingsError } from "../contracts/errors.ts";
import type { Api } from "./create-api.ts";

/** Connections beyond this are closed at once, and counted. */
const MAX_CONNECTIONS = 512;
/** How long requests under way may take when we stop. */
const CLOSE_GRACE_MILLISECONDS = 2000;

export interface ListeningApi {
  readonly url: string;
  readonly port: number;
  /** Ends streams, lets requests under way finish for a moment, then closes everything. */
  close(): Promise<void>;
}

/**
 * Makes an API reachable. Port 0 takes a free one.
 *
 * @throws {SettingsError} naming `apiPort` or `host` when it cannot be bound.
 */
export async function listenApi(api: Api, address: { host: string; port: number }): Promise<ListeningApi> {
  const limits = { headersTimeout: 20_000, requestTimeout: 30_000, keepAliveTimeout: 5000 };
  const server = createServer(limits, api.app);
  server.maxConnections = MAX_CONNECTIONS;
  const dropped = api.metrics.counters.counter(
    "spantwin_api_connections_dropped_total",
    "Connections closed: too many.",
  );
  dropped.add(0);
  server.on("drop", () => dropped.add(1));
  // Known before the first request can come in.
  api.bind(address.host);
  try {
    server.listen(address.port, address.host);
    await once(server, "listening");
  } catch (error) {
    throw bindError(error as NodeJS.ErrnoException, address);
  }
  const { port } = server.address() as AddressInfo;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return { url: `http://${host}:${port}${api.basePath}/`, port, close: () => closeServer(server, api) };
}

async function closeServer(server: Server, api: Api): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  api.stream.close();
  server.closeIdleConnections();
  const grace = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MILLISECONDS);
  await closed;
  clearTimeout(grace);
}

function bindError(cause: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  const error = refusalOf(cause, host, port);
  error.cause = cause;
  return error;
}

function refusalOf(cause: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (cause.code) {
    case "EADDRINUSE":
      return new SettingsError("apiPort", port, `is in use on ${host}: choose another port, or 0 for a free one`);
    case "EACCES":
      return new SettingsError("apiPort", port, "needs rights this user does not have: choose a port above 1023");
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new SettingsError("host", host, "is not an address of this machine");
    default:
      return new SettingsError("apiPort", port, `cannot be opened on ${host}: ${cause.message}`);
  }
}
