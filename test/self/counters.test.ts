import { expect, test } from "vitest";

import { Counters } from "../../src/self/counters.ts";
import { prometheusText } from "../../src/self/prometheus-text.ts";
import { watchVitals } from "../../src/self/vitals.ts";

test("metrics are rendered in the text format 0.0.4, sorted by name, values escaped", () => {
  const counters = new Counters();
  const lost = counters.counter("spantwin_spans_lost_total", "Spans lost,\nby reason.");
  lost.add(2, { reason: "late" });
  lost.add(1, { reason: 'a "b"\\\nc' });
  lost.add(3, { reason: "late" });
  counters.read("gauge", "spantwin_open_incidents", "Incidents open now.", () => 1);
  const seconds = counters.histogram("spantwin_window_seconds", "Time a window took.", [0.1, 1]);
  for (const value of [0.05, 0.1, 0.5, 7]) seconds.observe(value);
  expect(prometheusText(counters.snapshot())).toBe(
    [
      "# HELP spantwin_open_incidents Incidents open now.",
      "# TYPE spantwin_open_incidents gauge",
      "spantwin_open_incidents 1",
      "# HELP spantwin_spans_lost_total Spans lost,\\nby reason.",
      "# TYPE spantwin_spans_lost_total counter",
      'spantwin_spans_lost_total{reason="late"} 5',
      'spantwin_spans_lost_total{reason="a \\"b\\"\\\\\\nc"} 1',
      "# HELP spantwin_window_seconds Time a window took.",
      "# TYPE spantwin_window_seconds histogram",
      'spantwin_window_seconds_bucket{le="0.1"} 2',
      'spantwin_window_seconds_bucket{le="1"} 3',
      'spantwin_window_seconds_bucket{le="+Inf"} 4',
      "spantwin_window_seconds_sum 7.65",
      "spantwin_window_seconds_count 4",
      "",
    ].join("\n"),
  );
});

test("label sets beyond the limit are added up under one, so that no count is lost", () => {
  const counters = new Counters();
  const counter = counters.counter("spantwin_things_total", "Things.");
  for (let i = 0; i < 2000; i++) counter.add(1, { service: `service-${i}` });
  const samples = counters.snapshot()[0]?.samples ?? [];
  expect(samples.length).toBeLessThanOrEqual(501);
  expect(samples.find((sample) => sample.labels["service"] === "other")?.value).toBe(1500);
  expect(samples.reduce((sum, sample) => sum + sample.value, 0)).toBe(2000);
});

test("the order of labels makes no new series", () => {
  const counters = new Counters();
  const counter = counters.counter("spantwin_things_total", "Things.");
  counter.add(1, { a: "1", b: "2" });
  counter.add(1, { b: "2", a: "1" });
  expect(counters.snapshot()[0]?.samples).toEqual([{ suffix: "", labels: { a: "1", b: "2" }, value: 2 }]);
});

test("a counter cannot fall, a name cannot be taken twice, and a foreign name is no name", () => {
  const counters = new Counters();
  const counter = counters.counter("spantwin_things_total", "Things.");
  expect(() => counter.add(-1)).toThrow(RangeError);
  expect(() => counter.add(Number.NaN)).toThrow(RangeError);
  expect(() => counters.counter("spantwin_things_total", "Again.")).toThrow(/already/);
  expect(() => counters.counter("things", "Foreign.")).toThrow(/not a metric name/);
});

test("the vital signs are those of a living process", () => {
  const counters = new Counters();
  const stop = watchVitals(counters);
  const values = new Map(counters.snapshot().map((metric) => [metric.name, metric.samples[0]?.value ?? -1]));
  stop();
  expect(values.get("spantwin_resident_memory_bytes")).toBeGreaterThan(1e6);
  expect(values.get("spantwin_cpu_seconds_total")).toBeGreaterThan(0);
  expect(values.get("spantwin_uptime_seconds")).toBeGreaterThan(0);
  expect(values.get("spantwin_event_loop_delay_p99_seconds")).toBeGreaterThanOrEqual(0);
});

test("of numbers that somebody else keeps, label sets beyond the limit are added up, so that the sum stays right", () => {
  const counters = new Counters();
  const rows = Array.from({ length: 1200 }, (_, k) => ({ labels: { topic: `t${k}`, partition: "0" }, value: k }));
  counters.read("gauge", "spantwin_lag", "Lag.", () => rows);
  const { samples } = counters.snapshot()[0]!;
  expect(samples).toHaveLength(500);
  expect(samples.at(-1)?.labels).toEqual({ topic: "other", partition: "other" });
  expect(samples.reduce((sum, { value }) => sum + value, 0)).toBe((1200 * 1199) / 2);
});
