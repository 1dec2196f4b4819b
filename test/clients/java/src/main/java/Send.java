import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Sends the spans that every client sends (see ../README.md) and prints what the SDK says it sent, a JSON line a variant. */
public final class Send {
  private static final PrintStream OUT = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private static final long MS = 1_000_000L;
  private static final long START = 1_700_000_000_123_456_789L;
  private static final long FAR = 4_102_444_800_999_999_999L;

  private static SpanBuilder span(Tracer tracer, String name, SpanKind kind, Context parent, long startNanos) {
    return tracer.spanBuilder(name).setSpanKind(kind).setParent(parent).setStartTimestamp(startNanos, TimeUnit.NANOSECONDS);
  }

  private static void end(Span span, long endNanos) {
    span.end(endNanos, TimeUnit.NANOSECONDS);
  }

  private static void sendSpans(Tracer tracer) {
    Context root = Context.root();
    TraceState state = TraceState.builder().put("vendor", "x").put("ot", "th:8").build();
    SpanContext caller = SpanContext.createFromRemoteParent(
        "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", TraceFlags.getSampled(), state);
    Span server = span(tracer, "GET /cart/{id}", SpanKind.SERVER, root.with(Span.wrap(caller)), START)
        .setAttribute("http.request.method", "GET")
        .setAttribute("http.route", "/cart/{id}")
        .setAttribute("cart.items", 9_007_199_254_740_993L)
        .setAttribute("cart.total", 12.5)
        .setAttribute("cart.gift", true)
        .setAttribute(AttributeKey.stringArrayKey("cart.tags"), List.of("a", "ü"))
        .setAttribute("cart.note", "")
        .startSpan();
    Attributes miss = Attributes.builder().put("key", "cart:7").put("tries", 3L).build();
    server.addEvent("cache.miss", miss, START + MS, TimeUnit.NANOSECONDS);
    server.addEvent("cache.fill", START + 2 * MS, TimeUnit.NANOSECONDS);
    Context below = root.with(server);

    Span client = span(tracer, "HGET", SpanKind.CLIENT, below, START + 3 * MS)
        .setAttribute("db.system.name", "redis")
        .setAttribute("db.operation.name", "HGET")
        .setAttribute("server.address", "cache")
        .setAttribute("server.port", 6379L)
        .startSpan();
    client.setStatus(StatusCode.ERROR, "no such key: ключ");
    end(client, START + 4 * MS);

    end(span(tracer, "price € 木", SpanKind.INTERNAL, below, START + 5 * MS).startSpan(), START + 5 * MS);

    Span producer = span(tracer, "send orders", SpanKind.PRODUCER, below, START + 6 * MS)
        .setAttribute("messaging.system", "kafka")
        .setAttribute("messaging.destination.name", "orders")
        .setAttribute("messaging.operation.type", "send")
        .startSpan();
    end(producer, START + 7 * MS);
    end(server, START + 250 * MS + 1);

    SpanContext elsewhere = SpanContext.createFromRemoteParent(
        "5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", TraceFlags.getSampled(), TraceState.getDefault());
    Span consumer = span(tracer, "process orders", SpanKind.CONSUMER, root, START + 8 * MS)
        .setAttribute("messaging.system", "kafka")
        .setAttribute("messaging.destination.name", "orders")
        .setAttribute("messaging.operation.type", "process")
        .addLink(producer.getSpanContext())
        .addLink(elsewhere, Attributes.builder().put("link.reason", "retry").build())
        .startSpan();
    consumer.setStatus(StatusCode.OK);
    end(consumer, START + 9 * MS);

    end(span(tracer, "first nanosecond", SpanKind.INTERNAL, root, 1).startSpan(), 2);
    end(span(tracer, "two days", SpanKind.SERVER, root, FAR).startSpan(), FAR + 172_800_000L * MS);
    Span post = span(tracer, "POST", SpanKind.CLIENT, root, START)
        .setAttribute("http.request.method", "POST")
        .setAttribute("server.address", "pay")
        .setAttribute("http.request.resend_count", 2L)
        .startSpan();
    end(post, START - 5 * MS);
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static String field(String name, String json) {
    return quoted(name) + ':' + json;
  }

  private static String object(String... fields) {
    return '{' + String.join(",", fields) + '}';
  }

  private static String value(Object value) {
    if (value instanceof Boolean) return object(field("bool", value.toString()));
    if (value instanceof Long) return object(field("int", quoted(value.toString())));
    if (value instanceof Double) return object(field("double", value.toString()));
    if (value instanceof List<?> items) {
      return object(field("array", items.stream().map(Send::value).collect(Collectors.joining(",", "[", "]"))));
    }
    return object(field("string", quoted(value.toString())));
  }

  private static String attributes(Attributes attributes) {
    return attributes.asMap().entrySet().stream()
        .map(entry -> field(entry.getKey().getKey(), value(entry.getValue())))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private static String state(SpanContext context) {
    return context.getTraceState().asMap().entrySet().stream()
        .map(entry -> entry.getKey() + '=' + entry.getValue())
        .collect(Collectors.joining(","));
  }

  private static String event(EventData event) {
    return object(
        field("name", quoted(event.getName())),
        field("timeUnixNano", quoted(Long.toString(event.getEpochNanos()))),
        field("attributes", attributes(event.getAttributes())));
  }

  private static String link(LinkData link) {
    return object(
        field("traceId", quoted(link.getSpanContext().getTraceId())),
        field("spanId", quoted(link.getSpanContext().getSpanId())),
        field("traceState", quoted(state(link.getSpanContext()))),
        field("attributes", attributes(link.getAttributes())));
  }

  private static String span(SpanData span) {
    String parent = span.getParentSpanContext().isValid() ? span.getParentSpanId() : "";
    return object(
        field("traceId", quoted(span.getTraceId())),
        field("spanId", quoted(span.getSpanId())),
        field("parentSpanId", quoted(parent)),
        field("traceState", quoted(state(span.getSpanContext()))),
        field("name", quoted(span.getName())),
        field("kind", quoted(span.getKind().name())),
        field("startUnixNano", quoted(Long.toString(span.getStartEpochNanos()))),
        field("endUnixNano", quoted(Long.toString(span.getEndEpochNanos()))),
        field("attributes", attributes(span.getAttributes())),
        field("events", span.getEvents().stream().map(Send::event).collect(Collectors.joining(",", "[", "]"))),
        field("links", span.getLinks().stream().map(Send::link).collect(Collectors.joining(",", "[", "]"))),
        field("status", quoted(span.getStatus().getStatusCode().name())),
        field("statusMessage", quoted(span.getStatus().getDescription())),
        field("resource", attributes(span.getResource().getAttributes())),
        field("scope", object(
            field("name", quoted(span.getInstrumentationScopeInfo().getName())),
            field("version", quoted(span.getInstrumentationScopeInfo().getVersion())))));
  }

  private static void run(String protocol, String compression, SpanExporter exporter) {
    InMemorySpanExporter memory = InMemorySpanExporter.create();
    Resource resource = Resource.getDefault().toBuilder()
        .put("service.name", "cart")
        .put("service.namespace", "shop")
        .put("service.instance.id", "cart-7")
        .put("service.version", "1.4.2")
        .build();
    SdkTracerProvider provider = SdkTracerProvider.builder()
        .setResource(resource)
        .addSpanProcessor(SimpleSpanProcessor.create(memory))
        .addSpanProcessor(BatchSpanProcessor.builder(exporter).build())
        .build();
    sendSpans(provider.tracerBuilder("clients").setInstrumentationVersion("1.0").build());
    provider.forceFlush().join(20, TimeUnit.SECONDS);
    String spans = memory.getFinishedSpanItems().stream().map(Send::span).collect(Collectors.joining(",", "[", "]"));
    provider.shutdown().join(20, TimeUnit.SECONDS);
    OUT.println(object(
        field("protocol", quoted(protocol)), field("compression", quoted(compression)), field("spans", spans)));
  }

  public static void main(String[] args) {
    for (String compression : List.of("none", "gzip")) {
      run("grpc", compression,
          OtlpGrpcSpanExporter.builder().setEndpoint(args[0]).setCompression(compression).build());
      run("http/protobuf", compression,
          OtlpHttpSpanExporter.builder().setEndpoint(args[1] + "/v1/traces").setCompression(compression).build());
    }
  }
}
