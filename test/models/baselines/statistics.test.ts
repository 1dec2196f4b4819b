// Goal: the running statistics agree with doing it all over from the values, and bounded memory stays bounded.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  createEwmaReference,
  createMeanReference,
  createMedianReference,
  type Reference,
} from "../../../models/baselines/reference.ts";
import { createSeededStream } from "../../../models/baselines/seeded-stream.ts";
import { probabilityOfDeviation } from "../../../models/baselines/squash.ts";
import { ValueRing } from "../../../models/baselines/value-ring.ts";

// + 0 turns −0 into 0, which sorting does not tell apart.
const value = fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((drawn) => drawn + 0);
const values = fc.array(value, { minLength: 1, maxLength: 60 });

describe("ring of values", () => {
  test("its quantiles, mean and deviation are those of the last values, sorted anew", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 12 }), (pushed, capacity) => {
        const ring = new ValueRing(capacity);
        for (const value of pushed) ring.push(value);
        const kept = pushed.slice(-capacity).toSorted((a, b) => a - b);
        const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
        expect(ring.count).toBe(kept.length);
        expect(ring.quantile(0)).toBe(kept[0]);
        expect(ring.quantile(1)).toBe(kept.at(-1));
        if (kept.length % 2 === 1) expect(ring.quantile(0.5)).toBe(kept[(kept.length - 1) / 2]);
        expect(ring.mean()).toBeCloseTo(mean, 6);
        const squares = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0);
        if (kept.length < 2) expect(ring.standardDeviation()).toBeNaN();
        else expect(ring.standardDeviation()).toBeCloseTo(Math.sqrt(squares / (kept.length - 1)), 4);
      }),
    );
  });

  test("quartiles of 1, 2, 3, 4 are 1.75 and 3.25", () => {
    const ring = new ValueRing(4);
    for (const value of [4, 1, 3, 2]) ring.push(value);
    expect([ring.quantile(0.25), ring.quantile(0.75)]).toEqual([1.75, 3.25]);
  });

  test("refuses NaN and a capacity that is none", () => {
    expect(() => new ValueRing(2).push(Number.NaN)).toThrow(RangeError);
    expect(() => new ValueRing(0)).toThrow(RangeError);
  });
});

const REFERENCES: readonly { name: string; create: () => Reference }[] = [
  { name: "mean", create: () => createMeanReference({ warmUpWindows: 5, memoryWindows: 50, clampAt: 3 }) },
  { name: "median", create: () => createMedianReference({ warmUpWindows: 5, memoryWindows: 50, clampAt: 3 }) },
  { name: "EWMA", create: () => createEwmaReference({ warmUpWindows: 5, weight: 0.05, clampAt: 3 }) },
];

describe.each(REFERENCES)("$name as reference", ({ create }) => {
  const learned = (...taught: readonly number[]) => {
    const reference = create();
    for (const value of taught) reference.learn(value);
    return reference;
  };

  test("says nothing during warm-up", () => {
    expect(learned(1, 2, 3, 4).deviation(100)).toBeNaN();
    expect(learned(1, 2, 3, 4, 5).deviation(100)).not.toBeNaN();
  });

  test("is 0 at its level, rises above it and is odd around it", () => {
    const reference = learned(1, 2, 3, 4, 5);
    expect(reference.level()).toBeCloseTo(3);
    expect(reference.deviation(3)).toBeCloseTo(0);
    expect(reference.deviation(5)).toBeGreaterThan(reference.deviation(4));
    expect(reference.deviation(1)).toBeCloseTo(-reference.deviation(5));
  });

  test("does not learn absent data, and absent data does not deviate", () => {
    expect(learned(1, 2, 3, 4, Number.NaN).deviation(3)).toBeNaN();
    expect(learned(1, 2, 3, 4, 5).deviation(Number.NaN)).toBeNaN();
  });

  test("ten minutes without spread do not make a hair's breadth an alarm", () => {
    const constant = learned(...new Array<number>(30).fill(0.01));
    expect(constant.deviation(0.0105)).toBeLessThan(3);
    expect(constant.deviation(0.02)).toBeGreaterThan(3);
  });

  test("still finds a fault strange after ten windows of it", () => {
    const reference = learned(...Array.from({ length: 40 }, (_, i) => 10 + (i % 5)));
    const before = reference.deviation(60);
    for (let i = 0; i < 10; i++) reference.learn(60);
    expect(before).toBeGreaterThan(3);
    expect(reference.deviation(60)).toBeGreaterThan(3);
  });

  test("follows a level that has moved for good", () => {
    const reference = learned(...Array.from({ length: 40 }, (_, i) => 10 + (i % 5)));
    for (let i = 0; i < 400; i++) reference.learn(60 + (i % 5));
    expect(Math.abs(reference.deviation(62))).toBeLessThan(1);
  });
});

test("mean reference divides by the sample standard deviation, median reference by the interquartile range", () => {
  const mean = createMeanReference({ warmUpWindows: 5, memoryWindows: 9, clampAt: 3 });
  const median = createMedianReference({ warmUpWindows: 5, memoryWindows: 9, clampAt: 3 });
  for (const value of [1, 2, 3, 4, 5]) {
    mean.learn(value);
    median.learn(value);
  }
  expect(mean.deviation(6)).toBeCloseTo(3 / Math.sqrt(2.5));
  expect(median.deviation(6)).toBeCloseTo(1.5);
});

test("EWMA weighs a value n windows old by (1 − w)ⁿ", () => {
  const reference = createEwmaReference({ warmUpWindows: 2, weight: 0.5, clampAt: 1e9 });
  for (const value of [0, 0, 0, 8]) reference.learn(value);
  expect(reference.level()).toBeCloseTo(4);
  reference.learn(0);
  expect(reference.level()).toBeCloseTo(2);
});

describe("probability of a deviation", () => {
  test("is 0 without evidence, ½ at the centre, and rises strictly even far out", () => {
    expect([0, -3, Number.NaN].map((z) => probabilityOfDeviation(z, 4))).toEqual([0, 0, 0]);
    expect(probabilityOfDeviation(4, 4)).toBe(0.5);
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e4, noNaN: true }), (z) => {
        expect(probabilityOfDeviation(z * 1.1, 4)).toBeGreaterThan(probabilityOfDeviation(z, 4));
        expect(probabilityOfDeviation(z, 4)).toBeLessThan(1);
      }),
    );
  });
});

test("the seeded stream is uniform, comes again with its seed and differs with another", () => {
  const draw = (seed: number) => Array.from({ length: 20_000 }, createSeededStream(seed));
  const drawn = draw(7);
  expect(drawn).toEqual(draw(7));
  expect(drawn.slice(0, 5)).not.toEqual(draw(8).slice(0, 5));
  const counts = new Array<number>(20).fill(0);
  for (const value of drawn) counts[Math.floor(value * 20)]! += 1;
  // χ² with 19 degrees of freedom exceeds 43.8 with chance 0.001.
  expect(counts.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0)).toBeLessThan(43.8);
});
