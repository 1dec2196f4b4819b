// Goal: a band that says nine times in ten holds nine times in ten, for operations, stations and edges.
// Method: many draws from a known distribution; and windows of the simulated application, at its usual load and above it.
import { describe, expect, test } from "vitest";
import { replicateBand, sampleBand } from "../../../twin/forecast/replicate-band.ts";
import { lognormal, stream } from "../../../twin/kernel/random.ts";
import { quantileOfSorted, Reference } from "../../../twin/learning/reference.ts";
import { Twin } from "../../../twin/twin.ts";
import { ALPHA, runApplication } from "../application.ts";

const REPEATS = 2000;

/** Whether a share of `REPEATS` trials can come from a chance of nine in ten: within 4 standard errors and `slack`. */
function expectNineInTen(share: number, slack: number): void {
  const error = 4 * Math.sqrt((0.9 * 0.1) / REPEATS);
  expect(Math.abs(share - 0.9)).toBeLessThan(error + slack);
}

describe("a band", () => {
  test("over 19 replicates holds a further one nine times in ten", () => {
    const random = stream(1, "replicates", "values");
    let inside = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const [low, , high] = replicateBand(Float64Array.from({ length: 19 }, () => lognormal(random, 1, 1)));
      const next = lognormal(random, 1, 1);
      inside += next >= low && next <= high ? 1 : 0;
    }
    expectNineInTen(inside / REPEATS, 0);
  });

  test("leaves out replicates that say nothing, and says nothing when none does", () => {
    expect(replicateBand(Float64Array.of(Number.NaN, 2, Number.NaN))).toEqual([2, 2, 2]);
    expect(replicateBand(Float64Array.of(Number.NaN))).toEqual([Number.NaN, Number.NaN, Number.NaN]);
  });

  test.each([
    [0.5, 40],
    [0.95, 200],
  ])("of the %f-quantile of %i draws from a reference holds it nine times in ten", (p, count) => {
    const random = stream(2, "draws", "values");
    const reference = new Reference(Float64Array.from({ length: 20_000 }, () => lognormal(random, 1, 1)));
    const [low, , high] = sampleBand(reference, p, count);
    let inside = 0;
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const seen = quantileOfSorted(Float64Array.from({ length: count }, () => lognormal(random, 1, 1)).sort(), p);
      inside += seen >= low && seen <= high ? 1 : 0;
    }
    // The normal approximation of order statistics, and interpolation between them.
    expectNineInTen(inside / REPEATS, 0.04);
  });
});

describe("the forecast of a window", () => {
  const twin = new Twin({ seed: 1, replicates: 19, learningWindows: 12 });
  for (const window of runApplication(10, 12, 5, { ratePerSecond: 40 })) twin.learn(twin.forecast(window));
  const forecasts = runApplication(100, 12, 5, { ratePerSecond: 50 }).map((window) => twin.forecast(window));

  test("says how busy a station should be at a load it has not seen: what inversion then shows lies in the band", () => {
    const inside = forecasts.filter(({ nodes, stations }) => {
      const [low, , high] = stations.find((each) => each.node === ALPHA)!.predictedUtilization;
      const { utilization } = nodes.find((each) => each.node === ALPHA)!;
      return utilization >= low && utilization <= high;
    });
    expect(inside.length).toBeGreaterThanOrEqual(8);
    const waiting = forecasts.map(
      ({ stations }) => stations.find((each) => each.node === ALPHA)!.predictedWaitingSeconds[1],
    );
    expect(Math.min(...waiting)).toBeGreaterThan(0);
  });

  test("says what passes along each edge, and load does not change it", () => {
    let inside = 0;
    let total = 0;
    for (const edge of forecasts.flatMap(({ edges }) => edges)) {
      total += 2;
      inside += isWithin(edge.observedGapP50Seconds, edge.predictedGapP50Seconds) ? 1 : 0;
      inside += isWithin(edge.observedGapP95Seconds, edge.predictedGapP95Seconds) ? 1 : 0;
    }
    expect(total).toBe(forecasts.length * 4 * 2);
    expect(inside / total).toBeGreaterThan(0.75);
  });
});

function isWithin(value: number, [low, , high]: readonly [number, number, number]): boolean {
  return value >= low && value <= high;
}
