// Sends the spans that every client sends (see ../README.md) and prints what the SDK says it sent, a JSON line a variant.
import {
  type Attributes,
  type AttributeValue,
  createTraceState,
  type HrTime,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter as GrpcExporter } from "@opentelemetry/exporter-trace-otlp-grpc";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanExporter,
} from "@opentelemetry/sdk-trace-base";

const START_SECONDS = 1_700_000_000;
const START_NANOS = 123_456_789;
const MS = 1_000_000;

/** The start and so many nanoseconds. */
const after = (nanos: number): HrTime => [START_SECONDS, START_NANOS + nanos];

const remote = (traceId: string, spanId: string, state = ""): SpanContext => ({
  traceId,
  spanId,
  traceFlags: TraceFlags.SAMPLED,
  isRemote: true,
  ...(state === "" ? {} : { traceState: createTraceState(state) }),
});

function sendSpans(tracer: Tracer): void {
  const caller = remote("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "ot=th:8,vendor=x");
  const server = tracer.startSpan(
    "GET /cart/{id}",
    {
      kind: SpanKind.SERVER,
      startTime: after(0),
      attributes: {
        "http.request.method": "GET",
        "http.route": "/cart/{id}",
        "cart.items": 9_007_199_254_740_991,
        "cart.total": 12.5,
        "cart.gift": true,
        "cart.tags": ["a", "ü"],
        "cart.note": "",
      },
    },
    trace.setSpanContext(ROOT_CONTEXT, caller),
  );
  server.addEvent("cache.miss", { key: "cart:7", tries: 3 }, after(MS));
  server.addEvent("cache.fill", after(2 * MS));
  const below = trace.setSpan(ROOT_CONTEXT, server);

  const client = tracer.startSpan(
    "HGET",
    {
      kind: SpanKind.CLIENT,
      startTime: after(3 * MS),
      attributes: {
        "db.system.name": "redis",
        "db.operation.name": "HGET",
        "server.address": "cache",
        "server.port": 6379,
      },
    },
    below,
  );
  client.setStatus({ code: SpanStatusCode.ERROR, message: "no such key: ключ" });
  client.end(after(4 * MS));

  tracer.startSpan("price € 木", { startTime: after(5 * MS) }, below).end(after(5 * MS));

  const messaging = { "messaging.system": "kafka", "messaging.destination.name": "orders" };
  const producer = tracer.startSpan(
    "send orders",
    {
      kind: SpanKind.PRODUCER,
      startTime: after(6 * MS),
      attributes: { ...messaging, "messaging.operation.type": "send" },
    },
    below,
  );
  producer.end(after(7 * MS));
  server.end(after(250 * MS + 1));

  const elsewhere = remote("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174");
  const consumer = tracer.startSpan(
    "process orders",
    {
      kind: SpanKind.CONSUMER,
      startTime: after(8 * MS),
      attributes: { ...messaging, "messaging.operation.type": "process" },
      links: [{ context: producer.spanContext() }, { context: elsewhere, attributes: { "link.reason": "retry" } }],
    },
    ROOT_CONTEXT,
  );
  consumer.setStatus({ code: SpanStatusCode.OK });
  consumer.end(after(9 * MS));

  tracer.startSpan("first nanosecond", { startTime: [0, 1] }, ROOT_CONTEXT).end([0, 2]);
  const far = 4_102_444_800;
  const long = tracer.startSpan("two days", { kind: SpanKind.SERVER, startTime: [far, 999_999_999] }, ROOT_CONTEXT);
  long.end([far + 172_800, 999_999_999]);
  const post = tracer.startSpan(
    "POST",
    {
      kind: SpanKind.CLIENT,
      startTime: after(0),
      attributes: { "http.request.method": "POST", "server.address": "pay", "http.request.resend_count": 2 },
    },
    ROOT_CONTEXT,
  );
  post.end(after(-5 * MS));
}

function typedValue(value: AttributeValue): object {
  if (typeof value === "boolean") return { bool: value };
  if (typeof value === "string") return { string: value };
  if (typeof value === "number") return Number.isInteger(value) ? { int: String(value) } : { double: value };
  return { array: value.map((item) => typedValue(item ?? "")) };
}

function attributesOf(attributes: Attributes = {}): object {
  return Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, typedValue(value ?? "")]));
}

const nanosOf = ([seconds, nanos]: HrTime) => String(BigInt(seconds) * 1_000_000_000n + BigInt(nanos));

function spanOf(span: ReadableSpan): object {
  const { traceId, spanId, traceState } = span.spanContext();
  return {
    traceId,
    spanId,
    parentSpanId: span.parentSpanContext?.spanId ?? "",
    traceState: traceState?.serialize() ?? "",
    name: span.name,
    kind: SpanKind[span.kind],
    startUnixNano: nanosOf(span.startTime),
    endUnixNano: nanosOf(span.endTime),
    attributes: attributesOf(span.attributes),
    events: span.events.map(({ name, time, attributes }) => ({
      name,
      timeUnixNano: nanosOf(time),
      attributes: attributesOf(attributes),
    })),
    links: span.links.map(({ context, attributes }) => ({
      traceId: context.traceId,
      spanId: context.spanId,
      traceState: context.traceState?.serialize() ?? "",
      attributes: attributesOf(attributes),
    })),
    status: SpanStatusCode[span.status.code],
    statusMessage: span.status.message ?? "",
    resource: attributesOf(span.resource.attributes as Attributes),
    scope: { name: span.instrumentationScope.name, version: span.instrumentationScope.version },
  };
}

const [grpcUrl, httpUrl] = process.argv.slice(2);
const resource = resourceFromAttributes({
  "service.name": "cart",
  "service.namespace": "shop",
  "service.instance.id": "cart-7",
  "service.version": "1.4.2",
});

async function run(protocol: string, compression: string, exporter: SpanExporter): Promise<void> {
  const memory = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(memory), new BatchSpanProcessor(exporter)];
  const provider = new BasicTracerProvider({ resource, spanProcessors });
  sendSpans(provider.getTracer("clients", "1.0"));
  await provider.forceFlush();
  const spans = memory.getFinishedSpans().map(spanOf);
  await provider.shutdown();
  process.stdout.write(`${JSON.stringify({ protocol, compression, spans })}\n`);
}

type HttpConfig = ConstructorParameters<typeof JsonExporter>[0];
type GrpcConfig = ConstructorParameters<typeof GrpcExporter>[0];

// NONE and GZIP of the exporters' own enum, by value: the package that exports it is theirs.
for (const compression of ["none", "gzip"]) {
  const http = { url: `${httpUrl}/v1/traces`, compression } as HttpConfig;
  await run("grpc", compression, new GrpcExporter({ url: grpcUrl, compression } as GrpcConfig));
  await run("http/protobuf", compression, new ProtobufExporter(http));
  await run("http/json", compression, new JsonExporter(http));
}
