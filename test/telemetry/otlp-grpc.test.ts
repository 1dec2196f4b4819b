import http2 from "node:http2";
import { gzipSync } from "node:zlib";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { expectValidBatch } from "../contract/telemetry-source.ts";
import { decode, encode } from "./otlp-oracle.ts";
import { plainTraces, wordBytes } from "./random-telemetry.ts";

const TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
const METRICS = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
const MAX_BODY_BYTES = 200_000;
const traces = Buffer.from(encode("TracesData", plainTraces("shop", 20)));

let receiver: OtlpReceiver;
let ledger: CountingLedger;
let batches: TelemetryBatch[];
let abort: AbortController;
let reading: Promise<void>;
let port: number;
let take: (batch: TelemetryBatch) => void | Promise<void>;

beforeEach(async () => {
  ledger = new CountingLedger();
  batches = [];
  abort = new AbortController();
  take = (batch) => void batches.push(batch);
  receiver = new OtlpReceiver({
    ledger,
    maxBodyBytes: MAX_BODY_BYTES,
    maxOperationsPerService: 100,
    maxInFlightBodies: 2,
  });
  port = (await receiver.start({ httpPort: null, grpcPort: 0 })).grpcPort!;
  reading = receiver.read((batch) => take(batch), abort.signal);
});

afterEach(async () => {
  abort.abort();
  await reading;
  await receiver.close();
});

const asIs = (bytes: Buffer) => bytes;

function call(path: string, body: Buffer): Promise<Buffer | ServiceError> {
  return new Promise((resolve) => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
    client.makeUnaryRequest(path, asIs, asIs, body, (error, answer) => {
      client.close();
      resolve(error ?? answer!);
    });
  });
}

describe("OTLP/gRPC", () => {
  test("takes traces and metrics and answers with nothing", async () => {
    expect(await call(TRACES, traces)).toEqual(Buffer.alloc(0));
    expect(await call(METRICS, Buffer.alloc(0))).toEqual(Buffer.alloc(0));
    expect(batches.map((batch) => batch.spans.spanCount)).toEqual([20]);
    expectValidBatch(batches[0]!);
  });

  test("names refused spans in a partial success", async () => {
    const spans = [{ traceId: wordBytes(16, 1), spanId: wordBytes(7, 1) }];
    const body = Buffer.from(encode("TracesData", { resourceSpans: [{ scopeSpans: [{ spans }] }] }));
    expect(decode("ExportResponse", (await call(TRACES, body)) as Buffer)).toMatchObject({
      partialSuccess: { rejected: "1" },
    });
  });

  test.each([
    { why: "malformed", path: TRACES, body: Buffer.from([10, 200, 1, 1]), code: status.INVALID_ARGUMENT },
    { why: "too large", path: TRACES, body: Buffer.alloc(MAX_BODY_BYTES + 1), code: status.RESOURCE_EXHAUSTED },
    {
      why: "logs",
      path: "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
      body: traces,
      code: status.UNIMPLEMENTED,
    },
  ])("$why is refused and the next body is not", async ({ path, body, code }) => {
    expect(await call(path, body)).toMatchObject({ code });
    expect(await call(TRACES, traces)).toEqual(Buffer.alloc(0));
    const malformed = ledger.rows().find((row) => row.service === "unknown_service")?.lost.malformed;
    expect(malformed).toBe(code === status.INVALID_ARGUMENT ? 1 : undefined);
  });

  test("a full house is UNAVAILABLE with the time to try again", async () => {
    let release: () => void = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    take = () => gate;
    const waiting = [call(TRACES, traces), call(TRACES, traces)];
    await new Promise((resolve) => setTimeout(resolve, 100));
    const refused = (await call(TRACES, traces)) as ServiceError;
    release();
    expect(refused.code).toBe(status.UNAVAILABLE);
    const details = decode("RpcStatus", refused.metadata.get("grpc-status-details-bin")[0] as Buffer);
    expect(details).toMatchObject({ code: 14, details: [{ typeUrl: "type.googleapis.com/google.rpc.RetryInfo" }] });
    expect(await Promise.all(waiting)).toEqual([Buffer.alloc(0), Buffer.alloc(0)]);
  });

  test("a gzip bomb ends at the limit", async () => {
    const bomb = gzipSync(Buffer.alloc(100 << 20));
    const frame = Buffer.alloc(5);
    frame[0] = 1;
    frame.writeUInt32BE(bomb.length, 1);
    const session = http2.connect(`http://127.0.0.1:${port}`);
    const code = await new Promise((resolve, reject) => {
      const headers = { ":method": "POST", ":path": TRACES, "content-type": "application/grpc", te: "trailers" };
      const stream = session.request({ ...headers, "grpc-encoding": "gzip" });
      const see = (found: http2.IncomingHttpHeaders) => found["grpc-status"] && resolve(Number(found["grpc-status"]));
      stream.on("response", see);
      stream.on("trailers", see);
      stream.on("error", reject);
      stream.resume();
      stream.end(Buffer.concat([frame, bomb]));
    });
    session.close();
    expect(code).toBe(status.RESOURCE_EXHAUSTED);
  });
});
