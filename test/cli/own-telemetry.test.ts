// Goal: a server that runs tells a collector what it does: one trace a window, and the numbers of /metrics.
// Method: attach in a process of its own, fed with spans of five windows, sends to a receiver of ours in this process.
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { start, until } from "./run.ts";

vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const batches: TelemetryBatch[] = [];
const stopping = new AbortController();
let collector: OtlpReceiver;
let endpoint: string;

beforeAll(async () => {
  collector = new OtlpReceiver({ ledger: new CountingLedger(), maxBodyBytes: 1 << 22, maxOperationsPerService: 100 });
  const { grpcPort } = await collector.start({ grpcPort: 0, httpPort: null });
  endpoint = `http://localhost:${grpcPort}`;
  collector.read((batch) => void batches.push(batch), stopping.signal).catch(() => undefined);
});
afterAll(() => collector.close());

/** One request of a shop that takes a tenth of a second, as OTLP/JSON. */
function request(atSeconds: number, index: number): object {
  const nanoseconds = (seconds: number) => String(BigInt(Math.round(seconds * 1e6)) * 1000n);
  return {
    traceId: index.toString(16).padStart(32, "a"),
    spanId: index.toString(16).padStart(16, "b"),
    name: "GET /",
    kind: 2,
    startTimeUnixNano: nanoseconds(atSeconds),
    endTimeUnixNano: nanoseconds(atSeconds + 0.1),
  };
}

test("windows that were judged arrive as traces of their own, and the numbers with them", async () => {
  const free = ["--api-port", "0", "--otlp-grpc-port", "0", "--otlp-http-port", "0", "--data-directory", ":memory:"];
  const server = start(["attach", ...free, "--scorer", "robust", "--self-otlp-endpoint", endpoint]);
  const [, http] = await until(server.output, /OTLP\/HTTP on 127\.0\.0\.1:(\d+)/);
  await until(server.output, /page: http/);
  const begin = 1_700_000_000;
  for (let second = 0; second < 25; second++) {
    const spans = Array.from({ length: 4 }, (_, k) => request(begin + second + k / 4, 4 * second + k));
    const resource = { attributes: [{ key: "service.name", value: { stringValue: "shop" } }] };
    const body = JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
    const headers = { "content-type": "application/json" };
    const send = () => fetch(`http://127.0.0.1:${http}/v1/traces`, { method: "POST", headers, body });
    // At the very start it may still be reading its journal, and asks to come again.
    let answer = await send();
    while (answer.status === 503) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      answer = await send();
    }
    expect(answer.status).toBe(200);
  }
  server.child.kill("SIGTERM");
  const { code } = await server.finished;
  expect(code).toBe(0);

  const spans = batches.flatMap(({ spans: batch }) =>
    Array.from({ length: batch.spanCount }, (_, row) => ({
      service: batch.strings.text(batch.service[row]!),
      name: batch.strings.text(batch.operation[row]!),
      trace: batch.traceId.slice(4 * row, 4 * row + 4).join("-"),
    })),
  );
  expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(["spantwin"]));
  const traces = Map.groupBy(spans, ({ trace }) => trace);
  for (const members of traces.values()) {
    expect(members.map(({ name }) => name).sort()).toEqual([
      "forecast",
      "judge",
      "learn",
      "receive",
      "store",
      "window",
    ]);
  }
  const last = (name: string) => batches.flatMap(({ metrics }) => metrics).findLast((point) => point.name === name);
  expect(last("spantwin_spans_received_total")?.value).toBe(100);
  // 25 s of event time: the windows that were over when it was told to stop, and those that stopping ends.
  expect(traces.size).toBe(last("spantwin_windows_total")?.value);
  expect(traces.size).toBeGreaterThanOrEqual(4);
});
