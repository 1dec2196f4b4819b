import { request } from "node:http";
import { createServer } from "node:net";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterEach, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver, type OtlpReceiverOptions } from "../../src/telemetry/otlp/receiver.ts";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { plainTraces, wordBytes } from "./random-telemetry.ts";

const PROTOBUF = "application/x-protobuf";
const JSON_TYPE = "application/json";
const MAX_BODY_BYTES = 200_000;

let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

async function started(
  options: Partial<OtlpReceiverOptions> = {},
  take?: (batch: TelemetryBatch) => Promise<void> | void,
) {
  const ledger = new CountingLedger();
  const receiver = new OtlpReceiver({ ledger, maxBodyBytes: MAX_BODY_BYTES, maxOperationsPerService: 100, ...options });
  const { httpPort } = await receiver.start({ httpPort: 0, grpcPort: null });
  const batches: TelemetryBatch[] = [];
  const abort = new AbortController();
  const reading = receiver.read(take ?? ((batch) => void batches.push(batch)), abort.signal);
  // Looked at by the test that makes it fail; no other may leave it unseen.
  reading.catch(() => {});
  stop = async () => {
    abort.abort();
    await reading.catch(() => {});
    await receiver.close();
  };
  return { receiver, ledger, batches, abort, reading, port: httpPort! };
}

interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

function send(
  port: number,
  body: Uint8Array,
  headers: Record<string, string>,
  { method = "POST", path = "/v1/traces" } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = request({ port, host: "127.0.0.1", method, path, headers }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const { statusCode, headers: found } = response;
      resolve({ status: statusCode!, type: found["content-type"], headers: found, body: Buffer.concat(chunks) });
    });
    call.on("error", reject);
    call.end(body);
  });
}

const traces = encode("TracesData", plainTraces("shop", 20));
const tracesJson = Buffer.from(toJson("traces", traces));

describe("a body is taken in", () => {
  test.each([
    { as: "protobuf", body: traces, headers: { "content-type": PROTOBUF } },
    { as: "JSON", body: tracesJson, headers: { "content-type": "Application/JSON; charset=utf-8" } },
    { as: "gzip", body: gzipSync(traces), headers: { "content-type": PROTOBUF, "content-encoding": "gzip" } },
    { as: "gzip JSON", body: gzipSync(tracesJson), headers: { "content-type": JSON_TYPE, "content-encoding": "gzip" } },
    { as: "zstd", body: zstdCompressSync(traces), headers: { "content-type": PROTOBUF, "content-encoding": "zstd" } },
    { as: "deflate", body: deflateSync(traces), headers: { "content-type": PROTOBUF, "content-encoding": "deflate" } },
  ])("as $as, and answered in its own type", async ({ body, headers }) => {
    const { port, batches, ledger } = await started();
    const answer = await send(port, body, headers);
    expect(answer.status).toBe(200);
    expect(answer.type).toBe(headers["content-type"].toLowerCase().split(";")[0]);
    expect(answer.body.toString()).toBe(answer.type === JSON_TYPE ? "{}" : "");
    expect(batches.map((batch) => batch.spans.spanCount)).toEqual([20]);
    expect(ledger.rows()).toEqual([{ service: "shop", received: 20, lost: {} }]);
  });

  test("metrics too, and an empty request is fine", async () => {
    const { port, batches } = await started();
    const point = { timeUnixNano: "1750000000000000000", asDouble: 1 };
    const body = encode("MetricsData", {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: [point] } }] }] }],
    });
    const answer = await send(port, body, { "content-type": PROTOBUF }, { path: "/v1/metrics" });
    const empty = await send(port, new Uint8Array(0), { "content-type": PROTOBUF });
    expect([answer.status, empty.status, batches.length]).toEqual([200, 200, 1]);
    expect(batches[0]!.metrics[0]).toMatchObject({ name: "m", value: 1 });
  });

  test("and spans with bad ids are named in a partial success", async () => {
    const { port, ledger } = await started();
    const spans = [
      { traceId: wordBytes(16, 1), spanId: wordBytes(8, 1) },
      { traceId: wordBytes(16, 0), spanId: wordBytes(8, 1) },
    ];
    const body = encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] });
    const answer = await send(port, body, { "content-type": PROTOBUF });
    expect(answer.status).toBe(200);
    expect(decode("ExportResponse", answer.body)["partialSuccess"]).toMatchObject({
      rejected: "1",
      errorMessage: expect.stringContaining("1 spans rejected"),
    });
    const jsonAnswer = await send(port, Buffer.from(toJson("traces", body)), { "content-type": JSON_TYPE });
    expect(JSON.parse(jsonAnswer.body.toString()).partialSuccess.rejectedSpans).toBe("1");
    expect(ledger.rows()[0]).toEqual({ service: "unknown_service", received: 4, lost: { malformed: 2 } });
  });
});

