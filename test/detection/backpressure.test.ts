// Goal: callers of a station that gets more than it can do are not accused of the waiting it causes, for as long as it lasts.
// Method: forecasts that say how busy the bottleneck is, window by window; web → cart → stock.
import { describe, expect, test } from "vitest";
import type { Forecast } from "../../src/contracts/forecast.ts";
import { Backpressure } from "../../src/detection/backpressure.ts";
import { Detector } from "../../src/detection/detector.ts";
import { CART, STOCK, WEB } from "../models/baselines/fixtures.ts";
import { explains, OPTIONS, shown } from "./windows.ts";

/** A window of ten seconds in which the bottleneck is so busy. */
function at(index: number, utilization: number, node = STOCK): Forecast {
  const { forecast } = shown(index);
  const { startSeconds } = forecast.observation;
  const observation = { ...forecast.observation, endSeconds: startSeconds + 10 };
  const capacity = { node, utilization, saturationRatePerSecond: 33, saturationRangePerSecond: [32, 34] as const };
  return { ...forecast, observation, capacity };
}

function unjudged(utilizations: readonly number[]): number[][] {
  const backpressure = new Backpressure();
  return utilizations.map((utilization, index) => [...backpressure.take(at(index, utilization))].sort());
}

describe("callers of the bottleneck", () => {
  test("are judged while it keeps up, however busy it is", () => {
    expect(unjudged([0.3, 0.9, 0.99])).toEqual([[], [], []]);
  });

  test("are not judged while it gets more than it can do, and it is itself", () => {
    expect(unjudged([0.5, 1.5])).toEqual([[], [WEB, CART]]);
  });

  test("are not judged until what came too much is worked off: ten seconds at double load take ten at none", () => {
    expect(unjudged([2, 0.5, 0.5, 0.5]).map((nodes) => nodes.length)).toEqual([2, 2, 2, 0]);
  });

  test("are judged again after a while, whatever came: who waits that long has given up", () => {
    const after = unjudged([...new Array<number>(50).fill(20), ...new Array<number>(62).fill(0)]);
    expect(after.at(-3)!.length).toBe(2);
    expect(after.at(-1)!.length).toBe(0);
  });

  test("stay those of the station that is saturated, whoever is busiest while its backlog drains", () => {
    const backpressure = new Backpressure();
    backpressure.take(at(0, 2));
    expect([...backpressure.take(at(1, 0.6, WEB))].sort()).toEqual([WEB, CART]);
  });
});

test("a detector opens no incident for a caller behind a saturated station, and one for it as soon as that keeps up", () => {
  const detector = new Detector(OPTIONS);
  const guilty = (index: number, utilization: number) => {
    const scored = shown(index, { guilt: { [CART]: 0.99 } });
    const capacity = { ...scored.forecast.capacity!, node: STOCK, utilization };
    return detector.decide({ ...scored, forecast: { ...scored.forecast, capacity } }, explains({ [CART]: 0.9 }));
  };
  for (let index = 0; index < 4; index++) expect(guilty(index, 1.01)).toEqual([]);
  for (let index = 4; index < 12; index++) guilty(index, 0.2);
  expect(detector.openIncidents.map(({ guiltyNode }) => guiltyNode)).toEqual(["cart"]);
});
