// Goal: a limit of threads or connections is found though nobody waits visibly, where it was reached, and nowhere else.
// Method: stations simulated apart from the kernel, seen only from when a worker took the visit up.
import { describe, expect, test } from "vitest";
import { findInFlightLimit } from "../../../twin/identification/in-flight-limit.ts";
import { psTruth, runTruth, type TruthStation, threadsTruth, type Work } from "./truth-station.ts";

const WORK: Work = { seed: 3, count: 6000, levels: [0.5, 0.75, 0.6], meanSeconds: 0.01, variation: 1 };

/** Visits from when they got a worker, in order of that. */
function startedVisits(station: TruthStation, work: Work) {
  const { starts, departures } = runTruth(station, work);
  const order = Uint32Array.from(starts, (_, i) => i).sort((a, b) => starts[a]! - starts[b]!);
  return {
    starts: Float64Array.from(order, (i) => starts[i]!),
    ends: Float64Array.from(order, (i) => departures[i]!),
  };
}

describe("spans that begin when a worker takes the visit up", () => {
  test.each([
    [3, 2],
    [4, 4],
    [8, 2],
  ])("show %i threads before %i CPUs", (workers, cpus) => {
    const { starts, ends } = startedVisits(threadsTruth(workers, cpus), { ...WORK, levels: [0.7, 0.85, 0.8] });
    const limit = findInFlightLimit(starts, ends)!;
    expect(limit.count).toBe(workers);
    expect(limit.replacedShare).toBeGreaterThan(3 * limit.chanceShare);
  });

  test("show no limit where there is none", () => {
    const { starts, ends } = startedVisits(psTruth(4), WORK);
    expect(findInFlightLimit(starts, ends)).toBeNull();
  });

  test("show no limit that was never reached", () => {
    const { starts, ends } = startedVisits(threadsTruth(16, 2), { ...WORK, levels: [0.3, 0.4] });
    expect(findInFlightLimit(starts, ends)).toBeNull();
  });
});

test("too few visits show nothing, and columns must belong together", () => {
  expect(findInFlightLimit(Float64Array.of(0, 1), Float64Array.of(1, 2))).toBeNull();
  expect(findInFlightLimit(new Float64Array(), new Float64Array())).toBeNull();
  expect(() => findInFlightLimit(Float64Array.of(1), new Float64Array())).toThrow("ends: 0");
});
