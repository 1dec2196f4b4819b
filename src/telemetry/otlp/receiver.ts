import { SettingsError } from "../../contracts/errors.ts";
import type { Ledger, TelemetryBatch, TelemetrySource } from "../../contracts/telemetry.ts";
import { BodyDecoder } from "../encodings.ts";
import { BodyHttpServer, type HttpDialect } from "./body-http-server.ts";
import { OtlpGrpcServer } from "./grpc-server.ts";
import { OTLP_HTTP } from "./http-server.ts";
import { type BodyTap, Intake } from "./intake.ts";
import { PATIENCE, type Patience, type ServerLimits } from "./limits.ts";
import { type RequestCount, RequestCounts, type Transport } from "./request-counts.ts";
import type { TlsCredentials } from "./tls.ts";
import { type Deviation, ToleranceCounts } from "./tolerances.ts";

/** Limits not given are those of the settings' defaults. */
export interface OtlpReceiverOptions {
  readonly ledger: Ledger;
  readonly maxBodyBytes: number;
  readonly maxOperationsPerService: number;
  /** Bodies that may wait to be taken in; more are asked to come again. */
  readonly maxInFlightBodies?: number;
  /** Bytes of all bodies under way, as they came and unpacked. */
  readonly maxInFlightBytes?: number;
  /** Connections on one port. */
  readonly maxConnections?: number;
  /** Origins whose pages may send. */
  readonly otlpCorsOrigins?: readonly string[];
  readonly patience?: Patience;
  readonly tap?: BodyTap;
}

/** Where to listen. Port 0 takes any free one; null leaves that transport off. */
export interface OtlpListen {
  readonly host?: string;
  readonly grpcPort: number | null;
  readonly httpPort: number | null;
  /** Null or absent: plain text. */
  readonly tls?: TlsCredentials | null;
}

/** What the receiver counts besides spans. */
export interface OtlpReceiverCounts {
  readonly answers: readonly RequestCount[];
  readonly connectionsDropped: Readonly<Record<Transport, number>>;
  readonly underWay: { readonly bodies: number; readonly bytes: number };
  /** Deviations of JSON bodies that were forgiven. */
  readonly tolerated: Readonly<Record<Deviation, number>>;
}

/** The ports really taken. */
export interface OtlpListening {
  readonly host: string;
  readonly grpcPort: number | null;
  readonly httpPort: number | null;
}

/**
 * Receives OTLP over gRPC and HTTP. A sender's request is answered when its batch was taken in, so what was acknowledged
 * is in the reader's hands; until `read` is called, requests wait.
 */
export class OtlpReceiver implements TelemetrySource {
  readonly name = "otlp";
  readonly #intake: Intake;
  readonly #limits: ServerLimits;
  readonly #corsOrigins: readonly string[];
  readonly #requests = new RequestCounts();
  readonly #tolerances = new ToleranceCounts();
  #grpc: OtlpGrpcServer | null = null;
  #http: BodyHttpServer | null = null;
  #tls: TlsCredentials | null = null;

  /** @throws {SettingsError} when the limits contradict each other. */
  constructor(options: OtlpReceiverOptions) {
    const { ledger, maxBodyBytes, maxConnections = 2_048, patience = PATIENCE } = options;
    const maxInFlightBytes = options.maxInFlightBytes ?? maxBodyBytes * 4;
    if (maxInFlightBytes < maxBodyBytes * 2) {
      const rule = `must be at least twice maxBodyBytes (${maxBodyBytes}): a body counts as it came and unpacked`;
      throw new SettingsError("maxInFlightBytes", maxInFlightBytes, rule);
    }
    this.#limits = { maxBodyBytes, maxConnections, ...patience };
    this.#corsOrigins = options.otlpCorsOrigins ?? [];
    this.#intake = new Intake({
      decoder: new BodyDecoder({ ...options, tolerances: this.#tolerances }),
      ledger,
      maxInFlightBodies: options.maxInFlightBodies ?? 64,
      maxInFlightBytes,
      tap: options.tap,
    });
  }

  counts(): OtlpReceiverCounts {
    return {
      answers: this.#requests.answers(),
      connectionsDropped: this.#requests.connectionsDropped(),
      underWay: this.#intake.underWay,
      tolerated: this.#tolerances.counts(),
    };
  }

  /** The door that other ways in share with OTLP. */
  get intake(): Intake {
    return this.#intake;
  }

  /** @throws {SettingsError} naming the port that cannot be had; nothing listens then. */
  async start(listen: OtlpListen): Promise<OtlpListening> {
    const host = listen.host ?? "127.0.0.1";
    this.#tls = listen.tls ?? null;
    try {
      let httpPort: number | null = null;
      let grpcPort: number | null = null;
      if (listen.httpPort !== null) {
        this.#http = this.serverOf(OTLP_HTTP);
        httpPort = await this.#http.listen(host, listen.httpPort);
      }
      if (listen.grpcPort !== null) {
        this.#grpc = new OtlpGrpcServer(this.#parts());
        grpcPort = await this.#grpc.listen(host, listen.grpcPort);
      }
      return { host, grpcPort, httpPort };
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  /** A server of another protocol over HTTP with this one's door, limits, counts and, once started, TLS. Close it yourself. */
  serverOf(dialect: HttpDialect): BodyHttpServer {
    return new BodyHttpServer(dialect, { ...this.#parts(), corsOrigins: this.#corsOrigins });
  }

  /** Ends when the signal aborts or `close` is called; requests that still wait are told to try again elsewhere. */
  read(take: (batch: TelemetryBatch) => void | Promise<void>, signal: AbortSignal): Promise<void> {
    return this.#intake.drain(take, signal);
  }

  async close(): Promise<void> {
    this.#intake.close();
    await Promise.all([this.#http?.close(), this.#grpc?.close()]);
    this.#http = null;
    this.#grpc = null;
  }

  #parts() {
    return { intake: this.#intake, limits: this.#limits, counts: this.#requests, tls: this.#tls };
  }
}
