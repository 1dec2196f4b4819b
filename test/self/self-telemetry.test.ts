// Goal: our own traces and metrics reach a collector, and never ourselves.
// Method: the real SDK sends to a real receiver of ours that stands for the collector; a small line of stages makes spans.

import { trace } from "@opentelemetry/api";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { Counters } from "../../src/self/counters.ts";
import { createLog } from "../../src/self/log.ts";
import { startSelfTelemetry } from "../../src/self/self-telemetry.ts";
import { StageClock } from "../../src/self/stage-clock.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";

function someCounters(): Counters {
  const counters = new Counters();
  counters.counter("spantwin_spans_received_total", "Spans received.").add(41, { service: "cart" });
  counters.read("gauge", "spantwin_open_incidents", "Incidents open now.", () => 1);
  counters.histogram("spantwin_window_seconds", "Time a window took.", [0.1, 1]).observe(0.5);
  return counters;
}

const started = { listeners: [], version: "1.2.3" };

test("nothing is started without an endpoint", async () => {
  expect(await startSelfTelemetry({ ...started, endpoint: "", counters: new Counters() })).toBeNull();
});

test.each(["collector:4317", "4317", "ftp://collector", "http://["])(
  "%s is refused as an address",
  async (endpoint) => {
    await expect(startSelfTelemetry({ ...started, endpoint, counters: new Counters() })).rejects.toThrow(
      `selfOtlpEndpoint: ${JSON.stringify(endpoint)} must be an address like http://127.0.0.1:4317`,
    );
  },
);

test.each(["http://127.0.0.1:4317", "http://localhost:4317/", "http://[::1]:4317", "http://0.0.0.0:4317"])(
  "%s is refused when we listen there ourselves",
  async (endpoint) => {
    const listeners = [{ host: "0.0.0.0", port: 4317 }];
    const asked = startSelfTelemetry({ endpoint, listeners, counters: new Counters(), version: "0" });
    await expect(asked).rejects.toThrow("is this program itself (it listens on 0.0.0.0:4317): name a collector");
  },
);

test("a collector that is not there does not keep us from stopping", async () => {
  const telemetry = await startSelfTelemetry({
    ...started,
    endpoint: "http://127.0.0.1:1",
    counters: someCounters(),
  });
  expect(telemetry).not.toBeNull();
  await expect(telemetry?.stop()).resolves.toBeUndefined();
}, 20_000);

describe("a collector", () => {
  const batches: TelemetryBatch[] = [];
  const stopping = new AbortController();
  let receiver: OtlpReceiver;
  let endpoint: string;

  beforeEach(async () => {
    batches.length = 0;
    receiver = new OtlpReceiver({ ledger: new CountingLedger(), maxBodyBytes: 1 << 20, maxOperationsPerService: 100 });
    const { grpcPort } = await receiver.start({ grpcPort: 0, httpPort: null });
    endpoint = `http://127.0.0.1:${grpcPort}`;
    receiver.read((batch) => void batches.push(batch), stopping.signal).catch(() => undefined);
  });
  afterEach(() => receiver.close());

  /** All spans received: their name, their trace, and the name of their parent. */
  function spans(): { name: string; trace: string; parent: string | null }[] {
    const rows = batches.flatMap(({ spans: batch }) =>
      Array.from({ length: batch.spanCount }, (_, row) => ({
        name: batch.strings.text(batch.operation[row]!),
        service: batch.strings.text(batch.service[row]!),
        trace: batch.traceId.slice(4 * row, 4 * row + 4).join("-"),
        id: batch.spanId.slice(2 * row, 2 * row + 2).join("-"),
        parentId: batch.parentSpanId.slice(2 * row, 2 * row + 2).join("-"),
      })),
    );
    expect(new Set(rows.map(({ service }) => service))).toEqual(new Set(["spantwin"]));
    const nameOf = new Map(rows.map(({ id, name }) => [id, name]));
    return rows.map(({ name, trace, parentId }) => ({ name, trace, parent: nameOf.get(parentId) ?? null }));
  }

  test("gets our metrics under the names of /metrics, the last ones when we stop", async () => {
    const telemetry = await startSelfTelemetry({ ...started, endpoint, counters: someCounters() });
    await telemetry?.stop();
    const points = batches.flatMap(({ metrics }) => metrics);
    expect(points).toContainEqual(
      expect.objectContaining({ name: "spantwin_spans_received_total", value: 41, attributes: "service=cart" }),
    );
    expect(points).toContainEqual(expect.objectContaining({ name: "spantwin_open_incidents", value: 1 }));
    expect(points).toContainEqual(
      expect.objectContaining({ name: "spantwin_window_seconds", unit: "s", value: 0.5, count: 1 }),
    );
    expect(points.every(({ service }) => service === "spantwin")).toBe(true);
  });

  test("gets one trace a window, however many bodies it is made of", async () => {
    const counters = new Counters();
    const telemetry = await startSelfTelemetry({ ...started, endpoint, counters });
    const clock = new StageClock(counters);
    for (let window = 0; window < 3; window++) {
      for (let body = 0; body < 50; body++) {
        clock.received(20);
        clock.run("observe", () => body);
      }
      clock.run("window", () => {
        for (const stage of ["forecast", "judge", "learn", "store"] as const) clock.run(stage, () => window);
      });
    }
    await telemetry?.stop();
    const received = spans();
    expect(received).toHaveLength(3 * 6);
    const byTrace = Map.groupBy(received, (span) => span.trace);
    expect(byTrace.size).toBe(3);
    for (const members of byTrace.values()) {
      expect(members.map(({ name, parent }) => `${parent}>${name}`).sort()).toEqual([
        "null>window",
        "window>forecast",
        "window>judge",
        "window>learn",
        "window>receive",
        "window>store",
      ]);
    }
  });

  test("gets a failing stage as an error, and the error is not swallowed", async () => {
    const counters = new Counters();
    const telemetry = await startSelfTelemetry({ ...started, endpoint, counters });
    const clock = new StageClock(counters);
    const fail = () => {
      throw new Error("disk full");
    };
    expect(() => clock.run("window", () => clock.run("store", fail))).toThrow("disk full");
    await telemetry?.stop();
    const failed = batches.flatMap(({ spans: batch }) => [...batch.isError.slice(0, batch.spanCount)]);
    expect(failed.sort()).toEqual([0, 1, 1]);
  });

  test("finds a line of the JSON log by the trace it was written in", async () => {
    const lines: string[] = [];
    const log = createLog({ json: true, level: "info", target: { write: (line) => lines.push(line) } });
    const counters = new Counters();
    const telemetry = await startSelfTelemetry({ ...started, endpoint, counters });
    const ids = new StageClock(counters).run("window", () => {
      log.info("inside");
      return trace.getActiveSpan()?.spanContext();
    });
    log.info("outside");
    await telemetry?.stop();
    const [inside, outside] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(inside).toMatchObject({ trace_id: ids?.traceId, span_id: ids?.spanId, trace_flags: "01" });
    expect(outside).not.toHaveProperty("trace_id");
  });
});

test("without an SDK the stages are timed all the same, and nothing is kept of spans", () => {
  const counters = new Counters();
  const clock = new StageClock(counters);
  clock.received(5);
  expect(clock.run("window", () => clock.run("forecast", () => 7))).toBe(7);
  const [stages] = counters.snapshot();
  expect(stages?.samples.map(({ labels }) => labels["stage"]).sort()).toEqual(["forecast", "window"]);
  expect(stages?.samples.every(({ value }) => value >= 0 && value < Infinity)).toBe(true);
});
