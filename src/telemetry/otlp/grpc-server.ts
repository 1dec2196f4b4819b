import {
  constants,
  createSecureServer,
  createServer,
  type Http2Server,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Stream,
  type ServerOptions,
} from "node:http2";
import type { AddressInfo } from "node:net";
import type { Signal } from "./decoder.ts";
import { Delivery } from "./delivery.ts";
import { answerMessage, answerNoGrpc, answerRefusal } from "./grpc-answers.ts";
import { HEALTH_CHECK_PATH, healthAnswer } from "./grpc-health.ts";
import { type ByteCounting, GrpcFramingError, type GrpcMessage, PREFIX_BYTES, readMessage } from "./grpc-message.ts";
import { GrpcSessions } from "./grpc-sessions.ts";
import { ENCODINGS, type Encoding, encodingOf } from "./inflate.ts";
import type { Intake } from "./intake.ts";
import type { ServerLimits } from "./limits.ts";
import { listenError } from "./listen-error.ts";
import { refusalFor, unavailable } from "./refusals.ts";
import type { RequestCounts } from "./request-counts.ts";
import { exportResponse, type Refusal, RPC_CODE } from "./responses.ts";
import type { TlsCredentials } from "./tls.ts";

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
};
const SIGNALS: Readonly<Record<string, Signal>> = {
  [`/${SERVICES.traces}/Export`]: "traces",
  [`/${SERVICES.metrics}/Export`]: "metrics",
};
/** Calls of one connection at one time; a sender with more waits with them. */
const MAX_CONCURRENT_STREAMS = 32;
const STREAM_WINDOW_BYTES = 1024 * 1024;
const MAX_HEADER_BYTES = 16 * 1024;
const CLOSE_GRACE_MS = 1_000;
/** A name; nothing that would have to be counted. */
const HEALTH_REQUEST: ByteCounting = { maxBodyBytes: 4_096, receive() {} };

export interface GrpcServerOptions {
  readonly intake: Intake;
  readonly limits: ServerLimits;
  readonly counts: RequestCounts;
  readonly tls: TlsCredentials | null;
}

/**
 * OTLP/gRPC: the Export methods of traces and metrics, and grpc.health.v1. Bodies reach the intake as bytes, plain or
 * packed with gzip, deflate or zstd.
 *
 * It speaks gRPC on Node's own HTTP/2 because every byte of a call under way has to be counted as it comes, which a library
 * that hands over whole messages cannot do (docs/decisions/0017).
 */
export class OtlpGrpcServer {
  readonly #server: Http2Server;
  readonly #sessions: GrpcSessions;
  readonly #intake: Intake;
  readonly #limits: ServerLimits;
  readonly #counts: RequestCounts;

