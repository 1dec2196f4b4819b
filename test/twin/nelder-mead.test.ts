// Goal: the simplex finds the minimum of smooth, crooked and kinked functions, asks no more often than allowed, and repeats.
// Method: functions whose minimum is known in closed form, drawn at random where that makes the statement stronger.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nelderMead } from "../../twin/identification/nelder-mead.ts";

describe("the minimum", () => {
  test("of any bowl in two dimensions is found to a hundredth", () => {
    const coordinate = fc.double({ min: -3, max: 3, noNaN: true });
    fc.assert(
      fc.property(coordinate, coordinate, fc.double({ min: 0.2, max: 5, noNaN: true }), (x, y, steepness) => {
        const bowl = (p: readonly number[]) => (p[0]! - x) ** 2 + steepness * (p[1]! - y) ** 2 + 7;
        const found = nelderMead(bowl, [0, 0], { evaluationsMax: 300 });
        expect(Math.abs(found.point[0]! - x)).toBeLessThan(0.01);
        expect(Math.abs(found.point[1]! - y)).toBeLessThan(0.01);
        expect(found.value).toBeLessThan(7.001);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  test("of Rosenbrock's banana-shaped valley is found round the bend", () => {
    const banana = ([x, y]: readonly number[]) => (1 - x!) ** 2 + 100 * (y! - x! * x!) ** 2;
    const found = nelderMead(banana, [-1.2, 1], { evaluationsMax: 500, tolerance: 1e-6 });
    expect(found.point[0]).toBeCloseTo(1, 3);
    expect(found.point[1]).toBeCloseTo(1, 3);
  });

  test("of a kink in one dimension and of a bowl in four is found", () => {
    const kink = nelderMead(([x]) => Math.abs(x! - 2), [0], { evaluationsMax: 100 });
    expect(kink.point[0]).toBeCloseTo(2, 2);
    const bowl = (p: readonly number[]) => p.reduce((sum, each, k) => sum + (each - k) ** 2, 0);
    const found = nelderMead(bowl, [0, 0, 0, 0], { evaluationsMax: 1000 });
    found.point.forEach((coordinate, k) => {
      expect(coordinate).toBeCloseTo(k, 1);
    });
  });

  test("is never looked for where the function is not a number", () => {
    const halfPlane = ([x]: readonly number[]) => (x! < 1 ? Number.NaN : (x! - 1) ** 2);
    const found = nelderMead(halfPlane, [4], { evaluationsMax: 100 });
    expect(found.point[0]).toBeCloseTo(1, 1);
    expect(found.point[0]).toBeGreaterThanOrEqual(1);
  });
});

test("the function is asked no more often than allowed, and the answer is the best of what it said", () => {
  for (const evaluationsMax of [3, 7, 20, 35]) {
    const seen: number[] = [];
    const found = nelderMead(
      ([x, y]) => {
        seen.push((x! - 9) ** 2 + (y! + 5) ** 2);
        return seen.at(-1)!;
      },
      [0, 0],
      { evaluationsMax, tolerance: 0 },
    );
    // The step under way when the limit is reached is finished: one further question at the most.
    expect(seen.length).toBeLessThanOrEqual(evaluationsMax + 1);
    expect(found.evaluations).toBe(seen.length);
    expect(found.value).toBe(Math.min(...seen));
  }
});

test("a start without coordinates is refused", () => {
  expect(() => nelderMead(() => 0, [], { evaluationsMax: 10 })).toThrow(/start/);
});
