// Goal: the parts that structures are compared with do what their names say. Method: small columns with known answers, and
// the laws they must keep for any.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mostInFlight } from "../../../twin/identification/implied-services.ts";
import { INSTRUMENT_COUNT, splitByLoad } from "../../../twin/identification/load-instruments.ts";
import { SelfIntervalList } from "../../../twin/identification/self-intervals.ts";
import { kolmogorovSmirnov, varianceInflation } from "../../../twin/identification/two-sample.ts";
import { exponential, normal, stream } from "../../../twin/kernel/random.ts";

describe("self intervals", () => {
  const intervalsOf = (list: SelfIntervalList) => {
    const { visit, startSeconds, endSeconds } = list.sorted();
    return Array.from(visit, (each, k) => [each, startSeconds[k]!, endSeconds[k]!]);
  };

  test("are the segments, each after the group before it", () => {
    const list = new SelfIntervalList();
    list.add(0, 10, 16, Float64Array.of(1, 2, 1), Float64Array.of(0.5, 1.5));
    expect(intervalsOf(list)).toEqual([
      [0, 10, 11],
      [0, 11.5, 13.5],
      [0, 15, 16],
    ]);
  });

  test("begin with the lag of a message, and skip segments of no length", () => {
    const list = new SelfIntervalList();
    list.add(3, 10, 16, Float64Array.of(1, 0, 1), Float64Array.of(1, 1));
    expect(intervalsOf(list)).toEqual([
      [3, 10, 13],
      [3, 15, 16],
    ]);
  });

  test("of several visits stand in order of their start, renumbered when they are joined", () => {
    const first = new SelfIntervalList();
    first.add(0, 5, 6, Float64Array.of(1), new Float64Array());
    first.add(1, 1, 2, Float64Array.of(1), new Float64Array());
    const joined = new SelfIntervalList();
    joined.add(0, 3, 4, Float64Array.of(1), new Float64Array());
    joined.addAll(first.sorted(), Uint32Array.of(7, 8));
    expect(intervalsOf(joined).map(([visit]) => visit)).toEqual([8, 0, 7]);
  });

  test("cover the visit but for its groups, whatever they are", () => {
    const seconds = fc.double({ min: 0, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(seconds, { minLength: 1, maxLength: 5 }),
        fc.array(seconds, { minLength: 4, maxLength: 4 }),
        seconds,
        (own, calls, lag) => {
          const groups = calls.slice(0, own.length - 1);
          const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);
          const list = new SelfIntervalList();
          list.add(0, 100, 100 + lag + sum(own) + sum(groups), Float64Array.from(own), Float64Array.from(groups));
          const { startSeconds, endSeconds } = list.sorted();
          const covered = sum(Array.from(endSeconds, (end, k) => end - startSeconds[k]!));
          expect(covered).toBeCloseTo(lag + sum(own), 9);
        },
      ),
    );
  });
});

describe("load around an arrival", () => {
  /** A burst of forty visits in the middle of eighty quiet ones. */
  const arrivals = Float64Array.from({ length: 120 }, (_, i) => {
    if (i < 40) return i;
    return i < 80 ? 40 + 0.01 * (i - 40) : i - 39;
  });
  const departures = arrivals.map((arrival) => arrival + 0.1);

  test("is high for those who came after many, and, of what is to come, before many", () => {
    const splits = splitByLoad(arrivals, departures);
    expect(splits).toHaveLength(INSTRUMENT_COUNT);
    const [before, , after] = splits;
    // The last of the burst has all of it behind, the first all of it ahead.
    expect([...before!.high]).toContain(79);
    expect([...before!.low]).toContain(40);
    expect([...after!.high]).toContain(40);
    expect([...after!.high]).not.toContain(79);
  });

  test("puts nobody on both sides", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 60 }), (times) => {
        const sorted = Float64Array.from(times).sort();
        for (const { low, high } of splitByLoad(
          sorted,
          sorted.map((time) => time + 1),
        )) {
          expect([...high].filter((row) => low.includes(row))).toEqual([]);
        }
      }),
    );
  });
});

describe("two samples", () => {
  test("that do not overlap are as far apart as can be, equal ones not at all", () => {
    const scale = Math.sqrt((3 * 2) / 5);
    expect(kolmogorovSmirnov(Float64Array.of(3, 1, 2), Float64Array.of(9, 8))).toBeCloseTo(scale, 12);
    expect(kolmogorovSmirnov(Float64Array.of(1, 2, 2), Float64Array.of(2, 1, 2))).toBe(0);
    expect(kolmogorovSmirnov(new Float64Array(), Float64Array.of(1))).toBe(0);
  });

  /** Rows in bunches of 50 belong to one side, then to the other. */
  const split = (n: number) => {
    const rows = Uint32Array.from({ length: n }, (_, row) => row);
    return { low: rows.filter((row) => row % 100 < 50), high: rows.filter((row) => row % 100 >= 50) };
  };
  const series = (correlation: number, n = 20_000) => {
    const random = stream(5, "series", "values");
    let state = normal(random, 0, 1);
    return Float64Array.from({ length: n }, () => {
      state = correlation * state + Math.sqrt(1 - correlation ** 2) * normal(random, 0, 1);
      return state;
    });
  };

  test("scatter as independent values do when they are", () => {
    expect(varianceInflation([{ values: series(0), split: split(20_000) }])).toBeLessThan(1.15);
  });

  test("scatter more when neighbours are alike: of AR(1) about (1 + ρ) / (1 − ρ) times", () => {
    const inflation = varianceInflation([{ values: series(0.6), split: split(20_000) }]);
    expect(inflation).toBeGreaterThan(2.8);
    expect(inflation).toBeLessThan(4.5);
  });
});

test("most in flight are those present at the worst moment; who leaves as another comes is gone", () => {
  const of = (arrivals: number[], departures: number[]) =>
    mostInFlight({ arrivals: Float64Array.from(arrivals), departures: Float64Array.from(departures) });
  expect(of([0, 1, 2], [10, 3, 4])).toBe(3);
  expect(of([0, 1, 2], [1, 2, 3])).toBe(1);
  expect(of([], [])).toBe(0);
  const random = stream(1, "flight", "stays");
  const arrivals = Array.from({ length: 200 }, (_, i) => i + random.nextUniform());
  const departures = arrivals.map((arrival) => arrival + exponential(random, 3));
  const present = arrivals.map((now) => arrivals.filter((arrival, k) => arrival <= now && departures[k]! > now).length);
  expect(of(arrivals, departures)).toBe(Math.max(...present));
});