  constructor({ intake, limits, counts, tls }: GrpcServerOptions) {
    this.#intake = intake;
    this.#limits = limits;
    this.#counts = counts;
    this.#sessions = new GrpcSessions(limits);
    this.#server = tls === null ? createServer(http2Options()) : createSecureServer(secureOptions(tls, limits));
    this.#server.maxConnections = limits.maxConnections;
    this.#server.on("drop", () => counts.dropped("grpc"));
    this.#server.on("connection", (socket) => this.#sessions.hold(socket));
    this.#server.on("session", (session) => this.#sessions.watch(session));
    this.#server.on("sessionError", () => {});
    this.#server.on("stream", (stream, headers) => {
      // Told by "close" too; without a listener it would end the process.
      stream.on("error", () => {});
      this.#answer(stream, headers)
        // Who does not fetch the answer has a while to do so, like everybody who says nothing.
        .then(() => stream.setTimeout(limits.idleSeconds * 1_000, () => stream.close(constants.NGHTTP2_CANCEL)))
        .catch(() => stream.destroy());
    });
  }

  /** Resolves with the port. @throws {SettingsError} when the address cannot be had. */
  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (error: NodeJS.ErrnoException) => reject(listenError("otlpGrpcPort", host, port, error));
      this.#server.once("error", fail);
      this.#server.listen({ host, port }, () => {
        this.#server.off("error", fail);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Waits a second for open calls, then cuts them. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#sessions.close(CLOSE_GRACE_MS);
    });
  }

  async #answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const path = headers[":path"] ?? "";
    const noGrpc = httpRefusalOf(headers);
    if (noGrpc !== undefined) {
      answerNoGrpc(stream, noGrpc);
      return;
    }
    const signal = SIGNALS[path];
    const encoding = encodingOf(String(headers["grpc-encoding"] ?? "identity"));
    if ((signal === undefined && path !== HEALTH_CHECK_PATH) || encoding === undefined) {
      const what = encoding === undefined ? `grpc-encoding other than ${ENCODINGS.join(", ")}` : `method ${path}`;
      this.#refuse(stream, { httpStatus: 404, rpcCode: RPC_CODE.unimplemented, message: `no ${what} here` });
      return;
    }
    try {
      if (signal === undefined) await this.#answerHealth(stream);
      else await this.#export(stream, signal, encoding);
    } catch (error) {
      this.#refuse(stream, grpcRefusalFor(error));
    }
  }

  /** The call's message, if it comes in time. */
  async #receive(stream: ServerHttp2Stream, counting: ByteCounting): Promise<GrpcMessage> {
    const late = setTimeout(() => {
      this.#refuse(stream, unavailable("the call did not come in time"));
    }, this.#limits.requestSeconds * 1_000);
    try {
      return await readMessage(stream, counting);
    } finally {
      clearTimeout(late);
    }
  }

  async #export(stream: ServerHttp2Stream, signal: Signal, encoding: Encoding): Promise<void> {
    const delivery = new Delivery(this.#intake, this.#limits.maxBodyBytes, PREFIX_BYTES);
    try {
      const { isPacked, bytes } = await this.#receive(stream, delivery);
      if (isPacked && encoding === "identity") {
        throw new GrpcFramingError("a packed message without grpc-encoding", false);
      }
      const rejectedCount = await delivery.accept(signal, "protobuf", isPacked ? encoding : "identity", bytes);
      this.#counts.answered("grpc", RPC_CODE.ok);
      answerMessage(stream, exportResponse(signal, "protobuf", rejectedCount));
    } finally {
      delivery.release();
    }
  }

  /** Also when no body is taken in any more, or none fits: that is when it is asked. */
  async #answerHealth(stream: ServerHttp2Stream): Promise<void> {
    const { bytes } = await this.#receive(stream, HEALTH_REQUEST);
    const answer = healthAnswer(bytes, Object.values(SERVICES), this.#intake.isOpen);
    if (Buffer.isBuffer(answer)) answerMessage(stream, answer);
    else answerRefusal(stream, answer);
  }

  #refuse(stream: ServerHttp2Stream, refusal: Refusal): void {
    if (stream.destroyed || stream.closed) return;
    this.#counts.answered("grpc", refusal.rpcCode);
    answerRefusal(stream, refusal);
  }
}

/** The HTTP status for what is no gRPC call, or undefined when it is one. */
function httpRefusalOf(headers: IncomingHttpHeaders): number | undefined {
  if (headers[":method"] !== "POST") return 405;
  return /^application\/grpc(\+proto)?\s*(;|$)/.test(headers["content-type"] ?? "") ? undefined : 415;
}

function grpcRefusalFor(error: unknown): Refusal {
  if (!(error instanceof GrpcFramingError)) return refusalFor(error);
  const rpcCode = error.isWrongCount ? RPC_CODE.unimplemented : RPC_CODE.internal;
  return { httpStatus: 400, rpcCode, message: error.message };
}

function http2Options(): ServerOptions {
  return {
    settings: {
      enablePush: false,
      maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
      initialWindowSize: STREAM_WINDOW_BYTES,
      maxHeaderListSize: MAX_HEADER_BYTES,
    },
  };
}

function secureOptions(tls: TlsCredentials, limits: ServerLimits): SecureServerOptions {
  return { ...http2Options(), ...tls, allowHTTP1: false, handshakeTimeout: limits.headSeconds * 1_000 };
}
