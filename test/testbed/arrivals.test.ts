// Goal: the load is what the schedule says, and open-loop arrivals are Poisson. Method: counts against the integral of the rate, 5 σ.
import { describe, expect, test } from "vitest";
import { arrivalTimes } from "../../datasets/testbed/arrivals.ts";
import { factorAt, type LoadShape, peakFactor } from "../../datasets/testbed/load-shape.ts";
import { randomStream } from "../../datasets/testbed/random.ts";

const RATE_PER_SECOND = 20;
const LENGTH_SECONDS = 600;

const SHAPES: readonly LoadShape[] = [
  { shape: "poisson", factor: 1 },
  { shape: "surge", factor: 2 },
  { shape: "ramp", from: 0.5, to: 3 },
  { shape: "burst", factor: 4, onSeconds: 5, offSeconds: 15 },
  { shape: "daily", low: 0.2, high: 1.8, periodSeconds: 120, burstFactor: 1, burstOnSeconds: 5, burstOffSeconds: 55 },
  { shape: "daily", low: 0.5, high: 1.5, periodSeconds: 300, burstFactor: 2, burstOnSeconds: 4, burstOffSeconds: 16 },
];

/** Arrivals the shape promises in [from, to), by summing its rate finely. */
function expectedCount(load: LoadShape, from: number, to: number): number {
  const step = 0.01;
  let sum = 0;
  for (let at = from; at < to - step / 2; at += step)
    sum += factorAt(load, at + step / 2, LENGTH_SECONDS) * RATE_PER_SECOND * step;
  return sum;
}

describe.each(SHAPES)("a load of shape $shape", (load) => {
  const arrivals = [...arrivalTimes(load, RATE_PER_SECOND, LENGTH_SECONDS, randomStream(11, load.shape))];

  test("sends as many requests in each tenth as its rate says", () => {
    for (let tenth = 0; tenth < 10; tenth++) {
      const from = (tenth * LENGTH_SECONDS) / 10;
      const to = from + LENGTH_SECONDS / 10;
      const expected = expectedCount(load, from, to);
      const count = arrivals.filter((at) => at >= from && at < to).length;
      expect(Math.abs(count - expected), `tenth ${tenth}, seed 11`).toBeLessThan(5 * Math.sqrt(expected));
    }
  });

  test("sends in order, within the phase, and never above its peak factor", () => {
    expect(arrivals.every((at, index) => at < LENGTH_SECONDS && at >= (arrivals[index - 1] ?? 0))).toBe(true);
    for (let at = 0; at < LENGTH_SECONDS; at += 0.5)
      expect(factorAt(load, at, LENGTH_SECONDS)).toBeLessThanOrEqual(peakFactor(load));
  });
});

test("gaps of a constant load are exponential: their spread equals their mean", () => {
  const arrivals = [...arrivalTimes({ shape: "poisson", factor: 1 }, RATE_PER_SECOND, 3000, randomStream(5, "gaps"))];
  const gaps = arrivals.slice(1).map((at, index) => at - arrivals[index]!);
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  expect(Math.abs(Math.sqrt(variance) / mean - 1)).toBeLessThan(5 / Math.sqrt(gaps.length));
});

test("a load of factor 0 sends nothing", () => {
  expect([...arrivalTimes({ shape: "poisson", factor: 0 }, RATE_PER_SECOND, 100, randomStream(1, "none"))]).toEqual([]);
});
