// Goal: the command, given certificates in its settings, takes spans from real exporters over mutual TLS and from nobody else.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { credentials } from "@grpc/grpc-js";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Authority } from "../telemetry/certificates.ts";
import { start, until } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-secured-"));
const authority = new Authority("shop");
const receiver = authority.issue("receiver");
const collector = authority.issue("collector");

let server: ReturnType<typeof start>;
let ports: { grpc: string; http: string; api: string };

function fileWith(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

beforeAll(async () => {
  const free = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0", "--data-directory", ":memory:"];
  server = start(["attach", ...free, "--otlp-tls-client-ca", fileWith("ca.pem", authority.certificate.cert)], {
    SPANTWIN_OTLP_TLS_CERT: fileWith("cert.pem", receiver.cert),
    SPANTWIN_OTLP_TLS_KEY: fileWith("key.pem", receiver.key),
  });
  const [, grpc, http] = await until(server.output, /gRPC on 127\.0\.0\.1:(\d+), OTLP\/HTTP on 127\.0\.0\.1:(\d+)/);
  const [, api] = await until(server.output, /page: (http:\S+)/);
  ports = { grpc: grpc!, http: http!, api: api! };
}, 60_000);

afterAll(async () => {
  server.child.kill("SIGTERM");
  await server.finished;
  rmSync(folder, { recursive: true, force: true });
});

async function exportOneSpan(exporter: SpanExporter, service: string): Promise<void> {
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ "service.name": service }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  provider.getTracer("test").startSpan("work").end();
  await provider.forceFlush().catch(() => {});
  await provider.shutdown();
}

async function receivedOf(service: string): Promise<number> {
  const response = await fetch(new URL("api/v1/ledger", ports.api));
  const { rows } = (await response.json()) as { rows: { service: string; received: number }[] };
  return rows.find((row) => row.service === service)?.received ?? 0;
}

const ca = authority.certificate.cert;
type HttpConfig = ConstructorParameters<typeof ProtobufExporter>[0];

const overHttp = (identity: { cert?: string; key?: string }) =>
  new ProtobufExporter({
    url: `https://localhost:${ports.http}/v1/traces`,
    timeoutMillis: 2_000,
    httpAgentOptions: () => new Agent({ ca, ...identity }),
  } as HttpConfig);

const overGrpc = (identity: { cert?: string; key?: string }) => {
  const pem = (text: string | undefined) => (text === undefined ? null : Buffer.from(text));
  const secure = credentials.createSsl(Buffer.from(ca), pem(identity.key), pem(identity.cert));
  return new GrpcExporter({ url: `https://localhost:${ports.grpc}`, timeoutMillis: 2_000, credentials: secure });
};

test.each([
  { door: "http", create: overHttp },
  { door: "grpc", create: overGrpc },
])("$door takes a span from a sender with a certificate, and none from one without", async ({ door, create }) => {
  await exportOneSpan(create(collector), `known-${door}`);
  await exportOneSpan(create({}), `stranger-${door}`);
  expect([await receivedOf(`known-${door}`), await receivedOf(`stranger-${door}`)]).toEqual([1, 0]);
});
