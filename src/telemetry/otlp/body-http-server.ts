import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Encoding } from "../encodings.ts";
import { readBody } from "./body.ts";
import { CorsPolicy } from "./cors.ts";
import type { BodyFormat, Signal } from "./decoder.ts";
import { Delivery } from "./delivery.ts";
import { ENCODINGS as PACKINGS, type Encoding as Packing, encodingOf as packingOf } from "./inflate.ts";
import type { Intake } from "./intake.ts";
import type { ServerLimits } from "./limits.ts";
import { listenError } from "./listen-error.ts";
import { refusalFor, unavailable } from "./refusals.ts";
import type { RequestCounts, Transport } from "./request-counts.ts";
import { type Refusal, RPC_CODE } from "./responses.ts";
import type { TlsCredentials } from "./tls.ts";

const CLOSE_GRACE_MS = 1_000;

export interface HttpServerOptions {
  readonly intake: Intake;
  readonly limits: ServerLimits;
  readonly counts: RequestCounts;
  /** Origins whose pages may send. */
  readonly corsOrigins: readonly string[];
  readonly tls: TlsCredentials | null;
}

/** A request that can be taken in, as far as its head tells. */
export interface Asked {
  readonly signal: Signal;
  readonly format: BodyFormat | Encoding;
  readonly packing: Packing;
}

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: Buffer;
}

/** What differs between protocols that POST telemetry over HTTP. */
export interface HttpDialect {
  readonly transport: Transport;
  /** The setting of its port, to be named when the port cannot be had. */
  readonly portSetting: string;
  /** What a request asks for, its packing apart. */
  asked(request: IncomingMessage): Omit<Asked, "packing"> | Refusal;
  taken(asked: Asked, rejectedCount: number): HttpAnswer;
  /** `request` is null when none could be read. */
  refused(request: IncomingMessage | null, refusal: Refusal): HttpAnswer;
}

/** Takes in bodies that are POSTed, plain, gzip, deflate or zstd, with limits in bytes, connections and time. */
export class BodyHttpServer {
  readonly #server: Server;
  readonly #intake: Intake;
  readonly #maxBodyBytes: number;
  readonly #counts: RequestCounts;
  readonly #cors: CorsPolicy;
  readonly #dialect: HttpDialect;

  constructor(dialect: HttpDialect, { intake, limits, counts, corsOrigins, tls }: HttpServerOptions) {
    this.#dialect = dialect;
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
    // For those who do not fetch their answer; longer than any wait that the other limits allow.
    this.#server.setTimeout((limits.requestSeconds + limits.idleSeconds) * 1_000);
    this.#server.on("drop", () => counts.dropped(dialect.transport));
    this.#server.on("clientError", (error, socket) => this.#refuseUnreadable(error, socket));
  }

  /** Resolves with the port. @throws {SettingsError} when the address cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(listenError(this.#dialect.portSetting, host, port, error));
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
      this.#counts.answered(this.#dialect.transport, 204);
      response.writeHead(204, preflight).end();
      return;
    }
    try {
      const asked = this.#asked(request);
      if ("httpStatus" in asked) {
        request.resume();
        this.#refuse(request, response, asked);
        return;
      }
      const rejectedCount = await this.#take(request, asked);
      this.#send(response, this.#dialect.taken(asked, rejectedCount));
    } catch (error) {
      this.#refuse(request, response, refusalFor(error));
    }
  }

  #asked(request: IncomingMessage): Asked | Refusal {
    const asked = this.#dialect.asked(request);
    if ("httpStatus" in asked) return asked;
    const named = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
    const packing = packingOf(named);
    if (packing === undefined) {
      const message = `content encoding ${JSON.stringify(named)} is not one of ${PACKINGS.join(", ")}`;
      return { httpStatus: 415, rpcCode: RPC_CODE.invalidArgument, message };
    }
    return { ...asked, packing };
  }

  async #take(request: IncomingMessage, { signal, format, packing }: Asked): Promise<number> {
    const delivery = new Delivery(this.#intake, this.#maxBodyBytes);
    try {
      return await delivery.accept(signal, format, packing, await readBody(request, delivery));
    } finally {
      delivery.release();
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, refusal: Refusal): void {
    if (refusal.httpStatus === 405) response.setHeader("allow", "POST");
    if (refusal.httpStatus === 413) response.setHeader("connection", "close");
    if (refusal.retryAfterSeconds !== undefined) response.setHeader("retry-after", String(refusal.retryAfterSeconds));
    this.#send(response, this.#dialect.refused(request, refusal));
  }

  #send(response: ServerResponse, { status, type, body }: HttpAnswer): void {
    if (response.destroyed) return;
    this.#counts.answered(this.#dialect.transport, status);
    response.writeHead(status, { ...(type === "" ? {} : { "content-type": type }), "content-length": body.length });
    response.end(body);
  }

  /** What is not even HTTP, or took too long; Node has read no request that could be answered. */
  #refuseUnreadable(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (error.code === "ECONNRESET" || !socket.writable) {
      socket.destroy();
      return;
    }
    const refusal = unreadable(error.code);
    const { status, type, body } = this.#dialect.refused(null, refusal);
    this.#counts.answered(this.#dialect.transport, status);
    const retry = refusal.retryAfterSeconds === undefined ? "" : `Retry-After: ${refusal.retryAfterSeconds}\r\n`;
    socket.end(
      `HTTP/1.1 ${status} \r\nContent-Type: ${type}\r\nContent-Length: ${body.length}\r\n${retry}Connection: close\r\n\r\n${body}`,
    );
  }
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
