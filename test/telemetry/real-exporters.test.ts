import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-grpc";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as HttpExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtoExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor, type SpanExporter } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { PEER_KIND, SPAN_KIND, type TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { type OtlpListening, OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";

// Goal: programs instrumented with OpenTelemetry deliver into the receiver as they are. Method: the real SDK and exporters.

const SPAN_COUNT = 300;
const ledger = new CountingLedger();
const receiver = new OtlpReceiver({ ledger, maxBodyBytes: 4 << 20, maxOperationsPerService: 100 });
const abort = new AbortController();
let batches: TelemetryBatch[] = [];
let listening: OtlpListening;
let reading: Promise<void>;

beforeAll(async () => {
  listening = await receiver.start({ httpPort: 0, grpcPort: 0 });
  reading = receiver.read((batch) => void batches.push(batch), abort.signal);
});
beforeEach(() => {
  batches = [];
});
afterAll(async () => {
  abort.abort();
  await reading;
  await receiver.close();
});

const resource = resourceFromAttributes({ "service.name": "cart", "service.instance.id": "cart-1" });
// GZIP and NONE of the exporters' own enum, by value: the package that exports it is theirs.
const compressions = ["none", "gzip"] as const;

async function exportSpans(exporter: SpanExporter): Promise<void> {
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const tracer = provider.getTracer("test");
  for (let index = 0; index < SPAN_COUNT / 2; index += 1) {
    const server = tracer.startSpan("GET", {
      kind: SpanKind.SERVER,
      attributes: { "http.request.method": "GET", "http.route": "/cart/{id}" },
    });
    const inServer = trace.setSpan(context.active(), server);
    const client = tracer.startSpan(
      "query",
      { kind: SpanKind.CLIENT, attributes: { "db.system.name": "redis", "db.operation.name": "GET" } },
      inServer,
    );
    client.setStatus({ code: SpanStatusCode.ERROR });
    client.end();
    server.end();
  }
  await provider.forceFlush();
  await provider.shutdown();
}

const http = () => `http://127.0.0.1:${listening.httpPort}/v1/traces`;
const grpc = () => `http://127.0.0.1:${listening.grpcPort}`;
type Config = ConstructorParameters<typeof HttpExporter>[0];
type GrpcConfig = ConstructorParameters<typeof GrpcExporter>[0];

describe.each(compressions)("with compression %s", (compression) => {
  test.each([
    { name: "grpc", create: () => new GrpcExporter({ url: grpc(), compression } as GrpcConfig) },
    { name: "http (JSON)", create: () => new HttpExporter({ url: http(), compression } as Config) },
    { name: "proto", create: () => new ProtoExporter({ url: http(), compression } as Config) },
  ])("the $name exporter delivers every span, whole", async ({ create }) => {
    await exportSpans(create());
    let rows = 0;
    let pairs = 0;
    for (const batch of batches) {
      expectValidBatch(batch);
      const { spans } = batch;
      const { strings } = spans;
      rows += spans.spanCount;
      const serverIds = new Map<string, number>();
      for (let row = 0; row < spans.spanCount; row += 1) {
        expect(strings.text(spans.service[row]!)).toBe("cart");
        expect(strings.text(spans.instance[row]!)).toBe("cart-1");
        const isServer = spans.kind[row] === SPAN_KIND.server;
        expect(strings.text(spans.operation[row]!)).toBe(isServer ? "GET /cart/{id}" : "GET");
        expect([spans.isError[row], spans.peerKind[row]]).toEqual(isServer ? [0, 0] : [1, PEER_KIND.cache]);
        expect(Math.abs(spans.startSeconds[row]! - Date.now() / 1_000)).toBeLessThan(60);
        expect(spans.durationSeconds[row]).toBeGreaterThanOrEqual(0);
        if (isServer) serverIds.set(`${spans.spanId[row * 2]}:${spans.spanId[row * 2 + 1]}`, row);
      }
      for (let row = 0; row < spans.spanCount; row += 1) {
        const parent = `${spans.parentSpanId[row * 2]}:${spans.parentSpanId[row * 2 + 1]}`;
        if (serverIds.has(parent)) pairs += 1;
      }
    }
    expect([rows, pairs]).toEqual([SPAN_COUNT, SPAN_COUNT / 2]);
  });
});

test("the grpc metrics exporter delivers counters, levels and histograms", async () => {
  const exporter = new OTLPMetricExporter({ url: grpc() });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter("test");
  meter.createCounter("orders", { unit: "{order}" }).add(3, { kind: "gift" });
  meter.createUpDownCounter("db.client.connection.count").add(2, { state: "used" });
  meter.createHistogram("lag", { unit: "s" }).record(1.5);
  await provider.forceFlush();
  await provider.shutdown();
  const points = batches.flatMap((batch) => batch.metrics);
  const found = points.map(({ name, unit, attributes, value, count, cumulative }) => [
    name,
    unit,
    attributes,
    value,
    count,
    cumulative,
  ]);
  expect(found.slice(0, 3)).toEqual([
    ["orders", "{order}", "kind=gift", 3, 1, true],
    ["db.client.connection.count", "", "state=used", 2, 1, false],
    ["lag", "s", "", 1.5, 1, true],
  ]);
  expect(points[0]).toMatchObject({ service: "cart", instance: "cart-1" });
});
