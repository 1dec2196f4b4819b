import type { Ledger, TelemetryBatch, TelemetrySource } from "../../contracts/telemetry.ts";
import { BodyDecoder } from "../encodings.ts";
import { OtlpGrpcServer } from "./grpc-server.ts";
import { OtlpHttpServer } from "./http-server.ts";
import { type BodyTap, Intake } from "./intake.ts";

export interface OtlpReceiverOptions {
  readonly ledger: Ledger;
  readonly maxBodyBytes: number;
  readonly maxOperationsPerService: number;
  /** Bodies that may wait to be taken in; more are asked to come again. */
  readonly maxInFlightBodies?: number;
  readonly tap?: BodyTap;
}

/** Where to listen. Port 0 takes any free one; null leaves that transport off. */
export interface OtlpListen {
  readonly host?: string;
  readonly grpcPort: number | null;
  readonly httpPort: number | null;
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
  readonly #maxBodyBytes: number;
  #grpc: OtlpGrpcServer | null = null;
  #http: OtlpHttpServer | null = null;

  constructor(options: OtlpReceiverOptions) {
    this.#maxBodyBytes = options.maxBodyBytes;
    this.#intake = new Intake({
      decoder: new BodyDecoder(options),
      ledger: options.ledger,
      maxInFlightBodies: options.maxInFlightBodies ?? 64,
      // Room for a few of the largest bodies, compressed and not, or for very many usual ones.
      maxInFlightBytes: options.maxBodyBytes * 4,
      tap: options.tap,
    });
  }

  /** The door that other ways in share with OTLP. */
  get intake(): Intake {
    return this.#intake;
  }

  /** @throws {SettingsError} naming the port that cannot be had; nothing listens then. */
  async start(listen: OtlpListen): Promise<OtlpListening> {
    const host = listen.host ?? "127.0.0.1";
    try {
      let httpPort: number | null = null;
      let grpcPort: number | null = null;
      if (listen.httpPort !== null) {
        this.#http = new OtlpHttpServer(this.#intake, this.#maxBodyBytes);
        httpPort = await this.#http.listen(host, listen.httpPort);
      }
      if (listen.grpcPort !== null) {
        this.#grpc = new OtlpGrpcServer(this.#intake, this.#maxBodyBytes);
        grpcPort = await this.#grpc.listen(host, listen.grpcPort);
      }
      return { host, grpcPort, httpPort };
    } catch (error) {
      await this.close();
      throw error;
    }
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
}