describe("a body is refused", () => {
  const large = new Uint8Array(MAX_BODY_BYTES + 1);
  test.each([
    { why: "GET", status: 405, method: "GET", body: new Uint8Array(0) },
    { why: "another path", status: 404, path: "/v1/logs" },
    { why: "no content type", status: 415, headers: {} },
    { why: "text", status: 415, headers: { "content-type": "text/plain" } },
    { why: "an unknown encoding", status: 415, headers: { "content-type": PROTOBUF, "content-encoding": "br" } },
    {
      why: "a prototype's name for encoding",
      status: 415,
      headers: { "content-type": PROTOBUF, "content-encoding": "toString" },
    },
    { why: "broken protobuf", status: 400, body: Uint8Array.from([10, 200, 1, 1]) },
    { why: "broken JSON", status: 400, body: Buffer.from("{"), headers: { "content-type": JSON_TYPE } },
    { why: "broken gzip", status: 400, headers: { "content-type": PROTOBUF, "content-encoding": "gzip" } },
    { why: "too large", status: 413, body: large },
    { why: "too large and JSON", status: 413, body: large, headers: { "content-type": JSON_TYPE } },
    {
      why: "gzip bomb",
      status: 413,
      body: gzipSync(Buffer.alloc(100 << 20)),
      headers: { "content-type": PROTOBUF, "content-encoding": "gzip" },
    },
    {
      why: "zstd bomb",
      status: 413,
      body: zstdCompressSync(Buffer.alloc(100 << 20)),
      headers: { "content-type": PROTOBUF, "content-encoding": "zstd" },
    },
  ] as {
    why: string;
    status: number;
    method?: string;
    path?: string;
    body?: Uint8Array;
    headers?: Record<string, string>;
  }[])(
    "$why: $status with a google.rpc.Status in the request's type, JSON where it has none",
    async ({ status, method, path, body, headers }) => {
      const { port, ledger, batches } = await started();
      const sent = headers ?? { "content-type": PROTOBUF };
      const answer = await send(port, body ?? traces, sent, { ...(method && { method }), ...(path && { path }) });
      expect(answer.status).toBe(status);
      const isProtobuf = sent["content-type"] === PROTOBUF;
      expect(answer.type).toBe(isProtobuf ? PROTOBUF : JSON_TYPE);
      const said = isProtobuf ? decode("RpcStatus", answer.body) : JSON.parse(answer.body.toString());
      expect(said.message).toMatch(/\S/);
      expect(said.code).toBeGreaterThan(0);
      expect(answer.headers["retry-after"]).toBeUndefined();
      expect(ledger.rows()[0]?.lost["malformed"]).toBe(status === 400 ? 1 : undefined);
      expect((await send(port, traces, { "content-type": PROTOBUF })).status).toBe(200);
      expect(batches.length).toBe(1);
    },
  );

  test("never with a header that lets another origin in", async () => {
    const { port } = await started();
    const answer = await send(port, traces, { "content-type": PROTOBUF, origin: "http://evil.example" });
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await send(port, new Uint8Array(0), { origin: "http://evil.example" }, { method: "OPTIONS" })).status).toBe(
      405,
    );
  });
});

