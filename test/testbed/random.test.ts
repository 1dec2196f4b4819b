// Goal: what the testbed calls a mean, a spread or a rate must be one. Method: sample means against theory, within 5 standard errors.
import { describe, expect, test } from "vitest";
import { drawServiceSeconds, randomStream, SHORTEST_SERVICE_SECONDS, zipfDraw } from "../../datasets/testbed/random.ts";

const SAMPLE_COUNT = 200_000;

describe("service times", () => {
  test.each([
    { meanSeconds: 0.04, cv: 0.6 },
    { meanSeconds: 0.008, cv: 0.7 },
    { meanSeconds: 0.09, cv: 1 },
  ])("have the declared mean $meanSeconds s and cv $cv, and none is too short for a timer", (time) => {
    const random = randomStream(7, "service-times");
    let sum = 0;
    let squares = 0;
    let shortest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < SAMPLE_COUNT; i++) {
      const drawn = drawServiceSeconds(random, time);
      sum += drawn;
      squares += drawn * drawn;
      shortest = Math.min(shortest, drawn);
    }
    const mean = sum / SAMPLE_COUNT;
    const cv = Math.sqrt(squares / SAMPLE_COUNT - mean * mean) / mean;
    expect(Math.abs(mean - time.meanSeconds)).toBeLessThan((5 * time.cv * time.meanSeconds) / Math.sqrt(SAMPLE_COUNT));
    // The spread of a heavy-tailed sample converges slowly: 5 %.
    expect(Math.abs(cv / time.cv - 1)).toBeLessThan(0.05);
    expect(shortest).toBeGreaterThanOrEqual(SHORTEST_SERVICE_SECONDS);
  });

  test("a mean below the timer's grain is refused", () => {
    expect(() => drawServiceSeconds(randomStream(1, "x"), { meanSeconds: 0.002, cv: 0.5 })).toThrow(RangeError);
  });
});

describe("seeded streams", () => {
  test("the same seed and name repeat, another seed or name does not", () => {
    const draw = (seed: number, name: string) => {
      const random = randomStream(seed, name);
      return Array.from({ length: 20 }, random);
    };
    expect(draw(1, "cart-1")).toEqual(draw(1, "cart-1"));
    expect(draw(1, "cart-1")).not.toEqual(draw(2, "cart-1"));
    expect(draw(1, "cart-1")).not.toEqual(draw(1, "cart-2"));
  });

  test("popularity falls with the rank as 1/rank", () => {
    const draw = zipfDraw(100, 1);
    const random = randomStream(3, "items");
    const counts = new Uint32Array(100);
    for (let i = 0; i < SAMPLE_COUNT; i++) counts[draw(random)]!++;
    const harmonic = Array.from({ length: 100 }, (_, rank) => 1 / (rank + 1)).reduce((sum, term) => sum + term, 0);
    for (const rank of [0, 1, 9]) {
      const expected = SAMPLE_COUNT / (rank + 1) / harmonic;
      expect(Math.abs(counts[rank]! - expected)).toBeLessThan(5 * Math.sqrt(expected));
    }
  });
});
