import { describe, expect, test } from "vitest";
import { MalformedError } from "../../src/contracts/errors.ts";
import { SPAN_KIND } from "../../src/contracts/telemetry.ts";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { hexOfWords } from "./batch-views.ts";

const decode = (body: unknown, ledger = new CountingLedger()) =>
  new BodyDecoder({ ledger, maxOperationsPerService: 100 }).decode(
    "zipkin_json",
    "traces",
    Buffer.from(JSON.stringify(body)),
  );

const span = (more: object = {}) => ({
  traceId: "beef",
  id: "a",
  name: "get /cart",
  kind: "SERVER",
  timestamp: 1_700_000_000_000_000,
  duration: 1500,
  localEndpoint: { serviceName: "cart", ipv4: "10.0.0.7" },
  ...more,
});
const client = (more: object = {}) =>
  span({ kind: "CLIENT", localEndpoint: { serviceName: "front", ipv4: "10.0.0.1" }, ...more });

const id = (spans: { spanId: Uint32Array }, row: number) => hexOfWords(spans.spanId, row, 2);
const parent = (spans: { parentSpanId: Uint32Array }, row: number) => hexOfWords(spans.parentSpanId, row, 2);

describe("Zipkin JSON", () => {
  test("comes as an array of spans, an array of traces or one span", () => {
    for (const body of [[span()], [[span()]], span()]) {
      const { spans } = decode(body).batch;
      expect(hexOfWords(spans.traceId, 0, 4)).toBe("beef".padStart(32, "0"));
      expect([spans.kind[0], spans.startSeconds[0], spans.durationSeconds[0]]).toEqual([
        SPAN_KIND.server,
        1.7e9,
        0.0015,
      ]);
      expect(spans.strings.text(spans.service[0]!)).toBe("cart");
    }
    expect(decode([]).batch.spans.spanCount).toBe(0);
  });

  test("knows a copy of a service by its address, unless a tag names it", () => {
    const { spans } = decode([span(), span({ id: "b", tags: { "service.instance.id": "cart-3" } })]).batch;
    expect(spans.strings.text(spans.instance[0]!)).toBe("10.0.0.7");
    expect(spans.strings.text(spans.instance[1]!)).toBe("cart-3");
  });

  test("names what a client calls by its remote endpoint", () => {
    const { spans } = decode([
      client({ remoteEndpoint: { serviceName: "mysql", ipv4: "10.0.0.9", port: 3306 } }),
      client({ id: "b", remoteEndpoint: { ipv4: "10.0.0.9", port: 3306 } }),
    ]).batch;
    expect(spans.strings.text(spans.peer[0]!)).toBe("mysql");
    expect(spans.strings.text(spans.peer[1]!)).toBe("10.0.0.9:3306");
  });

  test.each([
    [{ error: "" }, 1],
    [{ error: "connection refused" }, 1],
    [{ error: "false" }, 0],
    [{ "otel.status_code": "ERROR" }, 1],
    [{ "http.status_code": "503" }, 1],
    [{ "http.status_code": "404" }, 0],
    [{}, 0],
  ])("with the tags %j has failed: %i", (tags, expected) => {
    expect(decode([span({ tags })]).batch.spans.isError[0]).toBe(expected);
  });

  test("refuses, one by one and counted, spans without good ids or a time, and those that never ended", () => {
    const ledger = new CountingLedger();
    const bad = [{ id: "0" }, { traceId: "" }, { id: "g" }, { parentId: "g" }, { timestamp: 0 }, { duration: null }];
    const { batch, rejectedCount } = decode([span(), ...bad.map((each) => span(each))], ledger);
    expect([batch.spans.spanCount, rejectedCount]).toEqual([1, bad.length]);
    expect(ledger.rows()).toEqual([{ service: "cart", received: 1 + bad.length, lost: { malformed: bad.length } }]);
  });

  test("takes a message that was handed on in no time", () => {
    const { spans } = decode([span({ kind: "PRODUCER", duration: undefined })]).batch;
    expect([spans.spanCount, spans.durationSeconds[0]]).toEqual([1, 0]);
  });

  test.each([7, [7], [{ tags: [] }], [{ localEndpoint: "x" }], [{ name: 7 }]])("is not %j", (body) => {
    expect(() => decode(body)).toThrow(MalformedError);
  });
});

describe("a call whose two sides share a span id", () => {
  const shared = [
    client({ id: "b", parentId: "a" }),
    span({ id: "b", parentId: "a", shared: true }),
    client({ id: "c", parentId: "b", localEndpoint: { serviceName: "cart" } }),
  ];

  test("becomes two spans, the server's side under the client's, and its children under it", () => {
    const { spans } = decode(shared).batch;
    expect(id(spans, 0)).toBe("b".padStart(16, "0"));
    expect(parent(spans, 0)).toBe("a".padStart(16, "0"));
    expect(id(spans, 1)).not.toBe(id(spans, 0));
    expect(parent(spans, 1)).toBe(id(spans, 0));
    expect(parent(spans, 2)).toBe(id(spans, 1));
  });

  test("becomes the same two spans when each side comes in a body of its own", () => {
    const together = decode(shared).batch.spans;
    const clientSide = decode(shared.slice(0, 1)).batch.spans;
    const serverSide = decode(shared.slice(1)).batch.spans;
    expect([id(clientSide, 0), id(serverSide, 0), id(serverSide, 1)]).toEqual(
      [0, 1, 2].map((row) => id(together, row)),
    );
    expect([parent(serverSide, 0), parent(serverSide, 1)]).toEqual([parent(together, 1), parent(together, 2)]);
  });

  test("is known by its client in the same body when nothing says that it is shared", () => {
    const [first, server, child] = shared;
    const { shared: _, ...unsaid } = server as Record<string, unknown>;
    const { spans } = decode([first, unsaid, child]).batch;
    expect(parent(spans, 1)).toBe(id(spans, 0));
    expect(parent(spans, 2)).toBe(id(spans, 1));
  });

  test("leaves alone children of the client's side, and the same ids in another trace", () => {
    const others = [
      span({ kind: undefined, id: "d", parentId: "b", localEndpoint: { serviceName: "front" } }),
      span({ traceId: "cafe", id: "e", parentId: "b" }),
    ];
    const { spans } = decode([...shared, ...others]).batch;
    expect(parent(spans, 3)).toBe("b".padStart(16, "0"));
    expect(parent(spans, 4)).toBe("b".padStart(16, "0"));
  });

  test("does not touch a server that has an id of its own", () => {
    const { spans } = decode([client({ id: "b" }), span({ id: "c", parentId: "b" })]).batch;
    expect(id(spans, 1)).toBe("c".padStart(16, "0"));
    expect(parent(spans, 1)).toBe("b".padStart(16, "0"));
  });
});
