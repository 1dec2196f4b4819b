// Goal: a table of durations is the distribution it is named after.
// Method: mean and variation against their definitions; quantiles against closed forms.
import { describe, expect, test } from "vitest";
import { quantileOfSorted } from "../../../twin/learning/reference.ts";
import { durationTable } from "../../../twin/what-if/distribution.ts";
import { moments } from "../networks.ts";

describe("a table", () => {
  test.each([0.2, 0.5, 1, 2])("of gamma and lognormal with variation %f has it, and the mean exactly", (variation) => {
    for (const family of ["gamma", "lognormal"] as const) {
      const found = moments(durationTable({ family, meanSeconds: 0.02, variation }));
      expect(found.mean).toBeCloseTo(0.02, 12);
      // The middle of the last of 2048 slices cuts the far tail.
      expect(found.variation / variation).toBeGreaterThan(variation > 1 ? 0.85 : 0.97);
      expect(found.variation / variation).toBeLessThan(1.01);
    }
  });

  test("of gamma with variation 1 is exponential", () => {
    const gamma = durationTable({ family: "gamma", meanSeconds: 1, variation: 1 });
    const exponential = durationTable({ family: "exponential", meanSeconds: 1 });
    gamma.forEach((each, row) => {
      expect(each).toBeCloseTo(exponential[row]!, 8);
    });
    expect(quantileOfSorted(exponential, 0.5)).toBeCloseTo(Math.LN2, 2);
  });

  test("of gamma with variation 1/√2 has the quantiles of the sum of two exponentials", () => {
    const gamma = durationTable({ family: "gamma", meanSeconds: 2, variation: Math.SQRT1_2 });
    for (const p of [0.1, 0.5, 0.9]) {
      const t = quantileOfSorted(gamma, p);
      expect(1 - Math.exp(-t) * (1 + t)).toBeCloseTo(p, 2);
    }
  });

  test("of a constant and of a uniform one is what it says", () => {
    expect([...durationTable({ family: "constant", meanSeconds: 0.3 })]).toEqual([0.3]);
    const uniform = durationTable({ family: "uniform", fromSeconds: 0.1, toSeconds: 0.3 });
    expect(uniform[0]).toBeCloseTo(0.1, 3);
    expect(uniform.at(-1)).toBeCloseTo(0.3, 3);
    expect(moments(uniform).mean).toBeCloseTo(0.2, 9);
  });
});
