import fc from "fast-check";
import { encodeJaegerSpan } from "./jaeger-oracle.ts";
import { encode } from "./otlp-oracle.ts";

/** One service's spans in no format, with only such things in them as every format can say. */
export interface PlainSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: "internal" | "server" | "client" | "producer" | "consumer";
  readonly startMicros: number;
  readonly durationMicros: number;
  readonly isError: boolean;
  readonly tracestate: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

export interface PlainProcess {
  readonly service: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly spans: readonly PlainSpan[];
}

const hex = (digitCount: number) =>
  fc
    .string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: digitCount, maxLength: digitCount })
    .filter((text) => !/^0*$/.test(text));

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }).map((each) => each.toWellFormed());
const words = fc.constantFrom(
  "GET",
  "/cart/123",
  "/cart/{id}",
  "SELECT * FROM t",
  "orders",
  "redis",
  "http://h:8080/x",
);
const attribute = (key: string) => ({ [key]: fc.oneof(words, text) });

const span: fc.Arbitrary<PlainSpan> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: fc.oneof(fc.constant(""), hex(16)),
  name: fc.oneof(text, fc.constantFrom("GET /user/123", "order-81723")),
  kind: fc.constantFrom("internal", "server", "client", "producer", "consumer"),
  startMicros: fc.integer({ min: 1_700_000_000_000_000, max: 1_800_000_000_000_000 }),
  durationMicros: fc.integer({ min: 0, max: 100_000_000 }),
  isError: fc.boolean(),
  tracestate: fc.constantFrom("", "ot=th:8", "a=b"),
  attributes: fc.record(
    {
      ...attribute("http.request.method"),
      ...attribute("http.route"),
      ...attribute("url.full"),
      ...attribute("server.address"),
      "server.port": fc.integer({ min: 1, max: 65_535 }),
      ...attribute("peer.service"),
      ...attribute("rpc.method"),
      ...attribute("db.system"),
      ...attribute("db.instance"),
      ...attribute("db.query.text"),
      ...attribute("messaging.system"),
      ...attribute("messaging.destination.name"),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<Record<string, string | number>>,
});

/** Processes with ids unique over all of them. */
export const randomProcesses: fc.Arbitrary<PlainProcess[]> = fc
  .array(
    fc.record({
      service: fc.oneof(fc.constantFrom("cart", "Checkout"), text),
      attributes: fc.record(
        { ...attribute("service.namespace"), ...attribute("service.instance.id"), ...attribute("service.version") },
        { requiredKeys: [] },
      ) as fc.Arbitrary<Record<string, string>>,
      spans: fc.array(span, { minLength: 1, maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .filter((processes) => {
    const ids = processes.flatMap(({ spans }) => spans.map(({ spanId }) => spanId));
    return new Set(ids).size === ids.length;
  });

const OTLP_KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 };

const otlpAttributes = (attributes: Readonly<Record<string, string | number>>) =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value },
  }));

export function toOtlpProto(processes: readonly PlainProcess[]): Uint8Array {
  const nanos = (micros: number) => String(BigInt(micros) * 1000n);
  return encode("TracesData", {
    resourceSpans: processes.map(({ service, attributes, spans }) => ({
      resource: { attributes: otlpAttributes({ ...attributes, "service.name": service }) },
      scopeSpans: [
        {
          spans: spans.map((each) => ({
            traceId: Buffer.from(each.traceId, "hex"),
            spanId: Buffer.from(each.spanId, "hex"),
            parentSpanId: Buffer.from(each.parentSpanId, "hex"),
            traceState: each.tracestate,
            name: each.name,
            kind: OTLP_KINDS[each.kind],
            startTimeUnixNano: nanos(each.startMicros),
            endTimeUnixNano: nanos(each.startMicros + each.durationMicros),
            attributes: otlpAttributes(each.attributes),
            status: { code: each.isError ? 2 : 0 },
          })),
        },
      ],
    })),
  });
}

/** Tags that say in Jaeger and Zipkin what OTLP has fields for. */
function fieldTags({ kind, isError, tracestate }: PlainSpan): Record<string, string | boolean> {
  return {
    "span.kind": kind,
    ...(isError ? { error: true } : {}),
    ...(tracestate === "" ? {} : { "w3c.tracestate": tracestate }),
  };
}

type Tags = Readonly<Record<string, string | number | boolean>>;

const uiTags = (tags: Tags) =>
  Object.entries(tags).map(([key, value]) => {
    const type = typeof value === "string" ? "string" : typeof value === "number" ? "int64" : "bool";
    return { key, type, value };
  });