describe("back-pressure", () => {
  test("answers come only after the batch was taken, in order, one at a time; beyond the limit 429 says when to retry", async () => {
    const order: number[] = [];
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { port } = await started({ maxInFlightBodies: 3 }, async (batch) => {
      await gate;
      order.push(batch.spans.spanCount);
    });
    const answered: number[] = [];
    const sends: Promise<void>[] = [];
    for (const spanCount of [1, 2, 3]) {
      const body = encode("TracesData", plainTraces("shop", spanCount));
      sends.push(send(port, body, { "content-type": PROTOBUF }).then((answer) => void answered.push(answer.status)));
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
    const refused = await send(port, traces, { "content-type": PROTOBUF });
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "1"]);
    expect(answered).toEqual([]);
    release();
    await Promise.all(sends);
    expect(answered).toEqual([200, 200, 200]);
    expect(order).toEqual([1, 2, 3]);
  });

  test("bytes under way are limited, also those that decompression makes; they are free again after the answer", async () => {
    const gates: (() => void)[] = [];
    const { port } = await started({ maxBodyBytes: 40_000 }, () => new Promise<void>((resolve) => gates.push(resolve)));
    const body = encode("TracesData", plainTraces("shop", 350));
    expect(body.length).toBeGreaterThan(27_000);
    const packed = gzipSync(body);
    const headers = { "content-type": PROTOBUF, "content-encoding": "gzip" };
    const sends = Array.from({ length: 7 }, () => send(port, packed, headers));
    const first = await Promise.race(sends);
    expect(first.status).toBe(429);
    const opening = setInterval(() => gates.shift()?.(), 5);
    const statuses = (await Promise.all(sends)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(6);
    const later = await Promise.all([send(port, packed, headers), send(port, packed, headers)]);
    clearInterval(opening);
    expect(later.map(({ status }) => status)).toEqual([200, 200]);
  });

  test("when the reader stops, what waits and what comes is told 503 and not lost silently", async () => {
    const { port, reading, abort } = await started({}, async () => {
      abort.abort();
      throw new Error("store is gone");
    });
    const answer = await send(port, traces, { "content-type": PROTOBUF });
    expect(answer.status).toBe(503);
    await expect(reading).rejects.toThrow("store is gone");
    expect((await send(port, traces, { "content-type": PROTOBUF })).status).toBe(503);
  });
});

test("the tap sees accepted bodies as they were sent, and only those", async () => {
  const seen: [string, string, string][] = [];
  const tap: OtlpReceiverOptions["tap"] = (signal, body, encoding) => {
    seen.push([signal, encoding, Buffer.from(body).toString("base64")]);
  };
  const { port } = await started({ tap });
  await send(port, gzipSync(traces), { "content-type": PROTOBUF, "content-encoding": "gzip" });
  await send(port, Buffer.from("{"), { "content-type": JSON_TYPE });
  await send(port, tracesJson, { "content-type": JSON_TYPE });
  expect(seen).toEqual([
    ["traces", "otlp_proto", Buffer.from(traces).toString("base64")],
    ["traces", "otlp_json", tracesJson.toString("base64")],
  ]);
});

test.each(["httpPort", "grpcPort"] as const)("a %s in use is one line that names key, port and remedy", async (key) => {
  const occupant = createServer();
  await new Promise<void>((resolve) => occupant.listen(0, "127.0.0.1", resolve));
  const { port } = occupant.address() as { port: number };
  const receiver = new OtlpReceiver({ ledger: new CountingLedger(), maxBodyBytes: 1_000, maxOperationsPerService: 5 });
  try {
    const starting = receiver.start({ httpPort: 0, grpcPort: 0, [key]: port });
    await expect(starting).rejects.toThrow(SettingsError);
    await expect(starting).rejects.toThrow(
      `${key === "httpPort" ? "otlpHttpPort" : "otlpGrpcPort"}: ${port} is already in use on 127.0.0.1`,
    );
    await expect(starting).rejects.not.toThrow(/\n/);
  } finally {
    await receiver.close();
    occupant.close();
  }
});
