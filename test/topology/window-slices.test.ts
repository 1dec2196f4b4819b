// Goal: a window with more spans than can be looked at one by one is judged by a part of its time that nobody chose, and all
// that is left out is counted.
// Method: evenly spread requests through the observer with a small limit; the plan alone with random rates.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import type { OpenTrace } from "../../src/topology/trace-buffer.ts";
import { planSlices } from "../../src/topology/window-slices.ts";
import { batchOf, type TestSpan } from "./spans.ts";

const SERVER = 2;
const WINDOW_SECONDS = 5;

/** A request of one span every hundredth of a second, each of an operation that only its own hundredth of the window has. */
function requests(seconds: number): TestSpan[] {
  return Array.from({ length: 100 * seconds }, (_, index) => ({
    trace: index + 1,
    id: index + 1,
    kind: SERVER,
    service: "shop",
    operation: `op-${Math.floor(index / 5) % 100}`,
    start: index / 100,
    end: index / 100 + 0.005,
  }));
}

function observe(spans: readonly TestSpan[], spansPerWindowMax?: number) {
  const ledger = new CountingLedger();
  const limit = spansPerWindowMax === undefined ? {} : { spansPerWindowMax };
  const observer = new Observer(
    { windowSeconds: WINDOW_SECONDS, latenessSeconds: 1, maxOpenTraces: 5000, ...limit },
    ledger,
  );
  const windows = [...observer.add(batchOf(spans)), ...observer.finish()];
  return { windows, overflow: ledger.rows()[0]?.lost["window-overflow"] ?? 0 };
}

describe("a window with too many spans", () => {
  const { windows, overflow } = observe(requests(40), 200);

  test("holds the visits that completed in its slice, and says which that is", () => {
    expect(windows).toHaveLength(8);
    for (const { seen, visits, startSeconds, endSeconds } of windows) {
      expect(seen!.endSeconds - seen!.startSeconds).toBeCloseTo(2);
      expect(seen!.startSeconds).toBeGreaterThanOrEqual(startSeconds);
      expect(seen!.endSeconds).toBeLessThanOrEqual(endSeconds);
      expect(Math.abs(visits.count - 200)).toBeLessThanOrEqual(1);
      for (let row = 0; row < visits.count; row++) {
        const departure = visits.arrivalSeconds[row]! + visits.sojournSeconds[row]!;
        expect(departure).toBeGreaterThanOrEqual(seen!.startSeconds - 1e-9);
        expect(departure).toBeLessThan(seen!.endSeconds + 1e-9);
      }
    }
  });

  test("counts the others, none twice", () => {
    const seenCount = windows.reduce((sum, { visits }) => sum + visits.count, 0);
    expect(seenCount + overflow).toBe(4000);
  });

  test("still tells of every operation", () => {
    expect(windows.at(-1)!.topology.operations).toHaveLength(100);
  });
});

test("a window that is not too full is seen whole, and so is every other one beside it", () => {
  const { windows, overflow } = observe(requests(20), 500);
  expect(windows.map(({ seen, visits }) => [seen, visits.count])).toEqual(Array(4).fill([undefined, 500]));
  expect(overflow).toBe(0);
  expect(observe(requests(20)).windows.every(({ seen }) => seen === undefined)).toBe(true);
});

describe("the plan of slices", () => {
  const traceOf = (dueSeconds: number, spanCount: number): OpenTrace => ({
    key: 1,
    batches: [],
    rows: Array(spanCount).fill(0),
    dueSeconds,
    hasRoot: true,
  });
  const planned = (index: number, spanCount: number, spansMax: number) =>
    planSlices([traceOf((index + 0.5) * WINDOW_SECONDS, spanCount)], { windowSeconds: WINDOW_SECONDS, spansMax }).get(
      index,
    );

  test("takes as much time as holds the spans allowed, a second at least, inside the window", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400_000_000 }),
        fc.integer({ min: 1, max: 5000 }),
        fc.integer({ min: 1, max: 5000 }),
        (index, spanCount, spansMax) => {
          const slice = planned(index, spanCount, spansMax);
          if (spanCount <= spansMax) return slice === undefined;
          const seconds = slice!.endSeconds - slice!.startSeconds;
          const wanted = Math.max(1, (WINDOW_SECONDS * spansMax) / spanCount);
          const isInside =
            slice!.startSeconds >= index * WINDOW_SECONDS && slice!.endSeconds <= (index + 1) * WINDOW_SECONDS + 1e-6;
          return isInside && Math.abs(seconds - wanted) < 1e-6;
        },
      ),
    );
  });

  test("comes to every moment of a window before long: what happens once a window is not missed for ever", () => {
    for (let moment = 0.2; moment < WINDOW_SECONDS - 0.2; moment += 0.1) {
      const hits = Array.from({ length: 30 }, (_, k) => 1_000_000 + k).filter((index) => {
        const { startSeconds, endSeconds } = planned(index, 1000, 200)!;
        const at = index * WINDOW_SECONDS + moment;
        return at >= startSeconds && at < endSeconds;
      });
      expect(hits.length).toBeGreaterThan(0);
    }
  });

  test("puts the slice where it does whatever came in the window", () => {
    const ofFew = planned(77, 1000, 200)!;
    const ofMany = planSlices(
      Array.from({ length: 500 }, (_, k) => traceOf(77 * WINDOW_SECONDS + (k % 50) / 10, 2)),
      { windowSeconds: WINDOW_SECONDS, spansMax: 200 },
    ).get(77)!;
    expect(ofMany).toEqual(ofFew);
  });
});
