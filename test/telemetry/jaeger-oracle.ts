import protobuf from "protobufjs";

const field = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: "repeated", type, id });

/** jaeger.api_v2 of model.proto, in another library than ours. */
const jaeger = protobuf.Root.fromJSON({
  nested: {
    KeyValue: {
      fields: {
        key: field("string", 1),
        vType: field("int32", 2),
        vStr: field("string", 3),
        vBool: field("bool", 4),
        vInt64: field("int64", 5),
        vFloat64: field("double", 6),
        vBinary: field("bytes", 7),
      },
    },
    SpanRef: { fields: { traceId: field("bytes", 1), spanId: field("bytes", 2), refType: field("int32", 3) } },
    Process: { fields: { serviceName: field("string", 1), tags: many("KeyValue", 2) } },
    Time: { fields: { seconds: field("int64", 1), nanos: field("int32", 2) } },
    Log: { fields: { timestamp: field("Time", 1), fields: many("KeyValue", 2) } },
    Span: {
      fields: {
        traceId: field("bytes", 1),
        spanId: field("bytes", 2),
        operationName: field("string", 3),
        references: many("SpanRef", 4),
        flags: field("uint32", 5),
        startTime: field("Time", 6),
        duration: field("Time", 7),
        tags: many("KeyValue", 8),
        logs: many("Log", 9),
        process: field("Process", 10),
        processId: field("string", 11),
        warnings: many("string", 12),
      },
    },
  },
});

/** Protobuf bytes of one `jaeger.api_v2.Span` in the shape of its JSON, ids as bytes. */
export function encodeJaegerSpan(value: object): Uint8Array {
  const type = jaeger.lookupType("Span");
  return type.encode(type.fromObject(value)).finish();
}
