import fc from "fast-check";

/** Random OTLP objects in the shape `encode` of the oracle takes. */
const id = (byteCount: number) => fc.uint8Array({ minLength: byteCount, maxLength: byteCount });
const goodId = (byteCount: number) => id(byteCount).filter((bytes) => bytes.some((byte) => byte !== 0));
const odd = fc.oneof(goodId(8), fc.constant(new Uint8Array(8)), fc.constant(new Uint8Array(0)), goodId(7), goodId(16));

const time = fc
  .bigInt({ min: 0n, max: (1n << 64n) - 1n })
  .map(String)
  .filter((text) => text.length <= 20);
const recent = fc
  .bigInt({ min: 1_700_000_000n, max: 1_800_000_000n })
  .chain((seconds) =>
    fc.bigInt({ min: 0n, max: 999_999_999n }).map((nanos) => String(seconds * 1_000_000_000n + nanos)),
  );

const scalar = fc.oneof(
  fc.record({ stringValue: fc.string({ unit: "grapheme", maxLength: 20 }) }),
  fc.record({ boolValue: fc.boolean() }),
  fc.record({ intValue: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String) }),
  fc.record({ intValue: fc.integer({ min: 0, max: 70_000 }).map(String) }),
  fc.record({ doubleValue: fc.double() }),
  fc.record({ bytesValue: fc.uint8Array({ maxLength: 5 }) }),
);
const value = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.record({ arrayValue: fc.record({ values: fc.array(scalar, { maxLength: 3 }) }) }) },
  { weight: 1, arbitrary: fc.constant({ kvlistValue: { values: [{ key: "a", value: { stringValue: "b" } }] } }) },
);

const spanKeys = [
  "http.request.method",
  "http.method",
  "http.route",
  "url.path",
  "http.target",
  "url.full",
  "server.address",
  "server.port",
  "net.peer.name",
  "peer.service",
  "rpc.service",
  "rpc.method",
  "db.system",
  "db.system.name",
  "db.namespace",
  "db.query.text",
  "db.statement",
  "db.operation.name",
  "db.collection.name",
  "messaging.system",
  "messaging.destination.name",
  "messaging.destination.temporary",
  "messaging.operation.type",
  "http.request.resend_count",
  "something.else",
  "",
];
const resourceKeys = [
  "service.name",
  "service.namespace",
  "service.instance.id",
  "service.version",
  "k8s.pod.name",
  "host.name",
  "process.pid",
  "os.type",
];
const words = ["GET", "/cart/123", "/cart/{id}", "select * from t", "orders", "redis", "http://h:8080/x", "3", "v1"];
const wordy = fc.oneof(fc.record({ stringValue: fc.constantFrom(...words) }), value);

const attributesOf = (keys: readonly string[]) =>
  fc.array(fc.record({ key: fc.constantFrom(...keys), value: wordy }), { maxLength: 10 });

const event = fc.record({ timeUnixNano: recent, name: fc.string({ maxLength: 8 }), attributes: attributesOf(["x"]) });
const link = fc.record({
  traceId: fc.oneof(goodId(16), fc.constant(new Uint8Array(16)), goodId(3)),
  spanId: goodId(8),
  traceState: fc.constantFrom("", "a=b"),
});

export const randomSpan = fc.record({
  traceId: fc.oneof({ weight: 20, arbitrary: goodId(16) }, { weight: 1, arbitrary: odd }),
  spanId: fc.oneof({ weight: 20, arbitrary: goodId(8) }, { weight: 1, arbitrary: odd }),
  parentSpanId: fc.oneof(goodId(8), fc.constant(new Uint8Array(0)), odd),
  traceState: fc.constantFrom("", "a=b", "ot=th:8", "a=b,ot=rv:1;th:c"),
  name: fc.oneof(fc.string({ unit: "grapheme", maxLength: 20 }), fc.constantFrom("GET /user/123", "", "order-81723")),
  kind: fc.integer({ min: 0, max: 7 }),
  startTimeUnixNano: fc.oneof(recent, time),
  endTimeUnixNano: fc.oneof(recent, time),
  attributes: attributesOf(spanKeys),
  events: fc.array(event, { maxLength: 2 }),
  links: fc.array(link, { maxLength: 3 }),
  status: fc.record({ code: fc.integer({ min: 0, max: 2 }), message: fc.constantFrom("", "boom") }),
});

