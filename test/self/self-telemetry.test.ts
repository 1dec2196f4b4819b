import { Server, ServerCredentials } from "@grpc/grpc-js";
import { expect, test } from "vitest";

import { Counters } from "../../src/self/counters.ts";
import { startSelfTelemetry } from "../../src/self/self-telemetry.ts";

function someCounters(): Counters {
  const counters = new Counters();
  counters.counter("spantwin_spans_received_total", "Spans received.").add(41, { service: "cart" });
  counters.read("gauge", "spantwin_open_incidents", "Incidents open now.", () => 1);
  counters.histogram("spantwin_window_seconds", "Time a window took.", [0.1, 1]).observe(0.5);
  return counters;
}

test("nothing is started without the variable", async () => {
  expect(await startSelfTelemetry({ env: {}, counters: new Counters(), version: "0" })).toBeNull();
});

test.each(["collector:4317", "4317", "ftp://collector", "http://"])("%s is refused as an address", async (value) => {
  const env = { SPANTWIN_SELF_OTLP: value };
  await expect(startSelfTelemetry({ env, counters: new Counters(), version: "0" })).rejects.toThrow(
    `SPANTWIN_SELF_OTLP: ${JSON.stringify(value)} must be an address like http://127.0.0.1:4317`,
  );
});

test("our metrics arrive at an OTLP/gRPC collector, the last ones when we stop", async () => {
  const received: Buffer[] = [];
  const server = new Server();
  server.addService(
    {
      export: {
        path: "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        requestStream: false,
        responseStream: false,
        requestSerialize: (bytes: Buffer) => bytes,
        requestDeserialize: (bytes: Buffer) => bytes,
        responseSerialize: (bytes: Buffer) => bytes,
        responseDeserialize: (bytes: Buffer) => bytes,
      },
    },
    {
      export(call: { request: Buffer }, answer: (error: null, bytes: Buffer) => void) {
        received.push(call.request);
        answer(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const env = { SPANTWIN_SELF_OTLP: `http://127.0.0.1:${port}` };
  const telemetry = await startSelfTelemetry({ env, counters: someCounters(), version: "1.2.3" });
  await telemetry?.stop();
  server.forceShutdown();

  const text = Buffer.concat(received).toString("latin1");
  for (const part of [
    "spantwin_spans_received_total",
    "spantwin_open_incidents",
    "spantwin_window_seconds",
    "1.2.3",
    "cart",
  ]) {
    expect(text).toContain(part);
  }
  const fortyOne = Buffer.alloc(8);
  fortyOne.writeDoubleLE(41);
  expect(Buffer.concat(received).includes(fortyOne)).toBe(true);
});

test("a collector that is not there does not keep us from stopping", async () => {
  const env = { SPANTWIN_SELF_OTLP: "http://127.0.0.1:1" };
  const telemetry = await startSelfTelemetry({ env, counters: someCounters(), version: "0" });
  expect(telemetry).not.toBeNull();
  await expect(telemetry?.stop()).resolves.toBeUndefined();
}, 20_000);
