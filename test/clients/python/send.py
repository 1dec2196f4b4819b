"""Sends the spans that every client sends (see ../README.md) and prints what the SDK says it sent, a JSON line a variant."""

import json
import sys

import grpc
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags, TraceState

GRPC_URL, HTTP_URL = sys.argv[1:3]
MS = 1_000_000
START = 1_700_000_000_123_456_789
FAR = 4_102_444_800_999_999_999
REMOTE_TRACE = 0x0AF7651916CD43DD8448EB211C80319C
REMOTE_SPAN = 0xB7AD6B7169203331


def remote_context(trace_id, span_id, state=()):
    return SpanContext(trace_id, span_id, True, TraceFlags(1), TraceState(state))


def send_spans(tracer):
    caller = remote_context(REMOTE_TRACE, REMOTE_SPAN, [("ot", "th:8"), ("vendor", "x")])
    server = tracer.start_span(
        "GET /cart/{id}",
        context=trace.set_span_in_context(NonRecordingSpan(caller)),
        kind=SpanKind.SERVER,
        start_time=START,
        attributes={
            "http.request.method": "GET",
            "http.route": "/cart/{id}",
            "cart.items": 9_007_199_254_740_993,
            "cart.total": 12.5,
            "cart.gift": True,
            "cart.tags": ["a", "ü"],
            "cart.note": "",
        },
    )
    server.add_event("cache.miss", {"key": "cart:7", "tries": 3}, timestamp=START + MS)
    server.add_event("cache.fill", timestamp=START + 2 * MS)
    below = trace.set_span_in_context(server)

    client = tracer.start_span(
        "HGET",
        context=below,
        kind=SpanKind.CLIENT,
        start_time=START + 3 * MS,
        attributes={
            "db.system.name": "redis",
            "db.operation.name": "HGET",
            "server.address": "cache",
            "server.port": 6379,
        },
    )
    client.set_status(Status(StatusCode.ERROR, "no such key: ключ"))
    client.end(end_time=START + 4 * MS)

    tracer.start_span("price € 木", context=below, start_time=START + 5 * MS).end(end_time=START + 5 * MS)

    messaging = {"messaging.system": "kafka", "messaging.destination.name": "orders"}
    producer = tracer.start_span(
        "send orders",
        context=below,
        kind=SpanKind.PRODUCER,
        start_time=START + 6 * MS,
        attributes={**messaging, "messaging.operation.type": "send"},
    )
    producer.end(end_time=START + 7 * MS)
    server.end(end_time=START + 250 * MS + 1)

    elsewhere = remote_context(0x5B8EFFF798038103D269B633813FC60C, 0xEEE19B7EC3C1B174)
    consumer = tracer.start_span(
        "process orders",
        kind=SpanKind.CONSUMER,
        start_time=START + 8 * MS,
        attributes={**messaging, "messaging.operation.type": "process"},
        links=[Link(producer.get_span_context()), Link(elsewhere, {"link.reason": "retry"})],
    )
    consumer.set_status(Status(StatusCode.OK))
    consumer.end(end_time=START + 9 * MS)

    tracer.start_span("first nanosecond", start_time=1).end(end_time=2)
    tracer.start_span("two days", kind=SpanKind.SERVER, start_time=FAR).end(end_time=FAR + 172_800_000 * MS)
    tracer.start_span(
        "POST",
        kind=SpanKind.CLIENT,
        start_time=START,
        attributes={"http.request.method": "POST", "server.address": "pay", "http.request.resend_count": 2},
    ).end(end_time=START - 5 * MS)


def value_of(value):
    if isinstance(value, bool):
        return {"bool": value}
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, float):
        return {"double": value}
    if isinstance(value, str):
        return {"string": value}
    return {"array": [value_of(item) for item in value]}


def attributes_of(attributes):
    return {key: value_of(value) for key, value in (attributes or {}).items()}


def state_of(context):
    return ",".join(f"{key}={value}" for key, value in context.trace_state.items())


def link_of(link):
    return {
        "traceId": f"{link.context.trace_id:032x}",
        "spanId": f"{link.context.span_id:016x}",
        "traceState": state_of(link.context),
        "attributes": attributes_of(link.attributes),
    }


def span_of(span):
    return {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        "parentSpanId": f"{span.parent.span_id:016x}" if span.parent else "",
        "traceState": state_of(span.context),
        "name": span.name,
        "kind": span.kind.name,
        "startUnixNano": str(span.start_time),
        "endUnixNano": str(span.end_time),
        "attributes": attributes_of(span.attributes),
        "events": [
            {"name": event.name, "timeUnixNano": str(event.timestamp), "attributes": attributes_of(event.attributes)}
            for event in span.events
        ],
        "links": [link_of(link) for link in span.links],
        "status": span.status.status_code.name,
        "statusMessage": span.status.description or "",
        "resource": attributes_of(span.resource.attributes),
        "scope": {"name": span.instrumentation_scope.name, "version": span.instrumentation_scope.version},
    }


def exporters():
    packed = grpc.Compression.Gzip
    url = f"{HTTP_URL}/v1/traces"
    yield "grpc", "none", GrpcExporter(endpoint=GRPC_URL, insecure=True)
    yield "grpc", "gzip", GrpcExporter(endpoint=GRPC_URL, insecure=True, compression=packed)
    yield "http/protobuf", "none", HttpExporter(endpoint=url, compression=Compression.NoCompression)
    yield "http/protobuf", "gzip", HttpExporter(endpoint=url, compression=Compression.Gzip)
    yield "http/protobuf", "deflate", HttpExporter(endpoint=url, compression=Compression.Deflate)


RESOURCE = Resource.create(
    {
        "service.name": "cart",
        "service.namespace": "shop",
        "service.instance.id": "cart-7",
        "service.version": "1.4.2",
    }
)

for protocol, compression, exporter in exporters():
    memory = InMemorySpanExporter()
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    provider.add_span_processor(BatchSpanProcessor(exporter))
    send_spans(provider.get_tracer("clients", "1.0"))
    provider.force_flush()
    spans = [span_of(span) for span in memory.get_finished_spans()]
    provider.shutdown()
    print(json.dumps({"protocol": protocol, "compression": compression, "spans": spans}), flush=True)
