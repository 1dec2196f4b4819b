import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { readBody } from "./body.ts";
import { CorsPolicy } from "./cors.ts";
import type { BodyFormat, Signal } from "./decoder.ts";
import { Delivery } from "./delivery.ts";
import { ENCODINGS, encodingOf } from "./inflate.ts";
import type { Intake } from "./intake.ts";
import type { ServerLimits } from "./limits.ts";
import { listenError } from "./listen-error.ts";
import { refusalFor, unavailable } from "./refusals.ts";
import type { RequestCounts } from "./request-counts.ts";
import { exportResponse, type Refusal, RPC_CODE, rpcStatus } from "./responses.ts";
import type { TlsCredentials } from "./tls.ts";

const SIGNALS: Readonly<Record<string, Signal>> = { "/v1/traces": "traces", "/v1/metrics": "metrics" };
const CONTENT_TYPES: Readonly<Record<BodyFormat, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};
const CLOSE_GRACE_MS = 1_000;

export interface HttpServerOptions {
  readonly intake: Intake;
  readonly limits: ServerLimits;
  readonly counts: RequestCounts;
  /** Origins whose pages may send. */
  readonly corsOrigins: readonly string[];
  readonly tls: TlsCredentials | null;
}

/**
 * OTLP/HTTP: POST /v1/traces and /v1/metrics, protobuf or JSON, plain, gzip, deflate or zstd. Every refusal is a
 * google.rpc.Status in the form of the request; in JSON where the request has none.
 */
export class OtlpHttpServer {
  readonly #server: Server;
  readonly #intake: Intake;
  readonly #maxBodyBytes: number;
  readonly #counts: RequestCounts;
  readonly #cors: CorsPolicy;

  constructor({ intake, limits, counts, corsOrigins, tls }: HttpServerOptions) {
    this.#intake = intake;
    this.#maxBodyBytes = limits.maxBodyBytes;
    this.#counts = counts;
    this.#cors = new CorsPolicy(corsOrigins);
    const answer = (request: IncomingMessage, response: ServerResponse) => {
      this.#answer(request, response).catch(() => response.destroy());
    };
    const timeouts = timeoutsOf(limits);
    this.#server =
      tls === null
        ? createServer(timeouts, answer)
        : createTlsServer({ ...timeouts, ...tls, handshakeTimeout: limits.headSeconds * 1_000 }, answer);
    this.#server.maxConnections = limits.maxConnections;
    this.#server.on("drop", () => counts.dropped("http"));
    this.#server.on("clientError", (error, socket) => this.#refuseUnreadable(error, socket));
  }

  /** Resolves with the port. @throws {SettingsError} when the address cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(listenError("otlpHttpPort", host, port, error));
      this.#server.once("error", fail);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", fail);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Waits for open requests, not for idle connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
      // A sender that stays connected between requests must not hold the exit up.
      setTimeout(() => this.#server.closeAllConnections(), CLOSE_GRACE_MS).unref();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(this.#cors.headersFor(request.headers.origin))) {
      response.setHeader(name, value);
    }
    const preflight = this.#cors.preflightHeaders(request.method, request.headers);
    if (preflight !== undefined) {
      this.#counts.answered("http", 204);
      response.writeHead(204, preflight).end();
      return;
    }
    const format = formatOf(request);
    try {
      const asked = askedFor(request, format);
      if ("httpStatus" in asked) {
        request.resume();
        this.#refuse(response, format, asked);
        return;
      }
      const rejectedCount = await this.#take(request, asked);
      this.#send(response, 200, CONTENT_TYPES[asked.format], exportResponse(asked.signal, asked.format, rejectedCount));
    } catch (error) {
      this.#refuse(response, format, refusalFor(error));
    }
  }

  async #take(request: IncomingMessage, { signal, format, encoding }: Asked): Promise<number> {
    const delivery = new Delivery(this.#intake, this.#maxBodyBytes);
    try {
      return await delivery.accept(signal, format, encoding, await readBody(request, delivery));
    } finally {
      delivery.release();
    }
  }

  #refuse(response: ServerResponse, format: BodyFormat | undefined, refusal: Refusal): void {
    if (refusal.httpStatus === 405) response.setHeader("allow", "POST");
    if (refusal.httpStatus === 413) response.setHeader("connection", "close");
    if (refusal.retryAfterSeconds !== undefined) response.setHeader("retry-after", String(refusal.retryAfterSeconds));
    const form = format ?? "json";
    this.#send(response, refusal.httpStatus, CONTENT_TYPES[form], rpcStatus(form, refusal));
  }

  #send(response: ServerResponse, status: number, type: string, body: Buffer): void {
    if (response.destroyed) return;
    this.#counts.answered("http", status);
    response.writeHead(status, { "content-type": type, "content-length": body.length });
    response.end(body);
  }

  /** What is not even HTTP, or took too long; Node has read no request that could be answered. */
  #refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = unreadable(error.code);
    const body = rpcStatus("json", refusal);
    this.#counts.answered("http", refusal.httpStatus);
    const retry = refusal.retryAfterSeconds === undefined ? "" : `Retry-After: ${refusal.retryAfterSeconds}\r\n`;
    socket.end(
      `HTTP/1.1 ${refusal.httpStatus} \r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n${retry}Connection: close\r\n\r\n${body}`,
    );
  }
}

/** A request that can be taken in, as far as its head tells. */
interface Asked {
  readonly signal: Signal;
  readonly format: BodyFormat;
  readonly encoding: (typeof ENCODINGS)[number];
}

function askedFor(request: IncomingMessage, format: BodyFormat | undefined): Asked | Refusal {
  const signal = SIGNALS[(request.url ?? "").split("?", 1)[0]!];
  if (signal === undefined) {
    return {
      httpStatus: 404,
      rpcCode: RPC_CODE.unimplemented,
      message: "only /v1/traces and /v1/metrics are received here",
    };
  }
  if (request.method !== "POST") {
    const message = `method ${request.method} is not allowed: POST only`;
    return { httpStatus: 405, rpcCode: RPC_CODE.unimplemented, message };
  }
  if (format === undefined) {
    const type = JSON.stringify(request.headers["content-type"] ?? "");
    const message = `content type ${type} is not ${Object.values(CONTENT_TYPES).join(" or ")}`;
    return { httpStatus: 415, rpcCode: RPC_CODE.invalidArgument, message };
  }
  const named = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
  const encoding = encodingOf(named);
  if (encoding === undefined) {
    const message = `content encoding ${JSON.stringify(named)} is not one of ${ENCODINGS.join(", ")}`;
    return { httpStatus: 415, rpcCode: RPC_CODE.invalidArgument, message };
  }
  return { signal, format, encoding };
}

function formatOf(request: IncomingMessage): BodyFormat | undefined {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
  return (Object.keys(CONTENT_TYPES) as BodyFormat[]).find((format) => CONTENT_TYPES[format] === type);
}

function unreadable(code: string | undefined): Refusal {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return unavailable("the request did not come in time");
  const httpStatus = code === "HPE_HEADER_OVERFLOW" ? 431 : 400;
  return { httpStatus, rpcCode: RPC_CODE.invalidArgument, message: `no readable HTTP request (${code})` };
}

function timeoutsOf({ idleSeconds, headSeconds, requestSeconds }: ServerLimits): ServerOptions {
  const shortest = Math.min(idleSeconds, headSeconds, requestSeconds);
  return {
    keepAliveTimeout: idleSeconds * 1_000,
    headersTimeout: headSeconds * 1_000,
    requestTimeout: requestSeconds * 1_000,
    connectionsCheckingInterval: Math.min(5_000, shortest * 500),
  };
}
