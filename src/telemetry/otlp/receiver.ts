import { SettingsError } from "../../contracts/errors.ts";
import type { Ledger, TelemetryBatch, TelemetrySource } from "../../contracts/telemetry.ts";
import { BodyDecoder } from "../encodings.ts";
import { BodyHttpServer, type HttpDialect } from "./body-http-server.ts";
import { OtlpGrpcServer } from "./grpc-server.ts";
import { OTLP_HTTP } from "./http-server.ts";
import { type BodyTap, Intake, type IntakeLoad, type Keeping } from "./intake.ts";
import { PATIENCE, type Patience, type ServerLimits } from "./limits.ts";
import type { BatchPlace } from "./line-queue.ts";
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
  /** Bytes of bodies that are kept and that the reader has not taken yet; more are asked to come again. */
  readonly maxQueueBytes?: number;
  /** Where bodies are kept before their senders hear of them. */
  readonly keeping?: Keeping;
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
  /** Deviations of JSON bodies that were forgiven. */
  readonly tolerated: Readonly<Record<Deviation, number>>;
}

/** The ports really taken. */
export interface OtlpListening {
  readonly host: string;
  readonly grpcPort: number | null;
  readonly httpPort: number | null;
}

const MAX_QUEUE_BYTES = 64 * 1024 * 1024;

/**
 * Receives OTLP over gRPC and HTTP. A sender's request is answered when its body is kept; with nothing to keep it in, when
 * its batch was taken, so what was acknowledged is in the reader's hands. Until `read` is called, requests wait.
 */
export class OtlpReceiver implements TelemetrySource {
  readonly name = "otlp";
  /** Shared with whoever reads the journal again: names get the same numbers then. */
  readonly decoder: BodyDecoder;
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
    this.decoder = new BodyDecoder({ ...options, tolerances: this.#tolerances });
    this.#intake = new Intake({
      decoder: this.decoder,
      ledger,
      maxInFlightBodies: options.maxInFlightBodies ?? 64,
      maxInFlightBytes,
      maxQueueBytes: options.maxQueueBytes ?? MAX_QUEUE_BYTES,
      keeping: options.keeping,
      tap: options.tap,
    });
  }

  /** The door that other ways in share with OTLP. */
  get intake(): Intake {
    return this.#intake;
  }

  /** How full the one door of both servers is. */
  get load(): IntakeLoad {
    return this.#intake.load;
  }

  counts(): OtlpReceiverCounts {
    return {
      answers: this.#requests.answers(),
      connectionsDropped: this.#requests.connectionsDropped(),
      tolerated: this.#tolerances.counts(),
    };
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

  /**
   * Ends when the signal aborts or `close` is called, and all that is kept was taken; requests that still wait are told to
   * try again elsewhere. `take` also gets the batch's place in the order of everything.
   */
  read(take: (batch: TelemetryBatch, place: BatchPlace) => void | Promise<void>, signal: AbortSignal): Promise<void> {
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
