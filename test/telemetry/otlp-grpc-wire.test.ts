// Goal: the gRPC server keeps the rules of gRPC and of OTLP, byte by byte. Method: a bare HTTP/2 client that says anything.
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { Client, credentials, status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { callWith, framed, METRICS_PATH, TRACES_PATH, withSession } from "./grpc-call.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";
import { runningReceiver } from "./running-receiver.ts";

const MAX_BODY_BYTES = 200_000;
const traces = encode("TracesData", plainTraces("shop", 20));
const good = framed(traces);

const details = (headers: Readonly<Record<string, unknown>>) =>
  decode("RpcStatus", Buffer.from(String(headers["grpc-status-details-bin"]), "base64")) as {
    code: number;
    message: string;
    details: { typeUrl: string }[];
  };

/** Calls once, then proves that the same connection still takes a good body. */
async function callOnce(port: number, body: Uint8Array, headers: Parameters<typeof callWith>[2] = {}) {
  return withSession(`http://127.0.0.1:${port}`, async (session) => {
    const answer = await callWith(session, body, headers);
    expect((await callWith(session, good)).grpcStatus).toBe(status.OK);
    return answer;
  });
}

describe("a message is taken in", () => {
  test.each([
    { as: "plain", body: good, encoding: undefined },
    { as: "plain though gzip was announced", body: good, encoding: "gzip" },
    { as: "gzip", body: framed(gzipSync(traces), true), encoding: "gzip" },
    { as: "deflate", body: framed(deflateSync(traces), true), encoding: "deflate" },
    { as: "zstd", body: framed(zstdCompressSync(traces), true), encoding: "zstd" },
  ])("as $as", async ({ body, encoding }) => {
    const { grpcPort, batches, receiver } = await runningReceiver();
    const { headers, body: answer } = await callOnce(grpcPort, body, {
      ...(encoding && { "grpc-encoding": encoding }),
    });
    expect([headers[":status"], headers["content-type"], headers["grpc-status"]]).toEqual([
      200,
      "application/grpc+proto",
      "0",
    ]);
    expect(headers["grpc-accept-encoding"]).toBe("identity,gzip,deflate,zstd");
    expect(answer).toEqual(Buffer.alloc(5));
    expect(batches.map(({ spans }) => spans.spanCount)).toEqual([20, 20]);
    expect(receiver.counts().answers).toEqual([{ transport: "grpc", code: 0, count: 2 }]);
  });

  test("of exactly the limit, and in pieces of one byte", async () => {
    const { grpcPort, batches } = await runningReceiver({ maxBodyBytes: traces.length });
    expect((await callOnce(grpcPort, good)).grpcStatus).toBe(status.OK);
    await withSession(`http://127.0.0.1:${grpcPort}`, async (session) => {
      const stream = session.request({ ":method": "POST", ":path": TRACES_PATH, "content-type": "application/grpc" });
      for (const byte of good.subarray(0, 200)) stream.write(Buffer.of(byte));
      stream.end(good.subarray(200));
      stream.resume();
      await new Promise((resolve) => stream.on("close", resolve));
    });
    expect(batches.length).toBe(3);
  });

  test("as many at a time as a sender likes: those beyond a connection's share wait with it", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    let isFirst = true;
    const { grpcPort, receiver } = await runningReceiver({}, () => {
      const wait = isFirst ? undefined : gate;
      isFirst = false;
      return wait;
    });
    await withSession(`http://127.0.0.1:${grpcPort}`, async (session) => {
      // With the first answer the client knows its share.
      await callWith(session, good);
      const calls = Array.from({ length: 50 }, () => callWith(session, good));
      await expect.poll(() => receiver.load.inFlightBodies).toBe(32);
      release();
      const statuses = (await Promise.all(calls)).map(({ grpcStatus }) => grpcStatus);
      expect(statuses).toEqual(Array(50).fill(status.OK));
    });
  });

  test("and points without a value are named in a partial success", async () => {
    const { grpcPort, ledger } = await runningReceiver();
    const points = [
      { timeUnixNano: "1750000000000000000", asDouble: 1 },
      { timeUnixNano: "0", asDouble: 1 },
    ];
    const body = encode("MetricsData", {
      resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: points } }] }] }],
    });
    const answer = await callOnce(grpcPort, framed(body), { ":path": METRICS_PATH });
    expect(decode("ExportResponse", answer.body.subarray(5))["partialSuccess"]).toEqual({
      rejected: "1",
      errorMessage: "1 data points rejected: bad ids, time or value",
    });
    expect(ledger.rows().find(({ service }) => service === "unknown_service")?.lost).toEqual({ malformed: 1 });
  });
});

