import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PEER_KIND, SPAN_KIND } from "../../src/contracts/telemetry.ts";
import { firstWord, firstWordRange, pathWithoutIds, withoutIds } from "../../src/telemetry/id-stripping.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { encode } from "./otlp-oracle.ts";
import { wordBytes } from "./random-telemetry.ts";

// Goal: old and new conventions end in the same few words. Method: one span through the decoder, as a reader sees it.

const { server, client, producer, consumer, internal, unspecified } = SPAN_KIND;
const { none, database, cache, messaging, external } = PEER_KIND;

const pairs = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));

function named(kind: number, attributes: Record<string, string>, name = "span", resource: Record<string, string> = {}) {
  const span = { traceId: wordBytes(16, 1), spanId: wordBytes(8, 1), name, kind, attributes: pairs(attributes) };
  const body = encode("TracesData", {
    resourceSpans: [{ resource: { attributes: pairs(resource) }, scopeSpans: [{ spans: [span] }] }],
  });
  const { spans } = new OtlpDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 10 }).decode(
    "traces",
    "protobuf",
    body,
  ).batch;
  const text = (column: Uint32Array) => spans.strings.text(column[0]!);
  return {
    operation: text(spans.operation),
    peer: text(spans.peer),
    peerKind: spans.peerKind[0],
    service: text(spans.service),
    instance: text(spans.instance),
    version: text(spans.version),
    resendCount: spans.resendCount[0],
  };
}

test.each([
  [server, { "http.request.method": "GET", "http.route": "/cart/{id}", "url.path": "/cart/7" }, "GET /cart/{id}"],
  [server, { "http.method": "POST", "http.route": "/cart" }, "POST /cart"],
  [
    server,
    { "http.request.method": "GET", "url.path": "/users/42/orders/9f1c2a7be0d45511" },
    "GET /users/{id}/orders/{id}",
  ],
  [server, { "http.method": "GET", "http.target": "/a/1?x=2" }, "GET /a/{id}"],
  [server, { "http.method": "GET", "http.url": "http://h:1/b/2#c" }, "GET /b/{id}"],
  [server, { "http.request.method": "_OTHER" }, "HTTP"],
  [unspecified, { "http.method": "GET", "http.route": "/x" }, "GET /x"],
  [client, { "http.request.method": "GET", "server.address": "cart", "server.port": "80" }, "GET cart:80"],
  [client, { "http.method": "GET", "http.url": "https://pay.example/charge/7" }, "GET pay.example:443"],
  [client, { "http.method": "GET", "net.peer.name": "cart", "net.peer.port": "80" }, "GET cart:80"],
  [client, { "http.method": "GET", "server.address": "::1", "server.port": "80" }, "GET [::1]:80"],
  [server, { "rpc.system": "grpc", "rpc.service": "shop.Cart", "rpc.method": "Add" }, "shop.Cart/Add"],
  [client, { "rpc.system.name": "grpc", "rpc.method": "shop.Cart/Add" }, "shop.Cart/Add"],
  [
    client,
    { "db.system.name": "postgresql", "db.operation.name": "SELECT", "db.collection.name": "products" },
    "SELECT products",
  ],
  [
    client,
    { "db.system": "mysql", "db.statement": "  (select * from t where id = 7", "db.sql.table": "t" },
    "SELECT t",
  ],
  [client, { "db.system": "mysql", "db.query.text": "insert into t values (1)" }, "INSERT"],
  [client, { "db.system.name": "sqlite", "db.query.summary": "SELECT orders" }, "SELECT orders"],
  [producer, { "messaging.system": "kafka", "messaging.destination.name": "orders" }, "send orders"],
  [consumer, { "messaging.system": "kafka", "messaging.destination.name": "orders" }, "process orders"],
  [
    consumer,
    { "messaging.system": "kafka", "messaging.destination": "orders", "messaging.operation": "receive" },
    "receive orders",
  ],
  [
    producer,
    {
      "messaging.system": "rabbitmq",
      "messaging.destination.name": "amq.gen-1",
      "messaging.destination.temporary": "true",
      "messaging.operation.name": "publish",
    },
    "publish (temporary)",
  ],
  [internal, {}, "span"],
] as const)("kind %i with %j is the operation %j", (kind, attributes, operation) => {
  expect(named(kind, attributes).operation).toBe(operation);
});

