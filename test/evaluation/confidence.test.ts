// Goal: confidence intervals keep their promises whatever the counts: they hold the value, shrink with more cases, cover
// the truth as often as they say, and come again with the same seed.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootstrap, meanOf, poissonRate, proportion, quantileOf } from "../../src/evaluation/statistics.ts";

const counts = fc
  .tuple(fc.integer({ min: 1, max: 500 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([trials, share]) => ({ trials, successes: Math.round(share * trials) }));

describe("Wilson's interval", () => {
  test("holds the share and stays in [0, 1]", () => {
    fc.assert(
      fc.property(counts, ({ successes, trials }) => {
        const { value, low, high } = proportion(successes, trials);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(value!);
        expect(high).toBeGreaterThanOrEqual(value!);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("is that of the failures seen from the other side", () => {
    fc.assert(
      fc.property(counts, ({ successes, trials }) => {
        const hits = proportion(successes, trials);
        const misses = proportion(trials - successes, trials);
        expect(misses.low).toBeCloseTo(1 - hits.high!, 10);
        expect(misses.high).toBeCloseTo(1 - hits.low!, 10);
      }),
    );
  });

  test("is narrower when the same share is seen in four times as many cases", () => {
    fc.assert(
      fc.property(counts, ({ successes, trials }) => {
        const few = proportion(successes, trials);
        const many = proportion(4 * successes, 4 * trials);
        expect(many.high! - many.low!).toBeLessThan(few.high! - few.low!);
      }),
    );
  });

  test("covers the truth in 92 to 98 of 100 samples of 40, summed exactly over the binomial", () => {
    for (const truth of [0.3, 0.5, 0.8, 0.9]) {
      let covered = 0;
      for (let hits = 0; hits <= 40; hits++) {
        const { low, high } = proportion(hits, 40);
        if (low! <= truth && truth <= high!) covered += binomial(40, hits) * truth ** hits * (1 - truth) ** (40 - hits);
      }
      expect(covered).toBeGreaterThan(0.92);
      expect(covered).toBeLessThan(0.98);
    }
  });
});

test("the interval of a rate holds it, and scales with the unit of time", () => {
  fc.assert(
    fc.property(fc.nat({ max: 300 }), fc.double({ min: 0.01, max: 100, noNaN: true }), (count, hours) => {
      const { value, low, high } = poissonRate(count, hours);
      expect(low).toBeLessThanOrEqual(value!);
      expect(high).toBeGreaterThan(value!);
      const perMinute = poissonRate(count, 60 * hours);
      expect(60 * perMinute.high!).toBeCloseTo(high!, 8);
    }),
  );
});

describe("the bootstrap", () => {
  const values = fc.array(fc.double({ min: 0, max: 1000, noNaN: true }), { minLength: 1, maxLength: 12 });
  const statistics = [meanOf, (sample: readonly number[]) => quantileOf(sample, 0.9)];

  test("stays within the values seen, and comes again with the same seed", () => {
    fc.assert(
      fc.property(values, fc.nat(), fc.constantFrom(...statistics), (sample, seed, statistic) => {
        const interval = bootstrap(sample, statistic, seed);
        expect(interval.low).toBeGreaterThanOrEqual(Math.min(...sample) - 1e-9);
        expect(interval.high).toBeLessThanOrEqual(Math.max(...sample) + 1e-9);
        expect(interval.low).toBeLessThanOrEqual(interval.high!);
        expect(bootstrap(sample, statistic, seed)).toEqual(interval);
      }),
      { numRuns: 30 },
    );
  });

  test("another seed draws other samples", () => {
    const sample = [1, 5, 9, 30, 31, 32, 60, 90];
    expect(bootstrap(sample, meanOf, 1)).not.toEqual(bootstrap(sample, meanOf, 2));
  });
});

function binomial(n: number, k: number): number {
  let ways = 1;
  for (let i = 1; i <= k; i++) ways *= (n - k + i) / i;
  return ways;
}