describe("a call is refused, and the connection lives on", () => {
  const packed = gzipSync(traces);
  test.each([
    {
      why: "broken protobuf",
      body: framed(Buffer.from([10, 200, 1, 1])),
      code: status.INVALID_ARGUMENT,
      detail: "BadRequest",
    },
    {
      why: "unreadable gzip",
      body: framed(traces, true),
      headers: { "grpc-encoding": "gzip" },
      code: status.INVALID_ARGUMENT,
      detail: "BadRequest",
    },
    {
      why: "gzip that breaks off",
      body: framed(packed.subarray(0, packed.length - 12), true),
      headers: { "grpc-encoding": "gzip" },
      code: status.INVALID_ARGUMENT,
      detail: "BadRequest",
    },
    {
      why: "an encoding nobody knows",
      body: framed(packed, true),
      headers: { "grpc-encoding": "snappy" },
      code: status.UNIMPLEMENTED,
    },
    { why: "packed without an encoding", body: framed(packed, true), code: status.INTERNAL },
    { why: "no message", body: new Uint8Array(0), code: status.UNIMPLEMENTED },
    { why: "two messages", body: Buffer.concat([good, good]), code: status.UNIMPLEMENTED },
    { why: "half a message", body: good.subarray(0, 100), code: status.INTERNAL },
    { why: "half a prefix", body: good.subarray(0, 3), code: status.INTERNAL },
    { why: "unknown flags", body: Buffer.concat([Buffer.of(7), good.subarray(1)]), code: status.INTERNAL },
    {
      why: "a length over the limit, before the message came",
      body: Buffer.concat([Buffer.of(0, 0x7f, 0xff, 0xff, 0xff), traces]),
      headers: { end: false },
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      why: "a message over the limit",
      body: framed(Buffer.alloc(MAX_BODY_BYTES + 1)),
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      why: "a gzip bomb",
      body: framed(gzipSync(Buffer.alloc(50 << 20)), true),
      headers: { "grpc-encoding": "gzip" },
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      why: "a zstd bomb",
      body: framed(zstdCompressSync(Buffer.alloc(50 << 20)), true),
      headers: { "grpc-encoding": "zstd" },
      code: status.RESOURCE_EXHAUSTED,
    },
    {
      why: "logs",
      body: good,
      headers: { ":path": "/opentelemetry.proto.collector.logs.v1.LogsService/Export" },
      code: status.UNIMPLEMENTED,
    },
  ] as {
    why: string;
    body: Uint8Array;
    headers?: Parameters<typeof callWith>[2];
    code: number;
    detail?: string;
  }[])("$why: status $code", async ({ body, headers, code, detail }) => {
    const { grpcPort, batches, ledger, receiver } = await runningReceiver();
    const answer = await callOnce(grpcPort, body, headers);
    expect(answer.grpcStatus).toBe(code);
    expect([answer.headers[":status"], answer.body.length]).toEqual([200, 0]);
    const told = details(answer.headers);
    expect([told.code, told.message]).toEqual([code, decodeURIComponent(String(answer.headers["grpc-message"]))]);
    // Never RetryInfo: none of these gets better by trying again.
    expect(told.details.map(({ typeUrl }) => typeUrl)).toEqual(
      detail === undefined ? [] : [`type.googleapis.com/google.rpc.${detail}`],
    );
    if (code === status.UNIMPLEMENTED)
      expect(answer.headers["grpc-accept-encoding"]).toBe("identity,gzip,deflate,zstd");
    expect(batches.length).toBe(1);
    const malformed = ledger.rows().find(({ service }) => service === "unknown_service")?.lost.malformed;
    expect(malformed).toBe(code === status.INVALID_ARGUMENT ? 1 : undefined);
    expect(receiver.counts().answers).toContainEqual({ transport: "grpc", code, count: 1 });
    expect(receiver.load).toMatchObject({ inFlightBodies: 0, inFlightBytes: 0 });
  });

  test.each([
    { why: "GET", headers: { ":method": "GET" }, code: 405 },
    { why: "JSON", headers: { "content-type": "application/json" }, code: 415 },
    { why: "gRPC with JSON inside", headers: { "content-type": "application/grpc+json" }, code: 415 },
  ])("$why is no gRPC: HTTP $code", async ({ headers, code }) => {
    const { grpcPort } = await runningReceiver();
    expect((await callOnce(grpcPort, new Uint8Array(0), headers)).headers[":status"]).toBe(code);
  });

  test("bytes of calls that are only half here are counted, and free again when their sender goes", async () => {
    const { grpcPort, receiver } = await runningReceiver({ maxBodyBytes: 40_000, maxInFlightBytes: 80_000 });
    const half = framed(Buffer.alloc(40_000)).subarray(0, 39_000);
    const address = `http://127.0.0.1:${grpcPort}`;
    const refused = await withSession(address, async (session) => {
      const open = [0, 1].map(() =>
        session.request({ ":method": "POST", ":path": TRACES_PATH, "content-type": "application/grpc" }),
      );
      for (const stream of open) stream.on("error", () => {}).write(half);
      await expect.poll(() => receiver.load.inFlightBytes).toBe(78_000);
      const answer = await callWith(session, good);
      for (const stream of open) stream.close(8);
      return answer;
    });
    expect(refused.grpcStatus).toBe(status.UNAVAILABLE);
    expect(details(refused.headers).details.map(({ typeUrl }) => typeUrl)).toEqual([
      "type.googleapis.com/google.rpc.RetryInfo",
    ]);
    await expect.poll(() => receiver.load.inFlightBytes).toBe(0);
    expect((await callOnce(grpcPort, good)).grpcStatus).toBe(status.OK);
  });

  test("what it says survives any character", async () => {
    const { grpcPort } = await runningReceiver();
    const answer = await callOnce(grpcPort, good, { ":path": "/a%20b/ü" });
    expect(decodeURIComponent(String(answer.headers["grpc-message"]))).toContain("/a%20b/");
    expect(details(answer.headers).message).toContain("/a%20b/");
  });
});

