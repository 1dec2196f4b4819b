import { createServer } from "node:net";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { MalformedError } from "../../contracts/errors.ts";
import { BusyError } from "./busy-error.ts";
import type { Signal } from "./decoder.ts";
import type { Intake } from "./intake.ts";
import { listenError } from "./listen-error.ts";
import { exportResponse, RPC_CODE, rpcStatus } from "./responses.ts";

const SERVICES: Readonly<Record<Signal, string>> = {
  traces: "opentelemetry.proto.collector.trace.v1.TraceService",
  metrics: "opentelemetry.proto.collector.metrics.v1.MetricsService",
};
const MAX_CONCURRENT_STREAMS = 32;

const asIs = (bytes: Buffer): Buffer => bytes;

/** OTLP/gRPC: the Export methods of traces and metrics. Bodies reach the intake as bytes; grpc-js undoes gzip. */
export class OtlpGrpcServer {
  readonly #server: Server;
  readonly #intake: Intake;

  constructor(intake: Intake, maxBodyBytes: number) {
    this.#intake = intake;
    this.#server = new Server({
      "grpc.max_receive_message_length": maxBodyBytes,
      "grpc.max_concurrent_streams": MAX_CONCURRENT_STREAMS,
    });
    for (const signal of ["traces", "metrics"] as const) {
      this.#server.addService(definitionOf(SERVICES[signal]), {
        Export: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
          void this.#export(signal, call.request, answer);
        },
      });
    }
  }

  /** Resolves with the port. @throws {SettingsError} when the address cannot be had. */
  async listen(host: string, port: number): Promise<number> {
    await probe(host, port);
    const address = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, boundPort) => {
        if (error === null) resolve(boundPort);
        else reject(listenError("otlpGrpcPort", host, port, error));
      });
    });
  }

  /** Waits a second for open calls, then cuts them. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      const cut = setTimeout(() => this.#server.forceShutdown(), 1_000);
      this.#server.tryShutdown(() => {
        clearTimeout(cut);
        resolve();
      });
    });
  }

  async #export(signal: Signal, body: Buffer, answer: sendUnaryData<Buffer>): Promise<void> {
    let rejectedCount: number;
    try {
      this.#intake.reserve(body.length);
      try {
        rejectedCount = await this.#intake.accept(signal, "protobuf", body);
      } finally {
        this.#intake.release(body.length);
      }
    } catch (error) {
      answer(refusalFor(error));
      return;
    }
    answer(null, exportResponse(signal, "protobuf", rejectedCount));
  }
}

function refusalFor(error: unknown) {
  if (error instanceof MalformedError) return { code: RPC_CODE.invalidArgument, details: error.message };
  const message = error instanceof BusyError ? error.message : "cannot take telemetry now";
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", rpcStatus("protobuf", RPC_CODE.unavailable, message, 1));
  return { code: RPC_CODE.unavailable, details: message, metadata };
}

function definitionOf(service: string): ServiceDefinition {
  return {
    Export: {
      path: `/${service}/Export`,
      requestStream: false,
      responseStream: false,
      requestSerialize: asIs,
      requestDeserialize: asIs,
      responseSerialize: asIs,
      responseDeserialize: asIs,
    },
  };
}

/** grpc-js does not say why it cannot bind; a plain socket does. */
function probe(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error) => reject(listenError("otlpGrpcPort", host, port, error)));
    server.listen({ host, port }, () => server.close(() => resolve()));
  });
}
