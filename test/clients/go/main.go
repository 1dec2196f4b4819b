// Sends the spans that every client sends (see ../README.md) and prints what the SDK says it sent, a JSON line a variant.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"
)

const ms = time.Millisecond

var (
	start = time.Unix(1_700_000_000, 123_456_789)
	far   = time.Unix(4_102_444_800, 999_999_999)
)

func remoteContext(traceID, spanID, state string) trace.SpanContext {
	t, err := trace.TraceIDFromHex(traceID)
	check(err)
	s, err := trace.SpanIDFromHex(spanID)
	check(err)
	ts, err := trace.ParseTraceState(state)
	check(err)
	return trace.NewSpanContext(trace.SpanContextConfig{
		TraceID: t, SpanID: s, TraceFlags: trace.FlagsSampled, TraceState: ts, Remote: true,
	})
}

func sendSpans(tracer trace.Tracer) {
	root := context.Background()
	caller := remoteContext("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", "ot=th:8,vendor=x")
	below, server := tracer.Start(trace.ContextWithRemoteSpanContext(root, caller), "GET /cart/{id}",
		trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(start), trace.WithAttributes(
			attribute.String("http.request.method", "GET"), attribute.String("http.route", "/cart/{id}"),
			attribute.Int64("cart.items", 9_007_199_254_740_993), attribute.Float64("cart.total", 12.5),
			attribute.Bool("cart.gift", true), attribute.StringSlice("cart.tags", []string{"a", "ü"}),
			attribute.String("cart.note", "")))
	server.AddEvent("cache.miss", trace.WithTimestamp(start.Add(ms)),
		trace.WithAttributes(attribute.String("key", "cart:7"), attribute.Int("tries", 3)))
	server.AddEvent("cache.fill", trace.WithTimestamp(start.Add(2*ms)))

	_, client := tracer.Start(below, "HGET", trace.WithSpanKind(trace.SpanKindClient),
		trace.WithTimestamp(start.Add(3*ms)), trace.WithAttributes(
			attribute.String("db.system.name", "redis"), attribute.String("db.operation.name", "HGET"),
			attribute.String("server.address", "cache"), attribute.Int("server.port", 6379)))
	client.SetStatus(codes.Error, "no such key: ключ")
	client.End(trace.WithTimestamp(start.Add(4 * ms)))

	_, price := tracer.Start(below, "price € 木", trace.WithTimestamp(start.Add(5*ms)))
	price.End(trace.WithTimestamp(start.Add(5 * ms)))

	messaging := []attribute.KeyValue{
		attribute.String("messaging.system", "kafka"), attribute.String("messaging.destination.name", "orders"),
	}
	_, producer := tracer.Start(below, "send orders", trace.WithSpanKind(trace.SpanKindProducer),
		trace.WithTimestamp(start.Add(6*ms)), trace.WithAttributes(messaging...),
		trace.WithAttributes(attribute.String("messaging.operation.type", "send")))
	producer.End(trace.WithTimestamp(start.Add(7 * ms)))
	server.End(trace.WithTimestamp(start.Add(250*ms + 1)))

	elsewhere := remoteContext("5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "")
	_, consumer := tracer.Start(root, "process orders", trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithTimestamp(start.Add(8*ms)), trace.WithAttributes(messaging...),
		trace.WithAttributes(attribute.String("messaging.operation.type", "process")),
		trace.WithLinks(trace.Link{SpanContext: producer.SpanContext()}, trace.Link{
			SpanContext: elsewhere, Attributes: []attribute.KeyValue{attribute.String("link.reason", "retry")},
		}))
	consumer.SetStatus(codes.Ok, "")
	consumer.End(trace.WithTimestamp(start.Add(9 * ms)))

	_, first := tracer.Start(root, "first nanosecond", trace.WithTimestamp(time.Unix(0, 1)))
	first.End(trace.WithTimestamp(time.Unix(0, 2)))
	_, long := tracer.Start(root, "two days", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(far))
	long.End(trace.WithTimestamp(far.Add(48 * time.Hour)))
	_, post := tracer.Start(root, "POST", trace.WithSpanKind(trace.SpanKindClient), trace.WithTimestamp(start),
		trace.WithAttributes(attribute.String("http.request.method", "POST"), attribute.String("server.address", "pay"),
			attribute.Int("http.request.resend_count", 2)))
	post.End(trace.WithTimestamp(start.Add(-5 * ms)))
}

type object map[string]any

func valueOf(value attribute.Value) object {
	switch value.Type() {
	case attribute.BOOL:
		return object{"bool": value.AsBool()}
	case attribute.INT64:
		return object{"int": strconv.FormatInt(value.AsInt64(), 10)}
	case attribute.FLOAT64:
		return object{"double": value.AsFloat64()}
	case attribute.STRING:
		return object{"string": value.AsString()}
	case attribute.STRINGSLICE:
		items := []object{}
		for _, item := range value.AsStringSlice() {
			items = append(items, object{"string": item})
		}
		return object{"array": items}
	default:
		panic("no attribute of this client has type " + value.Type().String())
	}
}

func attributesOf(attributes []attribute.KeyValue) object {
	found := object{}
	for _, item := range attributes {
		found[string(item.Key)] = valueOf(item.Value)
	}
	return found
}

func nanosOf(at time.Time) string { return strconv.FormatInt(at.UnixNano(), 10) }

func spanOf(span tracetest.SpanStub) object {
	parent := ""
	if span.Parent.SpanID().IsValid() {
		parent = span.Parent.SpanID().String()
	}
	events, links := []object{}, []object{}
	for _, event := range span.Events {
		events = append(events, object{
			"name": event.Name, "timeUnixNano": nanosOf(event.Time), "attributes": attributesOf(event.Attributes),
		})
	}
	for _, link := range span.Links {
		links = append(links, object{
			"traceId": link.SpanContext.TraceID().String(), "spanId": link.SpanContext.SpanID().String(),
			"traceState": link.SpanContext.TraceState().String(), "attributes": attributesOf(link.Attributes),
		})
	}
	return object{
		"traceId": span.SpanContext.TraceID().String(), "spanId": span.SpanContext.SpanID().String(),
		"parentSpanId": parent, "traceState": span.SpanContext.TraceState().String(),
		"name": span.Name, "kind": strings.ToUpper(span.SpanKind.String()),
		"startUnixNano": nanosOf(span.StartTime), "endUnixNano": nanosOf(span.EndTime),
		"attributes": attributesOf(span.Attributes), "events": events, "links": links,
		"status": strings.ToUpper(span.Status.Code.String()), "statusMessage": span.Status.Description,
		"resource": attributesOf(span.Resource.Attributes()),
		"scope":    object{"name": span.InstrumentationScope.Name, "version": span.InstrumentationScope.Version},
	}
}

func run(protocol, compression string, exporter sdk.SpanExporter, err error) {
	check(err)
	memory := tracetest.NewInMemoryExporter()
	provider := sdk.NewTracerProvider(sdk.WithBatcher(exporter), sdk.WithSyncer(memory), sdk.WithResource(
		resource.NewSchemaless(attribute.String("service.name", "cart"), attribute.String("service.namespace", "shop"),
			attribute.String("service.instance.id", "cart-7"), attribute.String("service.version", "1.4.2"))))
	sendSpans(provider.Tracer("clients", trace.WithInstrumentationVersion("1.0")))
	check(provider.ForceFlush(context.Background()))
	spans := []object{}
	for _, span := range memory.GetSpans() {
		spans = append(spans, spanOf(span))
	}
	check(provider.Shutdown(context.Background()))
	check(json.NewEncoder(os.Stdout).Encode(object{"protocol": protocol, "compression": compression, "spans": spans}))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	grpcURL, httpURL := os.Args[1], os.Args[2]+"/v1/traces"
	background := context.Background()
	for _, compression := range []string{"none", "gzip"} {
		options := []otlptracegrpc.Option{otlptracegrpc.WithEndpointURL(grpcURL)}
		if compression == "gzip" {
			options = append(options, otlptracegrpc.WithCompressor("gzip"))
		}
		exporter, err := otlptracegrpc.New(background, options...)
		run("grpc", compression, exporter, err)
	}
	for _, compression := range []otlptracehttp.Compression{otlptracehttp.NoCompression, otlptracehttp.GzipCompression} {
		exporter, err := otlptracehttp.New(background,
			otlptracehttp.WithEndpointURL(httpURL), otlptracehttp.WithCompression(compression))
		run("http/protobuf", map[bool]string{true: "gzip", false: "none"}[compression == otlptracehttp.GzipCompression],
			exporter, err)
	}
}