test.each([
  [
    client,
    { "db.system.name": "postgresql", "db.namespace": "catalog", "server.address": "pg" },
    database,
    "postgresql/catalog",
  ],
  [client, { "db.system": "mysql", "server.address": "db", "server.port": "3306" }, database, "mysql db:3306"],
  [client, { "db.system": "redis", "net.peer.name": "r", "net.peer.port": "6379" }, cache, "redis r:6379"],
  [client, { "db.system.name": "valkey" }, cache, "valkey"],
  [producer, { "messaging.system": "kafka", "messaging.destination.name": "orders" }, messaging, "kafka/orders"],
  [consumer, { "messaging.system": "kafka", "messaging.destination": "orders" }, messaging, "kafka/orders"],
  [client, { "http.request.method": "GET", "server.address": "pay", "server.port": "443" }, external, "pay:443"],
  [client, { "http.request.method": "GET", "server.address": "pay", "peer.service": "payments" }, external, "payments"],
  [client, { "http.method": "GET", "service.peer.name": "new", "peer.service": "old" }, external, "new"],
  [client, { "rpc.system": "grpc", "rpc.method": "M" }, external, ""],
  [client, {}, none, ""],
  [server, { "server.address": "me", "server.port": "80" }, none, ""],
  [internal, { "db.system": "mysql", "db.namespace": "x" }, none, ""],
] as const)("kind %i with %j talks to peer kind %i, %j", (kind, attributes, peerKind, peer) => {
  expect(named(kind, attributes)).toMatchObject({ peerKind, peer });
});

test.each([
  [{ "service.name": "cart" }, "cart", "cart", ""],
  [{ "service.name": "cart", "service.namespace": "shop", "service.version": "1.2" }, "shop/cart", "shop/cart", "1.2"],
  [{ "service.name": "cart", "host.name": "h", "process.pid": "7" }, "cart", "h:7", ""],
  [{ "service.name": "cart", "host.name": "h", "k8s.pod.name": "cart-x1" }, "cart", "cart-x1", ""],
  [{ "service.name": "cart", "k8s.pod.name": "p", "service.instance.id": "i" }, "cart", "i", ""],
  [
    { "service.name": "cart", "service.version": "1.2", "k8s.replicaset.name": "cart-6d4cf56db6" },
    "cart",
    "cart",
    "1.2+cart-6d4cf56db6",
  ],
  [{ "service.name": "cart", "k8s.pod.label.pod-template-hash": "6d4cf56db6" }, "cart", "cart", "6d4cf56db6"],
  [{ "service.name": "cart", "service.version": "1", "deployment.environment.name": "test" }, "cart", "cart", "1"],
  [{}, "unknown_service", "unknown_service", ""],
])("resource %j is service %j, instance %j, version %j", (resource, service, instance, version) => {
  expect(named(internal, {}, "x", resource)).toMatchObject({ service, instance, version });
});

test("a new attribute name wins over an old one in either order", () => {
  const both = { "http.method": "OLD", "http.request.method": "NEW", "http.route": "/" };
  const turned = { "http.request.method": "NEW", "http.route": "/", "http.method": "OLD" };
  expect([named(server, both).operation, named(server, turned).operation]).toEqual(["NEW /", "NEW /"]);
});

test.each([
  ["3", 3],
  ["999", 255],
  ["-1", 0],
  ["x", 0],
])("resend count %j is %i", (text, resendCount) => {
  expect(named(client, { "http.request.resend_count": text }).resendCount).toBe(resendCount);
});

describe("names lose their ids", () => {
  test.each([
    ["GET /user/123", "GET /user/{id}"],
    ["job 6ba7b810-9dad-11d1-80b4-00c04fd430c8 done", "job {id} done"],
    ["order-81723", "order-{id}"],
    ["/o/507f1f77bcf86cd799439011.json", "/o/{id}.json"],
    ["key:42", "key:{id}"],
    ["sha256 v2 s3 utf-8 HTTP/1.1", "sha256 v2 s3 utf-8 HTTP/1.1"],
    ["defaced", "defaced"],
    ["grpc.shop.Cart/Add", "grpc.shop.Cart/Add"],
  ])("%j becomes %j", (name, stripped) => {
    expect(withoutIds(name)).toBe(stripped);
  });

  test("whatever numbers, UUIDs and hexes stand in a path, its operation is one", () => {
    const ids = fc.oneof(fc.nat().map(String), fc.uuid());
    fc.assert(
      fc.property(ids, ids, (first, second) => {
        expect(pathWithoutIds(`/users/${first}/orders/${second}?q=${first}`)).toBe("/users/{id}/orders/{id}");
      }),
    );
  });

  test("the first word of a statement is the same in text and in bytes", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..." (\n\tselect_é1*") }), (statement) => {
        const bytes = Buffer.from(statement);
        const { start, end } = firstWordRange(bytes, 0, bytes.length);
        expect(bytes.toString("utf8", start, end)).toBe(firstWord(statement));
      }),
    );
  });
});
