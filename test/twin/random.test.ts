// Goal: streams must be repeatable, unrelated to each other and even, or every result of the twin is suspect.
// Method: fixed first words; chi-square and correlation bounds that chance passes 99.99 % of the time, fixed seeds.
import { describe, expect, test } from "vitest";
import { exponential, lognormal, normal, stream } from "../../twin/kernel/random.ts";
import { moments } from "./networks.ts";

const DRAWS = 100_000;

function uniforms(seed: number, entity: number | string, purpose: string, count = DRAWS): Float64Array {
  const random = stream(seed, entity, purpose);
  return Float64Array.from({ length: count }, () => random.nextUniform());
}

function correlation(a: ArrayLike<number>, b: ArrayLike<number>, shift = 0): number {
  const count = Math.min(a.length, b.length) - shift;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += (a[i]! - 0.5) * (b[i + shift]! - 0.5);
  return (sum / count) * 12;
}

describe("streams", () => {
  test("the same arguments give the same words, on every machine", () => {
    const random = stream(42, 7, "service");
    expect([random.nextUint32(), random.nextUint32(), random.nextUint32()]).toEqual(FIRST_WORDS);
  });

  test("uniforms fill a hundred cells evenly and stay inside (0, 1)", () => {
    const counts = new Float64Array(100);
    const values = uniforms(1, 0, "cells");
    for (const value of values) counts[Math.floor(value * 100)]! += 1;
    expect(values.every((value) => value > 0 && value < 1)).toBe(true);
    const expected = DRAWS / 100;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    // 99 degrees of freedom: 0.01 % and 99.99 % points.
    expect(chiSquare).toBeGreaterThan(52);
    expect(chiSquare).toBeLessThan(161);
  });

  test("nextIndex reaches every value about equally often, and no other", () => {
    const random = stream(3, "six", "index");
    const counts = new Float64Array(6);
    for (let i = 0; i < 60_000; i++) counts[random.nextIndex(6)]! += 1;
    expect(counts.reduce((sum, count) => sum + count)).toBe(60_000);
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  test.each([
    { name: "the next entity", seed: 1, entity: 1, purpose: "x" },
    { name: "the next seed", seed: 2, entity: 0, purpose: "x" },
    { name: "another purpose", seed: 1, entity: 0, purpose: "y" },
    { name: "an entity by name", seed: 1, entity: "0", purpose: "x" },
    { name: "a seed that differs above 32 bits", seed: 1 + 2 ** 32, entity: 0, purpose: "x" },
  ])("a stream has nothing to do with that of $name", ({ seed, entity, purpose }) => {
    const mine = uniforms(1, 0, "x");
    const theirs = uniforms(seed, entity, purpose);
    for (const shift of [0, 1, 2]) {
      expect(Math.abs(correlation(mine, theirs, shift))).toBeLessThan(4 / Math.sqrt(DRAWS));
      expect(Math.abs(correlation(theirs, mine, shift))).toBeLessThan(4 / Math.sqrt(DRAWS));
    }
  });

  test("a stream does not remember: draws are uncorrelated at lags 1 to 5", () => {
    const mine = uniforms(5, 0, "lag");
    for (const lag of [1, 2, 3, 4, 5])
      expect(Math.abs(correlation(mine, mine, lag))).toBeLessThan(4 / Math.sqrt(DRAWS));
  });

  test("a seed that is not whole is refused", () => {
    expect(() => stream(0.5, 0, "x")).toThrow(RangeError);
  });
});

describe("distributions", () => {
  test.each([
    { name: "exponential", draw: exponentialOf, mean: 3, variation: 1 },
    { name: "normal", draw: normalOf, mean: 3, variation: 0.5 },
    { name: "lognormal", draw: lognormalOf, mean: 3, variation: 0.8 },
  ])("$name has the mean and the variation it was asked for", ({ draw, mean, variation }) => {
    const random = stream(9, "d", "draw");
    const found = moments(Float64Array.from({ length: DRAWS }, () => draw(random)));
    expect(Math.abs(found.mean / mean - 1)).toBeLessThan((4 * variation) / Math.sqrt(DRAWS));
    expect(Math.abs(found.variation / variation - 1)).toBeLessThan(0.03);
  });
});

/** Worked out apart from this code, in arbitrary-precision integers. */
const FIRST_WORDS = [1_051_489_123, 2_578_271_154, 4_254_551_645];
type Random = ReturnType<typeof stream>;
const exponentialOf = (random: Random) => exponential(random, 3);
const normalOf = (random: Random) => normal(random, 3, 1.5);
const lognormalOf = (random: Random) => lognormal(random, 3, 0.8);