/** As the Jaeger UI downloads it: all spans of a trace, whatever process they are of. Here all in one trace entry. */
export function toJaegerUi(processes: readonly PlainProcess[]): Uint8Array {
  const spans = processes.flatMap((process, index) =>
    process.spans.map((each) => ({
      traceID: each.traceId.replace(/^0+/, ""),
      spanID: each.spanId.replace(/^0+/, ""),
      operationName: each.name,
      references:
        each.parentSpanId === "" ? [] : [{ refType: "CHILD_OF", traceID: each.traceId, spanID: each.parentSpanId }],
      startTime: each.startMicros,
      duration: each.durationMicros,
      tags: uiTags({ ...each.attributes, ...fieldTags(each) }),
      logs: [],
      processID: `p${index + 1}`,
      warnings: null,
    })),
  );
  const named = Object.fromEntries(
    processes.map(({ service, attributes }, index) => [
      `p${index + 1}`,
      { serviceName: service, tags: uiTags(attributes) },
    ]),
  );
  const data = [{ traceID: spans[0]!.traceID, spans, processes: named, warnings: null }];
  return Buffer.from(JSON.stringify({ data, total: 0, limit: 0, offset: 0, errors: null }));
}

const base64 = (id: string) => Buffer.from(id, "hex").toString("base64");

const protoJsonTags = (tags: Tags) =>
  Object.entries(tags).map(([key, value]) => {
    if (typeof value === "number") return { key, vType: "INT64", vInt64: String(value) };
    return typeof value === "boolean" ? { key, vType: "BOOL", vBool: value } : { key, vStr: value };
  });

/** One record a span, in protobuf's JSON, as the collector's Kafka exporter writes `jaeger_json`. */
export function toJaegerKafkaJson(processes: readonly PlainProcess[]): Uint8Array[] {
  return processes.flatMap(({ service, attributes, spans }) =>
    spans.map((each) => {
      const micros = String(each.startMicros % 1_000_000).padStart(6, "0");
      const seconds = new Date(Math.floor(each.startMicros / 1_000_000) * 1000).toISOString().slice(0, 19);
      return Buffer.from(
        JSON.stringify({
          traceId: base64(each.traceId),
          spanId: base64(each.spanId),
          operationName: each.name,
          ...(each.parentSpanId === ""
            ? {}
            : { references: [{ traceId: base64(each.traceId), spanId: base64(each.parentSpanId) }] }),
          startTime: `${seconds}.${micros}Z`,
          duration: `${(each.durationMicros / 1e6).toFixed(6)}s`,
          tags: protoJsonTags({ ...each.attributes, ...fieldTags(each) }),
          process: { serviceName: service, tags: protoJsonTags(attributes) },
        }),
      );
    }),
  );
}

const protoTags = (tags: Tags) =>
  Object.entries(tags).map(([key, value]) => {
    if (typeof value === "number") return { key, vType: 2, vInt64: String(value) };
    return typeof value === "boolean" ? { key, vType: 1, vBool: value } : { key, vStr: value };
  });

/** One record a span, as the collector's Kafka exporter writes `jaeger_proto`. */
export function toJaegerProto(processes: readonly PlainProcess[]): Uint8Array[] {
  return processes.flatMap(({ service, attributes, spans }) =>
    spans.map((each) =>
      encodeJaegerSpan({
        traceId: Buffer.from(each.traceId, "hex"),
        spanId: Buffer.from(each.spanId, "hex"),
        operationName: each.name,
        references:
          each.parentSpanId === ""
            ? []
            : [{ traceId: Buffer.from(each.traceId, "hex"), spanId: Buffer.from(each.parentSpanId, "hex") }],
        flags: 1,
        startTime: {
          seconds: String(Math.floor(each.startMicros / 1e6)),
          nanos: (each.startMicros % 1_000_000) * 1000,
        },
        duration: {
          seconds: String(Math.floor(each.durationMicros / 1e6)),
          nanos: (each.durationMicros % 1_000_000) * 1000,
        },
        tags: protoTags({ ...each.attributes, ...fieldTags(each) }),
        logs: [{ timestamp: { seconds: "1" }, fields: protoTags({ event: "x" }) }],
        process: { serviceName: service, tags: protoTags(attributes) },
        processId: "p1",
      }),
    ),
  );
}

export function toZipkin(processes: readonly PlainProcess[]): Uint8Array {
  const spans = processes.flatMap(({ service, attributes, spans }) =>
    spans.map((each) => {
      const { "span.kind": kind, ...rest } = fieldTags(each);
      const tags = {
        ...attributes,
        ...each.attributes,
        ...rest,
        ...(kind === "internal" ? { "span.kind": kind } : {}),
      };
      return {
        traceId: each.traceId,
        id: each.spanId,
        ...(each.parentSpanId === "" ? {} : { parentId: each.parentSpanId }),
        name: each.name,
        ...(kind === "internal" ? {} : { kind: String(kind).toUpperCase() }),
        timestamp: each.startMicros,
        duration: each.durationMicros,
        localEndpoint: { serviceName: service },
        tags: Object.fromEntries(Object.entries(tags).map(([key, value]) => [key, String(value)])),
      };
    }),
  );
  return Buffer.from(JSON.stringify(spans));
}
