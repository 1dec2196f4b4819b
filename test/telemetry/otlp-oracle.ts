import protobuf from "protobufjs";

/** The OTLP messages, written down a second time and read by another library: what our reader is held against. */
const field = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

const number = {
  startTimeUnixNano: field("fixed64", 2),
  timeUnixNano: field("fixed64", 3),
  asDouble: field("double", 4),
  asInt: field("sfixed64", 6),
  attributes: many("KeyValue", 7),
  flags: field("uint32", 8),
};

const root = protobuf.Root.fromJSON({
  nested: {
    TracesData: { fields: { resourceSpans: many("ResourceSpans", 1) } },
    ResourceSpans: {
      fields: { resource: field("Resource", 1), scopeSpans: many("ScopeSpans", 2), schemaUrl: field("string", 3) },
    },
    ScopeSpans: { fields: { scope: field("Scope", 1), spans: many("Span", 2), schemaUrl: field("string", 3) } },
    Scope: { fields: { name: field("string", 1), version: field("string", 2) } },
    Resource: { fields: { attributes: many("KeyValue", 1), droppedAttributesCount: field("uint32", 2) } },
    KeyValue: { fields: { key: field("string", 1), value: field("AnyValue", 2) } },
    AnyValue: {
      oneofs: {
        value: {
          oneof: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"],
        },
      },
      fields: {
        stringValue: field("string", 1),
        boolValue: field("bool", 2),
        intValue: field("int64", 3),
        doubleValue: field("double", 4),
        arrayValue: field("ArrayValue", 5),
        kvlistValue: field("KeyValueList", 6),
        bytesValue: field("bytes", 7),
      },
    },
    ArrayValue: { fields: { values: many("AnyValue", 1) } },
    KeyValueList: { fields: { values: many("KeyValue", 1) } },
    Span: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        parentSpanId: field("bytes", 4),
        name: field("string", 5),
        kind: field("int32", 6),
        startTimeUnixNano: field("fixed64", 7),
        endTimeUnixNano: field("fixed64", 8),
        attributes: many("KeyValue", 9),
        droppedAttributesCount: field("uint32", 10),
        events: many("Event", 11),
        links: many("Link", 13),
        status: field("Status", 15),
        flags: field("fixed32", 16),
      },
    },
    Event: {
      fields: { timeUnixNano: field("fixed64", 1), name: field("string", 2), attributes: many("KeyValue", 3) },
    },
    Link: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        traceState: field("string", 3),
        attributes: many("KeyValue", 4),
      },
    },
    Status: { fields: { message: field("string", 2), code: field("int32", 3) } },
    MetricsData: { fields: { resourceMetrics: many("ResourceMetrics", 1) } },
    ResourceMetrics: { fields: { resource: field("Resource", 1), scopeMetrics: many("ScopeMetrics", 2) } },
    ScopeMetrics: { fields: { scope: field("Scope", 1), metrics: many("Metric", 2) } },
    Metric: {
      oneofs: { data: { oneof: ["gauge", "sum", "histogram", "exponentialHistogram", "summary"] } },
      fields: {
        name: field("string", 1),
        description: field("string", 2),
        unit: field("string", 3),
        gauge: field("Gauge", 5),
        sum: field("Sum", 7),
        histogram: field("Histogram", 9),
        exponentialHistogram: field("ExponentialHistogram", 10),
        summary: field("Summary", 11),
      },
    },
    Gauge: { fields: { dataPoints: many("NumberDataPoint", 1) } },
    Sum: {
      fields: {
        dataPoints: many("NumberDataPoint", 1),
        aggregationTemporality: field("int32", 2),
        isMonotonic: field("bool", 3),
      },
    },
    Histogram: {
      fields: { dataPoints: many("HistogramDataPoint", 1), aggregationTemporality: field("int32", 2) },
    },
    ExponentialHistogram: {
      fields: { dataPoints: many("ExponentialPoint", 1), aggregationTemporality: field("int32", 2) },
    },
    Summary: { fields: { dataPoints: many("SummaryPoint", 1) } },
    NumberDataPoint: { oneofs: { value: { oneof: ["asDouble", "asInt"] } }, fields: number },
    HistogramDataPoint: {
      fields: {
        timeUnixNano: field("fixed64", 3),
        count: field("fixed64", 4),
        sum: field("double", 5),
        bucketCounts: many("fixed64", 6),
        explicitBounds: many("double", 7),
        attributes: many("KeyValue", 9),
        flags: field("uint32", 10),
      },
    },
    ExponentialPoint: {
      fields: {
        attributes: many("KeyValue", 1),
        timeUnixNano: field("fixed64", 3),
        count: field("fixed64", 4),
        sum: field("double", 5),
        scale: field("sint32", 6),
        positive: field("Buckets", 8),
      },
    },
    Buckets: { fields: { offset: field("sint32", 1), bucketCounts: many("uint64", 2) } },
    SummaryPoint: {
      fields: {
        timeUnixNano: field("fixed64", 3),
        count: field("fixed64", 4),
        sum: field("double", 5),
        attributes: many("KeyValue", 7),
      },
    },
    ExportResponse: { fields: { partialSuccess: field("PartialSuccess", 1) } },
    PartialSuccess: { fields: { rejected: field("int64", 1), errorMessage: field("string", 2) } },
    RpcStatus: { fields: { code: field("int32", 1), message: field("string", 2), details: many("Any", 3) } },
    Any: { fields: { typeUrl: field("string", 1), value: field("bytes", 2) } },
  },
});

/** Protobuf bytes of an object in the shape of OTLP JSON, with bytes as bytes and 64-bit numbers as Long-likes. */
export function encode(message: string, value: object): Uint8Array {
  const type = root.lookupType(message);
  return type.encode(type.fromObject(value)).finish();
}

/** Plain object of protobuf bytes; 64-bit numbers as strings, fields of value 0 present. */
export function decode(message: string, bytes: Uint8Array): Record<string, unknown> {
  const type = root.lookupType(message);
  return type.toObject(type.decode(bytes), { longs: String, defaults: true });
}
