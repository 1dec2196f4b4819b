// Goal: no bytes that a network can deliver stop the receiver. Method: good bodies and frames, cut and flipped with a seeded
// stream, sent to both running doors; every answer is one the protocols know, nothing escapes, and good bodies still get in.
import { connect } from "node:net";
import { deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { toJson } from "../../src/telemetry/otlp/to-json.ts";
import { callWith, framed, METRICS_PATH, TRACES_PATH, withSession } from "./grpc-call.ts";
import { encode } from "./otlp-oracle.ts";
import { plainTraces, randomMetrics, randomTraces } from "./random-telemetry.ts";
import { runningReceiver } from "./running-receiver.ts";

const SEED = 20_261_121;
const PACKERS = { identity: (body: Uint8Array) => body, gzip: gzipSync, deflate: deflateSync, zstd: zstdCompressSync };
const good = encode("TracesData", plainTraces("shop", 20));

const escaped: unknown[] = [];
const note = (error: unknown) => void escaped.push(error);
beforeEach(() => {
  escaped.length = 0;
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
});
afterEach(() => {
  process.off("unhandledRejection", note);
  process.off("uncaughtException", note);
});

function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mix = Math.imul(state ^ (state >>> 15), state | 1);
    mix ^= mix + Math.imul(mix ^ (mix >>> 7), mix | 61);
    return ((mix ^ (mix >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const random = seeded(SEED);
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)]!;

function mutated(body: Uint8Array): Buffer {
  const copy = Buffer.from(body);
  for (let flips = Math.floor(random() * 4); flips > 0 && copy.length > 0; flips -= 1) {
    copy[Math.floor(random() * copy.length)] = Math.floor(random() * 256);
  }
  return random() < 0.3 ? copy.subarray(0, Math.floor(random() * copy.length)) : copy;
}

const traces = fc.sample(randomTraces, { seed: SEED, numRuns: 20 }).map((value) => encode("TracesData", value));
const metrics = fc.sample(randomMetrics, { seed: SEED, numRuns: 20 }).map((value) => encode("MetricsData", value));

/** A body of one signal, packed and spoilt: before packing, after it, or both. */
function spoilt(isJson: boolean) {
  const signal = pick(["traces", "metrics"] as const);
  const plain = pick(signal === "traces" ? traces : metrics);
  const encoding = pick(Object.keys(PACKERS) as (keyof typeof PACKERS)[]);
  const body = isJson ? Buffer.from(toJson(signal, plain)) : plain;
  const packed = PACKERS[encoding](random() < 0.5 ? mutated(body) : body);
  return { signal, encoding, body: random() < 0.7 ? mutated(packed) : Buffer.from(packed) };
}

test("1,500 spoilt bodies over HTTP: 200, 400 or 413, and good ones in between", async () => {
  const { httpPort, receiver } = await runningReceiver();
  const seen = new Map<number, number>();
  for (let run = 0; run < 1_500; run += 1) {
    const isJson = random() < 0.4;
    const { signal, encoding, body } = spoilt(isJson);
    const headers = {
      "content-type": isJson ? "application/json" : "application/x-protobuf",
      "content-encoding": encoding,
    };
    const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/${signal}`, { method: "POST", headers, body });
    await answer.arrayBuffer();
    if (![200, 400, 413].includes(answer.status)) throw new Error(`seed ${SEED}, run ${run}: ${answer.status}`);
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
  }
  expect(Math.min(seen.get(200)!, seen.get(400)!)).toBeGreaterThan(100);
  expect(receiver.load).toMatchObject({ inFlightBodies: 0, inFlightBytes: 0 });
  const headers = { "content-type": "application/x-protobuf" };
  const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/traces`, {
    method: "POST",
    headers,
    body: Buffer.from(good),
  });
  expect([answer.status, escaped]).toEqual([200, []]);
});

test("1,500 spoilt messages and frames over gRPC: a status it knows, on one connection", async () => {
  const { grpcPort, receiver } = await runningReceiver();
  const seen = new Map<number, number>();
  await withSession(`http://127.0.0.1:${grpcPort}`, async (session) => {
    for (let run = 0; run < 1_500; run += 1) {
      const { signal, encoding, body } = spoilt(false);
      const frame = framed(body, encoding !== "identity");
      const sent = random() < 0.3 ? mutated(frame) : frame;
      const answer = await callWith(session, sent, {
        ":path": signal === "traces" ? TRACES_PATH : METRICS_PATH,
        "grpc-encoding": encoding,
      });
      if (![0, 3, 8, 12, 13].includes(answer.grpcStatus)) {
        throw new Error(`seed ${SEED}, run ${run}: ${JSON.stringify(answer.headers)}`);
      }
      seen.set(answer.grpcStatus, (seen.get(answer.grpcStatus) ?? 0) + 1);
    }
    expect((await callWith(session, framed(good))).grpcStatus).toBe(0);
  });
  expect(Math.min(...[0, 3, 8, 13].map((code) => seen.get(code) ?? 0))).toBeGreaterThan(20);
  expect(receiver.load).toMatchObject({ inFlightBodies: 0, inFlightBytes: 0 });
  expect(escaped).toEqual([]);
});

test("300 spoilt connections, HTTP/1 and HTTP/2 alike, some cut in the middle: the next sender is served", async () => {
  const { httpPort, grpcPort, batches } = await runningReceiver();
  const preface = Buffer.concat([
    Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    // SETTINGS, then the beginnings of HEADERS, DATA, PING, WINDOW_UPDATE and RST_STREAM on stream 1.
    Buffer.from("000000040000000000" + "000004010400000001" + "82868441" + "00000500000000000100000000ff", "hex"),
    Buffer.from(
      "000008060000000000" + "0102030405060708" + "000004080000000001" + "7fffffff" + "00000403000000000100000008",
      "hex",
    ),
  ]);
  const request = Buffer.concat([
    Buffer.from(
      `POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: ${good.length}\r\n\r\n`,
    ),
    good,
  ]);
  for (let run = 0; run < 300; run += 1) {
    const isHttp2 = run % 2 === 0;
    await new Promise<void>((resolve) => {
      const socket = connect(isHttp2 ? grpcPort : httpPort, "127.0.0.1", () => {
        const bytes = mutated(isHttp2 ? preface : request);
        if (random() < 0.5) socket.write(bytes, () => socket.resetAndDestroy());
        else socket.end(bytes);
      });
      socket.on("error", () => {});
      socket.resume();
      socket.on("close", () => resolve());
    });
  }
  const before = batches.length;
  const headers = { "content-type": "application/x-protobuf" };
  const answer = await fetch(`http://127.0.0.1:${httpPort}/v1/traces`, {
    method: "POST",
    headers,
    body: Buffer.from(good),
  });
  expect(answer.status).toBe(200);
  await withSession(`http://127.0.0.1:${grpcPort}`, async (session) => {
    expect((await callWith(session, framed(good))).grpcStatus).toBe(0);
  });
  expect([batches.length - before, escaped]).toEqual([2, []]);
});
