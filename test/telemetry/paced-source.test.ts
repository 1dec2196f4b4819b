import { expect, test } from "vitest";
import type { TelemetryBatch, TelemetrySource } from "../../src/contracts/telemetry.ts";
import { PacedSource } from "../../src/telemetry/paced-source.ts";
import { emptySpans } from "../../src/telemetry/span-columns.ts";
import { StringTable } from "../../src/telemetry/string-table.ts";

const spans = emptySpans(new StringTable());

function batchAt(...times: readonly number[]): TelemetryBatch {
  const point = {
    name: "m",
    unit: "",
    service: "s",
    instance: "i",
    attributes: "",
    value: 1,
    count: 1,
    cumulative: false,
  };
  return { spans, metrics: times.map((timeSeconds) => ({ ...point, timeSeconds })) };
}

function sourceOf(batches: readonly TelemetryBatch[]): TelemetrySource {
  return {
    name: "test",
    async read(take, signal) {
      for (const batch of batches) {
        if (signal.aborted) return;
        await take(batch);
      }
    },
  };
}

/** A clock that jumps where it is told to wait, and tells how often it was. */
function jumpingClock() {
  let now = 1000;
  const sleeps: number[] = [];
  return {
    sleeps,
    nowSeconds: () => now,
    work: (seconds: number) => {
      now += seconds;
    },
    sleep: async (seconds: number) => {
      sleeps.push(seconds);
      now += seconds;
    },
  };
}

test("batches come as far apart as what they tell of, divided by the speed", async () => {
  const clock = jumpingClock();
  const takenAt: number[] = [];
  const source = new PacedSource(sourceOf([batchAt(50), batchAt(60), batchAt(60), batchAt(90)]), 10, clock);
  await source.read(() => void takenAt.push(clock.nowSeconds()), new AbortController().signal);
  expect(takenAt).toEqual([1000, 1001, 1001, 1004]);
});

test("who is slower than the pace does not wait, and catches up", async () => {
  const clock = jumpingClock();
  const takenAt: number[] = [];
  const source = new PacedSource(sourceOf([0, 1, 2, 3, 4].map((time) => batchAt(time))), 1, clock);
  await source.read(() => {
    takenAt.push(clock.nowSeconds());
    if (takenAt.length === 1) clock.work(2.5);
  }, new AbortController().signal);
  expect(takenAt).toEqual([1000, 1002.5, 1002.5, 1003, 1004]);
});

test("a batch that goes back in time, a broken clock in it and one without a time do not stop the others", async () => {
  const clock = jumpingClock();
  const batches = [batchAt(100), batchAt(40), batchAt(101, 101, 9e9), batchAt(), batchAt(102)];
  let count = 0;
  await new PacedSource(sourceOf(batches), 1, clock).read(() => void count++, new AbortController().signal);
  expect([count, clock.nowSeconds()]).toEqual([5, 1002]);
});

test("a wait of weeks is made of waits that a timer can hold", async () => {
  const clock = jumpingClock();
  await new PacedSource(sourceOf([batchAt(0), batchAt(9000)]), 1, clock).read(() => {}, new AbortController().signal);
  expect(clock.sleeps).toEqual([3600, 3600, 1800]);
});

test("an abort ends the wait, and what was waited for is not taken", async () => {
  const abort = new AbortController();
  let count = 0;
  const reading = new PacedSource(sourceOf([batchAt(0), batchAt(86_400)]), 1).read(() => {
    count += 1;
    setImmediate(() => abort.abort());
  }, abort.signal);
  await reading;
  expect(count).toBe(1);
});

test("a speed of nothing or less is refused", () => {
  for (const speed of [0, -1, Number.NaN]) expect(() => new PacedSource(sourceOf([]), speed)).toThrow(RangeError);
});
