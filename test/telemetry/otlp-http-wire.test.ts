// Goal: what OTLP/HTTP answers beside the good case is what its specification says, down to what is hardly HTTP.
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Refusal, rpcStatus } from "../../src/telemetry/otlp/responses.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { plainTraces } from "./random-telemetry.ts";
import { runningReceiver } from "./running-receiver.ts";

const PROTOBUF = { "content-type": "application/x-protobuf" };
const JSON_TYPE = { "content-type": "application/json" };

async function post(port: number, path: string, headers: Record<string, string>, body: Uint8Array | string) {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : Buffer.from(body),
  });
  return { status: answer.status, headers: answer.headers, body: Buffer.from(await answer.arrayBuffer()) };
}

/** Sends bytes as they are and gives all that comes back. */
function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(text));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("error", () => {});
    socket.on("close", () => resolve(Buffer.concat(chunks).toString("latin1")));
  });
}

const points = [
  { timeUnixNano: "1750000000000000000", asDouble: 1 },
  { timeUnixNano: "0", asDouble: 1 },
];
const metrics = {
  resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: "m", gauge: { dataPoints: points } }] }] }],
};

describe("points that are refused", () => {
  test("are named in a partial success, in protobuf and JSON", async () => {
    const { httpPort, batches } = await runningReceiver();
    const errorMessage = "1 data points rejected: bad ids, time or value";
    const binary = await post(httpPort, "/v1/metrics", PROTOBUF, encode("MetricsData", metrics));
    expect(binary.status).toBe(200);
    expect(decode("ExportResponse", binary.body)["partialSuccess"]).toEqual({ rejected: "1", errorMessage });
    const text = await post(httpPort, "/v1/metrics", JSON_TYPE, JSON.stringify(metrics));
    expect(JSON.parse(text.body.toString())).toEqual({ partialSuccess: { rejectedDataPoints: "1", errorMessage } });
    expect(batches.map((batch) => batch.metrics.length)).toEqual([1, 1]);
  });
});

describe("an empty request", () => {
  test.each([
    { as: "protobuf", headers: PROTOBUF, body: "", answer: "" },
    { as: "JSON", headers: JSON_TYPE, body: "{}", answer: "{}" },
    { as: "gzip of nothing", headers: { ...PROTOBUF, "content-encoding": "gzip" }, body: gzipSync(""), answer: "" },
  ])("as $as succeeds with nothing in the answer", async ({ headers, body, answer }) => {
    const { httpPort } = await runningReceiver();
    for (const path of ["/v1/traces", "/v1/metrics"]) {
      const { status, body: found } = await post(httpPort, path, headers, body);
      expect([status, found.toString()]).toEqual([200, answer]);
    }
  });
});

describe("bad data", () => {
  test("is a google.rpc.BadRequest in the form of the request", async () => {
    const { httpPort } = await runningReceiver();
    const binary = await post(httpPort, "/v1/traces", PROTOBUF, Buffer.from([10, 200, 1, 1]));
    const told = decode("RpcStatus", binary.body) as { code: number; details: { typeUrl: string }[] };
    expect([binary.status, told.code, told.details[0]!.typeUrl]).toEqual([
      400,
      3,
      "type.googleapis.com/google.rpc.BadRequest",
    ]);
    const text = JSON.parse((await post(httpPort, "/v1/traces", JSON_TYPE, "{")).body.toString());
    expect(text).toMatchObject({
      code: 3,
      details: [
        { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: [{ description: text.message }] },
      ],
    });
  });

  test("of any length is told in few words", async () => {
    const { httpPort } = await runningReceiver();
    const { status, body } = await post(httpPort, "/v1/traces", { "content-type": `text/${"x".repeat(9_000)}` }, "");
    expect([status, body.length < 1_000]).toEqual([415, true]);
    const refusal: Refusal = { httpStatus: 400, rpcCode: 3, message: `${"a".repeat(399)}💥${"b".repeat(9_000)}` };
    const { message } = decode("RpcStatus", rpcStatus("protobuf", refusal)) as { message: string };
    expect(message.length).toBeLessThan(500);
    expect(message.isWellFormed()).toBe(true);
  });
});

describe("a full house", () => {
  test("says when to come again, in the header and in google.rpc.RetryInfo", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { httpPort } = await runningReceiver({ maxInFlightBodies: 1 }, () => gate);
    const body = encode("TracesData", plainTraces("shop", 3));
    const first = post(httpPort, "/v1/traces", PROTOBUF, body);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const refused = await post(httpPort, "/v1/traces", PROTOBUF, body);
    const text = await post(httpPort, "/v1/metrics", JSON_TYPE, JSON.stringify(metrics));
    release();
    expect((await first).status).toBe(200);
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(decode("RpcStatus", refused.body)).toMatchObject({
      code: 14,
      details: [{ typeUrl: "type.googleapis.com/google.rpc.RetryInfo" }],
    });
    expect(JSON.parse(text.body.toString()).details).toEqual([
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" },
    ]);
  });
});

describe("a body many times over the limit", () => {
  test("is answered before its end, and its connection closed", async () => {
    const { httpPort, receiver } = await runningReceiver({ maxBodyBytes: 10_000 });
    const head = `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9000000\r\n\r\n`;
    const answer = await raw(httpPort, head + "x".repeat(60_000));
    expect(answer).toMatch(/^HTTP\/1.1 413 [\s\S]*connection: close/i);
    expect(receiver.load.inFlightBytes).toBe(0);
  });
});

describe("what is hardly HTTP", () => {
  test.each([
    { what: "noise", text: "\x00\x01\x02 hello\r\n\r\n", status: 400 },
    { what: "a head without end", text: `POST / HTTP/1.1\r\nX: ${"a".repeat(20_000)}\r\n`, status: 431 },
    {
      what: "two lengths",
      text: "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
      status: 400,
    },
    {
      what: "a chunk that is none",
      text: "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
      status: 400,
    },
    { what: "HTTP/2", text: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", status: 400 },
  ])("$what: $status with a google.rpc.Status", async ({ text, status }) => {
    const { httpPort, receiver } = await runningReceiver();
    const answer = await raw(httpPort, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(answer.slice(answer.indexOf("\r\n\r\n") + 4))).toMatchObject({ code: 3 });
    expect(receiver.counts().answers).toContainEqual({ transport: "http", code: status, count: 1 });
    expect((await post(httpPort, "/v1/traces", JSON_TYPE, "{}")).status).toBe(200);
  });

  test("a query behind the path, and a body in chunks, are fine", async () => {
    const { httpPort, batches } = await runningReceiver();
    const body = encode("TracesData", plainTraces("shop", 3));
    const chunked = `${body.length.toString(16)}\r\n${Buffer.from(body).toString("latin1")}\r\n0\r\n\r\n`;
    const head =
      "POST /v1/traces?x=1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n";
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(httpPort, "127.0.0.1", () => socket.write(Buffer.from(head + chunked, "latin1")));
      let text = "";
      socket.on("data", (chunk) => {
        text += chunk.toString("latin1");
      });
      socket.on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(batches.length).toBe(1);
  });
});
