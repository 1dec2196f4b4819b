import { createServer } from "node:net";
import { deflateSync, gzipSync } from "node:zlib";
import { SpanKind, SpanStatusCode } from "@opentelemetry/api";
import { ZipkinExporter } from "@opentelemetry/exporter-zipkin";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, describe, expect, test } from "vitest";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver, type OtlpReceiverOptions } from "../../src/telemetry/otlp/receiver.ts";
import { ZIPKIN_HTTP } from "../../src/telemetry/zipkin/zipkin-http.ts";
import { hexOfWords } from "./batch-views.ts";

const MAX_BODY_BYTES = 20_000;

let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

async function started(options: Partial<OtlpReceiverOptions> = {}, take?: (batch: TelemetryBatch) => Promise<void>) {
  const ledger = new CountingLedger();
  const receiver = new OtlpReceiver({ ledger, maxBodyBytes: MAX_BODY_BYTES, maxOperationsPerService: 100, ...options });
  await receiver.start({ httpPort: null, grpcPort: null });
  const server = receiver.serverOf(ZIPKIN_HTTP);
  const port = await server.listen("127.0.0.1", 0);
  const batches: TelemetryBatch[] = [];
  const abort = new AbortController();
  const reading = receiver.read(take ?? ((batch) => void batches.push(batch)), abort.signal);
  stop = async () => {
    abort.abort();
    await receiver.close();
    await reading;
    await server.close();
  };
  return { receiver, server, ledger, batches, port };
}

function post(port: number, body: string | Uint8Array, headers: Record<string, string> = {}, path = "/api/v2/spans") {
  const sent = { "content-type": "application/json", ...headers };
  return fetch(`http://127.0.0.1:${port}${path}`, { method: "POST", body: Buffer.from(body), headers: sent });
}

const spans = Array.from({ length: 20 }, (_, index) => ({
  traceId: "beef",
  id: `${index + 1}`,
  kind: "SERVER",
  name: "get",
  timestamp: 1_700_000_000_000_000,
  duration: 100,
  localEndpoint: { serviceName: "cart" },
}));
const body = JSON.stringify(spans);

describe("POST /api/v2/spans", () => {
  test.each([
    { as: "plain", sent: body, headers: {} },
    { as: "gzip", sent: gzipSync(body), headers: { "content-encoding": "gzip" } },
    { as: "deflate", sent: deflateSync(body), headers: { "content-encoding": "deflate" } },
    { as: "with a character set", sent: body, headers: { "content-type": "application/json; charset=utf-8" } },
  ])("takes spans in $as, and answers 202 with nothing", async ({ sent, headers }) => {
    const { port, batches, ledger } = await started();
    const answer = await post(port, sent, headers);
    expect([answer.status, await answer.text()]).toEqual([202, ""]);
    expect(batches.map((batch) => batch.spans.spanCount)).toEqual([20]);
    expect(ledger.rows()).toEqual([{ service: "cart", received: 20, lost: {} }]);
  });

  test("takes spans of a reporter that does not name their type", async () => {
    const { port } = await started();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/spans`, { method: "POST", body: Buffer.from(body) });
    expect(answer.status).toBe(202);
  });

  test("answers only when the spans are taken in", async () => {
    let isTaken = false;
    const { port } = await started({}, async () => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      isTaken = true;
    });
    await post(port, body);
    expect(isTaken).toBe(true);
  });

  test.each([
    { what: "another path", path: "/api/v1/spans", status: 404, says: /only \/api\/v2\/spans/ },
    { what: "what is no JSON", sent: "nonsense", status: 400, says: /not JSON/ },
    { what: "what is no list of spans", sent: '[{"tags":7}]', status: 400, says: /tags is not an object/ },
    { what: "Thrift", headers: { "content-type": "application/x-thrift" }, status: 415, says: /application\/x-thrift/ },
    { what: "a packing it does not know", headers: { "content-encoding": "br" }, status: 415, says: /"br"/ },
    { what: "what does not unpack", headers: { "content-encoding": "gzip" }, status: 400, says: /gzip/ },
    { what: "too much", sent: " ".repeat(MAX_BODY_BYTES + 1), status: 413, says: /20000 bytes/ },
    {
      what: "what unpacks to too much",
      sent: gzipSync(" ".repeat(MAX_BODY_BYTES * 50)),
      headers: { "content-encoding": "gzip" },
      status: 413,
      says: /20000 bytes/,
    },
  ])("refuses $what with $status, in plain words", async ({ path, sent, headers, status, says }) => {
    const { port, batches } = await started();
    const answer = await post(port, sent ?? body, (headers ?? {}) as Record<string, string>, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get("content-type")).toMatch(/text\/plain/);
    expect(await answer.text()).toMatch(says);
    expect(batches).toEqual([]);
  });

  test("refuses another method with 405 and names the one it takes", async () => {
    const { port } = await started();
    const answer = await fetch(`http://127.0.0.1:${port}/api/v2/spans`);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
  });

  test("asks to come again later when too many bodies wait, and then takes them", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port } = await started({ maxInFlightBodies: 1 }, () => held);
    const first = post(port, body);
    let second: Response;
    do second = await post(port, body);
    while (second.status === 202);
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "1"]);
    release();
    expect((await first).status).toBe(202);
    expect((await post(port, body)).status).toBe(202);
  });

  test("counts what it answers by itself, apart from OTLP", async () => {
    const { port, receiver } = await started();
    await post(port, body);
    await post(port, "nonsense");
    expect(receiver.counts().answers).toEqual([
      { transport: "zipkin", code: 202, count: 1 },
      { transport: "zipkin", code: 400, count: 1 },
    ]);
  });

  test("names the setting when the port is taken", async () => {
    const { receiver } = await started();
    const other = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => other.once("listening", resolve));
    const { port } = other.address() as { port: number };
    await expect(receiver.serverOf(ZIPKIN_HTTP).listen("127.0.0.1", port)).rejects.toThrow(/^zipkinPort: .*in use/);
    other.close();
  });
});

test("the Zipkin exporter of OpenTelemetry delivers what it was given", async () => {
  const { port, batches } = await started();
  const exporter = new ZipkinExporter({ url: `http://127.0.0.1:${port}/api/v2/spans` });
  const resource = resourceFromAttributes({ "service.name": "cart", "service.instance.id": "cart-1" });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(exporter)] });
  const attributes = { "http.request.method": "GET", "http.route": "/cart/{id}" };
  const startTime = 1_700_000_000_000;
  const span = provider.getTracer("test").startSpan("GET", { kind: SpanKind.SERVER, attributes, startTime });
  span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(startTime + 250);
  await provider.shutdown();
  const [{ spans: found }] = batches as [TelemetryBatch];
  const text = (column: Uint32Array) => found.strings.text(column[0]!);
  expect(hexOfWords(found.traceId, 0, 4)).toBe(span.spanContext().traceId);
  expect(hexOfWords(found.spanId, 0, 2)).toBe(span.spanContext().spanId);
  expect([text(found.service), text(found.instance), text(found.operation)]).toEqual([
    "cart",
    "cart-1",
    "GET /cart/{id}",
  ]);
  expect([found.kind[0], found.isError[0], found.startSeconds[0], found.durationSeconds[0]]).toEqual([
    2, 1, 1.7e9, 0.25,
  ]);
});
