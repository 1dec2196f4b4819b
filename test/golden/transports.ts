import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { Settings } from "../../src/contracts/settings.ts";
import type { Ledger, TelemetrySource } from "../../src/contracts/telemetry.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";

export const TRANSPORTS = ["OTLP/gRPC", "OTLP/HTTP protobuf", "OTLP/HTTP JSON"] as const;
export type Transport = (typeof TRANSPORTS)[number];

type Body = Awaited<ReturnType<ReturnType<typeof replayBodies>["next"]>>["value"] & object;

/** A source that really receives: the recording's bodies are sent to it over the given transport, one after another. */
export async function sendOver(
  transport: Transport,
  recording: string,
  options: Settings & { ledger: Ledger },
): Promise<TelemetrySource> {
  const receiver = new OtlpReceiver(options);
  const ports = await receiver.start({ grpcPort: 0, httpPort: 0 });
  return {
    name: transport,
    async read(take, signal) {
      const reading = receiver.read(take, signal);
      const send = transport === "OTLP/gRPC" ? grpcSender(ports.grpcPort!) : httpSender(ports.httpPort!, transport);
      for await (const body of replayBodies(recording, {})) {
        await send.send(body);
      }
      send.close();
      await receiver.close();
      await reading;
    },
  };
}

function httpSender(port: number, transport: Transport) {
  const isJson = transport === "OTLP/HTTP JSON";
  return {
    async send(body: Body): Promise<void> {
      const response = await fetch(`http://127.0.0.1:${port}/v1/${body.signal}`, {
        method: "POST",
        headers: { "content-type": isJson ? "application/json" : "application/x-protobuf" },
        body: Buffer.from(isJson ? body.json() : body.protobuf),
      });
      await response.arrayBuffer();
      if (response.status !== 200) {
        throw new Error(`${transport}: ${response.status}`);
      }
    },
    close: () => undefined,
  };
}

const METHODS: Readonly<Record<string, string>> = {
  traces: "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
  metrics: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
};

function grpcSender(port: number) {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.max_send_message_length": -1,
  });
  const same = (bytes: Buffer): Buffer => bytes;
  return {
    send: (body: Body): Promise<void> =>
      new Promise((resolve, reject) => {
        const bytes = Buffer.from(body.protobuf);
        client.makeUnaryRequest(METHODS[body.signal]!, same, same, bytes, new Metadata(), (error) =>
          error === null ? resolve() : reject(error),
        );
      }),
    close: () => client.close(),
  };
}
