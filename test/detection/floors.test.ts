// Goal: what nobody would get up for raises no alarm, and what somebody would does.
// Method: each floor has a case just above it and one just below; drop the floor, and the second fails.
import { describe, expect, test } from "vitest";
import type { NodeForecast, Residual } from "../../src/contracts/forecast.ts";
import { FLOORS, isMaterial, isMaterialRise } from "../../src/detection/floors.ts";
import { nodeForecast, residual } from "../models/baselines/fixtures.ts";

const rise = (observedMeanSeconds: number, expectedMeanSeconds: number): Residual => ({
  ...residual(10),
  observedMeanSeconds,
  expectedMeanSeconds,
});
const felt = { service: rise(0.2, 0.1), impactShare: 0.3 };

const cases: readonly (readonly [string, Partial<NodeForecast>, Partial<NodeForecast>])[] = [
  ["visits", { ...felt, visitCount: 5 }, { ...felt, visitCount: 4, service: { ...felt.service, sampleCount: 4 } }],
  ["absolute rise", { ...felt, service: rise(0.0041, 0.002) }, { ...felt, service: rise(0.0039, 0.002) }],
  ["relative rise", { ...felt, service: rise(0.116, 0.1) }, { ...felt, service: rise(0.114, 0.1) }],
  ["impact", { ...felt, impactShare: 0.021 }, { ...felt, impactShare: 0.019 }],
  ["errors", { errorExcess: 0.051 }, { errorExcess: 0.049 }],
  ["missing answers", { missingExcess: 0.051 }, { missingExcess: 0.049 }],
  ["call programs", { programShift: 0.16 }, { programShift: 0.14 }],
  ["resends", { resendExcess: 0.06 }, { resendExcess: 0.04 }],
  ["lag with latency", { lag: rise(2, 1), sojourn: rise(2, 1) }, { lag: rise(2, 1), sojourn: rise(1.01, 1) }],
  ["gap in", { gapIn: rise(0.02, 0.01), impactShare: 0.3 }, { gapIn: rise(0.011, 0.01), impactShare: 0.3 }],
  ["gap out", { gapOut: rise(0.02, 0.01), impactShare: 0.3 }, { gapOut: rise(0.011, 0.01), impactShare: 0.3 }],
];

describe("the floors", () => {
  test.each(cases)("let pass what is just above, and hold what is just below: %s", (_, above, below) => {
    expect(isMaterial(nodeForecast(0, above))).toBe(true);
    expect(isMaterial(nodeForecast(0, below))).toBe(false);
  });

  test("hold a node that shows nothing, and one that got faster", () => {
    expect(isMaterial(nodeForecast(0))).toBe(false);
    expect(isMaterial(nodeForecast(0, { service: rise(0.05, 0.1), impactShare: 0.3 }))).toBe(false);
  });

  test("let a crash pass though there are no visits left to judge by", () => {
    expect(isMaterial(nodeForecast(0, { visitCount: 0, missingExcess: 1 }))).toBe(true);
  });

  test("judge a rarely visited node by the visits of the windows it is judged over", () => {
    const rare = { ...felt, visitCount: 2, service: { ...felt.service, sampleCount: FLOORS.visits } };
    expect(isMaterial(nodeForecast(0, rare))).toBe(true);
  });

  test("an absent residual is no rise", () => {
    expect(isMaterialRise(null)).toBe(false);
  });
});