const resource = fc.record({ attributes: attributesOf(resourceKeys) });

export const randomTraces = fc.record({
  resourceSpans: fc.array(
    fc.record(
      {
        resource,
        scopeSpans: fc.array(
          fc.record({ scope: fc.constant({ name: "s" }), spans: fc.array(randomSpan, { maxLength: 5 }) }),
          { maxLength: 2 },
        ),
      },
      { requiredKeys: ["scopeSpans"] },
    ),
    { maxLength: 3 },
  ),
});

const finite = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(Number.NaN, 0));
const numberPoint = fc.record(
  {
    timeUnixNano: recent,
    attributes: attributesOf(["state", "pool"]),
    asDouble: finite,
    flags: fc.constantFrom(0, 1),
  },
  { requiredKeys: ["timeUnixNano", "attributes"] },
);
const intPoint = fc.record({
  timeUnixNano: recent,
  asInt: fc.bigInt({ min: -(1n << 63n), max: (1n << 63n) - 1n }).map(String),
});
const distribution = fc.record({
  timeUnixNano: recent,
  count: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(String),
  sum: finite,
  attributes: attributesOf(["route"]),
});
const temporality = fc.integer({ min: 0, max: 2 });
const points = <T>(point: fc.Arbitrary<T>) => fc.array(point, { maxLength: 3 });
const data = fc.oneof(
  fc.record({ gauge: fc.record({ dataPoints: points(fc.oneof(numberPoint, intPoint)) }) }),
  fc.record({
    sum: fc.record({
      dataPoints: points(fc.oneof(numberPoint, intPoint)),
      aggregationTemporality: temporality,
      isMonotonic: fc.boolean(),
    }),
  }),
  fc.record({ histogram: fc.record({ dataPoints: points(distribution), aggregationTemporality: temporality }) }),
  fc.record({
    exponentialHistogram: fc.record({ dataPoints: points(distribution), aggregationTemporality: temporality }),
  }),
  fc.record({ summary: fc.record({ dataPoints: points(distribution) }) }),
);
const metric = fc
  .tuple(fc.constantFrom("process.cpu.utilization", "", "db.pool"), fc.constantFrom("1", "s"), data)
  .map(([name, unit, shape]) => ({ name, unit, ...shape }));

export const randomMetrics = fc.record({
  resourceMetrics: fc.array(
    fc.record({ resource, scopeMetrics: fc.array(fc.record({ metrics: points(metric) }), { maxLength: 2 }) }),
    { maxLength: 2 },
  ),
});

/** A body as a well-behaved shop would send it: `spanCount` SERVER and CLIENT spans of one service. */
export function plainTraces(service: string, spanCount: number, startSeconds = 1_750_000_000): object {
  const spans = Array.from({ length: spanCount }, (_, index) => ({
    traceId: wordBytes(16, index + 1),
    spanId: wordBytes(8, index + 1),
    name: "GET",
    kind: 2,
    startTimeUnixNano: String(BigInt(startSeconds) * 1_000_000_000n + BigInt(index) * 1_000_000n),
    endTimeUnixNano: String(BigInt(startSeconds) * 1_000_000_000n + BigInt(index) * 1_000_000n + 2_500_000n),
    attributes: [
      { key: "http.request.method", value: { stringValue: "GET" } },
      { key: "http.route", value: { stringValue: `/r${index % 3}` } },
    ],
  }));
  const attributes = [{ key: "service.name", value: { stringValue: service } }];
  return { resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] };
}

export function wordBytes(byteCount: number, value: number): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  new DataView(bytes.buffer).setUint32(byteCount - 4, value);
  return bytes;
}