describe("grpc.health.v1", () => {
  const check = (port: number, service: string) =>
    new Promise<{ code: number; status: number | undefined }>((resolve) => {
      const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
      const asIs = (bytes: Buffer) => bytes;
      const request = Buffer.from(service === "" ? [] : [10, service.length, ...Buffer.from(service)]);
      client.makeUnaryRequest("/grpc.health.v1.Health/Check", asIs, asIs, request, (error, answer) => {
        client.close();
        resolve({ code: error?.code ?? 0, status: answer?.[1] });
      });
    });

  test("says SERVING for the whole and for each service, and knows no other", async () => {
    const { grpcPort } = await runningReceiver();
    const serving = { code: status.OK, status: 1 };
    expect(await check(grpcPort, "")).toEqual(serving);
    expect(await check(grpcPort, "opentelemetry.proto.collector.trace.v1.TraceService")).toEqual(serving);
    expect(await check(grpcPort, "opentelemetry.proto.collector.metrics.v1.MetricsService")).toEqual(serving);
    expect(await check(grpcPort, "shop.Cart")).toEqual({ code: status.NOT_FOUND, status: undefined });
  });

  test("says NOT_SERVING once nothing is taken in any more", async () => {
    const { grpcPort, abort } = await runningReceiver();
    abort.abort();
    await expect.poll(() => check(grpcPort, "")).toEqual({ code: status.OK, status: 2 });
  });

  test("does not offer to watch", async () => {
    const { grpcPort } = await runningReceiver();
    const answer = await callOnce(grpcPort, framed(new Uint8Array(0)), { ":path": "/grpc.health.v1.Health/Watch" });
    expect(answer.grpcStatus).toBe(status.UNIMPLEMENTED);
  });
});
