import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MalformedError } from "../../contracts/errors.ts";
import { isKnownEncoding, readBody, TooLargeError } from "./body.ts";
import { BusyError } from "./busy-error.ts";
import type { BodyFormat, Signal } from "./decoder.ts";
import type { Intake } from "./intake.ts";
import { listenError } from "./listen-error.ts";
import { exportResponse, RPC_CODE, rpcStatus } from "./responses.ts";

const SIGNALS: Readonly<Record<string, Signal>> = { "/v1/traces": "traces", "/v1/metrics": "metrics" };
const FORMATS: Readonly<Record<string, BodyFormat>> = {
  "application/x-protobuf": "protobuf",
  "application/json": "json",
};
const CONTENT_TYPES: Readonly<Record<BodyFormat, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};
const MAX_CONNECTIONS = 1_024;
const REQUEST_TIMEOUT_MS = 60_000;

/** An answer that is not a success. `format` decides how the google.rpc.Status in it is written; text when unknown. */
interface Refusal {
  readonly status: number;
  readonly rpcCode: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** OTLP/HTTP: POST /v1/traces and /v1/metrics, protobuf or JSON, plain, gzip, deflate or zstd. No CORS headers, ever. */
export class OtlpHttpServer {
  readonly #server: Server;
  readonly #intake: Intake;
  readonly #maxBodyBytes: number;

  constructor(intake: Intake, maxBodyBytes: number) {
    this.#intake = intake;
    this.#maxBodyBytes = maxBodyBytes;
    this.#server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
    this.#server.maxConnections = MAX_CONNECTIONS;
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
      setTimeout(() => this.#server.closeAllConnections(), 1_000).unref();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const type = (request.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase();
    const format = FORMATS[type];
    const signal = SIGNALS[(request.url ?? "").split("?", 1)[0]!];
    const encoding = (request.headers["content-encoding"] ?? "identity").trim().toLowerCase();
    const refusal = refusalOf(request.method, signal, type, format, encoding);
    if (refusal !== undefined || signal === undefined || format === undefined) {
      request.resume();
      sendRefusal(response, format, refusal!);
      return;
    }
    try {
      const { bytes, reservedBytes } = await readBody(request, encoding, this.#maxBodyBytes, this.#intake);
      try {
        const rejectedCount = await this.#intake.accept(signal, format, bytes);
        send(response, 200, CONTENT_TYPES[format], exportResponse(signal, format, rejectedCount));
      } finally {
        this.#intake.release(reservedBytes);
      }
    } catch (error) {
      sendRefusal(response, format, refusalFor(error));
    }
  }
}

function refusalOf(
  method: string | undefined,
  signal: Signal | undefined,
  type: string,
  format: BodyFormat | undefined,
  encoding: string,
): Refusal | undefined {
  if (signal === undefined) {
    return {
      status: 404,
      rpcCode: RPC_CODE.unimplemented,
      message: "only /v1/traces and /v1/metrics are received here",
    };
  }
  if (method !== "POST") {
    const message = `method ${method} is not allowed: POST only`;
    return { status: 405, rpcCode: RPC_CODE.unimplemented, message, headers: { allow: "POST" } };
  }
  if (format === undefined) {
    const message = `content type ${JSON.stringify(type)} is not application/x-protobuf or application/json`;
    return { status: 415, rpcCode: RPC_CODE.invalidArgument, message };
  }
  if (!isKnownEncoding(encoding)) {
    const message = `content encoding ${JSON.stringify(encoding)} is not gzip, zstd, deflate or identity`;
    return { status: 415, rpcCode: RPC_CODE.invalidArgument, message };
  }
  return undefined;
}

function refusalFor(error: unknown): Refusal {
  if (error instanceof MalformedError) {
    return { status: 400, rpcCode: RPC_CODE.invalidArgument, message: error.message };
  }
  if (error instanceof TooLargeError) {
    return { status: 413, rpcCode: RPC_CODE.resourceExhausted, message: error.message };
  }
  if (error instanceof BusyError) {
    const status = error.isUnavailable ? 503 : 429;
    const headers = { "retry-after": String(error.retryAfterSeconds) };
    return { status, rpcCode: RPC_CODE.unavailable, message: error.message, headers };
  }
  // Not the sender's fault, and 500 would make it drop the data.
  return { status: 503, rpcCode: RPC_CODE.unavailable, message: "cannot take telemetry now" };
}

function sendRefusal(response: ServerResponse, format: BodyFormat | undefined, refusal: Refusal): void {
  for (const [name, value] of Object.entries(refusal.headers ?? {})) response.setHeader(name, value);
  if (refusal.status === 413) response.setHeader("connection", "close");
  if (format === undefined)
    send(response, refusal.status, "text/plain; charset=utf-8", Buffer.from(`${refusal.message}\n`));
  else send(response, refusal.status, CONTENT_TYPES[format], rpcStatus(format, refusal.rpcCode, refusal.message));
}

function send(response: ServerResponse, status: number, type: string, body: Buffer): void {
  response.writeHead(status, { "content-type": type, "content-length": body.length });
  response.end(body);
}
