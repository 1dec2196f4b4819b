// Goal: callers of a station that gets more than it can do are not accused of the waiting it causes, for as long as it lasts.
// Method: forecasts that say how busy the bottleneck is and how long the twin lets its visits wait; web → cart → stock.
import { describe, expect, test } from "vitest";
import type { Forecast, StationForecast } from "../../src/contracts/forecast.ts";
import { Backpressure } from "../../src/detection/backpressure.ts";
import { Detector } from "../../src/detection/detector.ts";
import { CART, nodeForecast, residual, STOCK, WEB } from "../models/baselines/fixtures.ts";
import { explains, OPTIONS, shown } from "./windows.ts";

interface Load {
  readonly utilization: number;
  /** Predicted wait over work; null when no visit of it ended. */
  readonly wait: number | null;
  readonly node?: number;
}

const SATURATED: Load = { utilization: 0.85, wait: 20 };
const USUAL: Load = { utilization: 0.4, wait: 0.2 };
const WORK_SECONDS = 0.01;

function at(index: number, { utilization, wait, node = STOCK }: Load): Forecast {
  const { forecast } = shown(index, { rise: 4 });
  const seconds = (wait ?? 0) * WORK_SECONDS;
  const nodes = [WEB, CART, STOCK].map((each) =>
    nodeForecast(each, { service: wait === null ? null : { ...residual(0), expectedMeanSeconds: WORK_SECONDS } }),
  );
  const stations = [WEB, CART, STOCK].map((each): StationForecast => {
    const predictedWaitingSeconds: [number, number, number] = [seconds, seconds, seconds];
    return { node: each, predictedUtilization: [0, 0, 0], predictedWaitingSeconds };
  });
  return { ...forecast, nodes, stations, capacity: { ...forecast.capacity!, node, utilization } };
}

function unjudged(...loads: readonly Load[]): number[][] {
  const backpressure = new Backpressure();
  return loads.map((load, index) => [...backpressure.take(at(index, load))].sort());
}

describe("callers of the bottleneck", () => {
  test("are judged while it keeps up, however busy it is", () => {
    expect(unjudged(USUAL, { utilization: 0.95, wait: 2 })).toEqual([[], []]);
  });

  test("are judged when a queue stands before a station that is not busy", () => {
    expect(unjudged({ utilization: 0.5, wait: 20 })).toEqual([[]]);
  });

  test("are not judged while a queue stands before it; it is itself", () => {
    expect(unjudged(USUAL, SATURATED, SATURATED)).toEqual([[], [WEB, CART], [WEB, CART]]);
  });

  test("are not judged until the queue is gone for two windows", () => {
    const draining: Load = { utilization: 0.97, wait: 1 };
    const counts = unjudged(SATURATED, draining, USUAL, draining, USUAL, USUAL, USUAL).map(({ length }) => length);
    expect(counts).toEqual([2, 2, 2, 2, 2, 2, 0]);
  });

  test("are not judged while none of its visits ends", () => {
    const stuck: Load = { utilization: 0.1, wait: null };
    expect(unjudged(SATURATED, stuck, stuck, stuck).map(({ length }) => length)).toEqual([2, 2, 2, 2]);
  });

  test("stay those of the station that is saturated, whoever is busiest meanwhile", () => {
    expect(unjudged(SATURATED, { ...SATURATED, node: WEB })[1]).toEqual([WEB, CART]);
  });

  test("are judged where nothing is known of capacity", () => {
    expect([...new Backpressure().take({ ...at(0, SATURATED), capacity: null })]).toEqual([]);
  });
});

test("a detector opens no incident for a caller behind a saturated station, and one for it as soon as that keeps up", () => {
  const detector = new Detector(OPTIONS);
  const guilty = (index: number, load: Load) => {
    const scored = shown(index, { guilt: { [CART]: 0.99 }, nodes: { [STOCK]: { service: residual(0) } } });
    detector.decide({ ...scored, forecast: { ...scored.forecast, ...busy(load, index) } }, explains({ [CART]: 0.9 }));
  };
  for (let index = 0; index < 4; index++) guilty(index, SATURATED);
  expect(detector.openIncidents).toEqual([]);
  for (let index = 4; index < 9; index++) guilty(index, USUAL);
  expect(detector.openIncidents.map(({ guiltyNode }) => guiltyNode)).toEqual(["cart"]);
});

test("nothing can be learned since the window in which a station was first saturated, until its queue is gone", () => {
  const detector = new Detector(OPTIONS);
  const since = [USUAL, SATURATED, SATURATED, USUAL, USUAL, USUAL].map((load, index) => {
    const scored = shown(index, { nodes: { [STOCK]: { service: residual(0) } } });
    detector.decide({ ...scored, forecast: { ...scored.forecast, ...busy(load, index) } }, explains({}));
    return detector.unlearnableSinceSeconds;
  });
  const began = shown(1).forecast.observation.startSeconds;
  expect(since).toEqual([Number.NaN, began, began, began, Number.NaN, Number.NaN]);
});

/** What of a forecast says how busy the bottleneck is. */
function busy(load: Load, index: number): Pick<Forecast, "capacity" | "stations" | "operations"> {
  const { capacity, stations, operations } = at(index, load);
  // Nodes of `shown` work for so long as `residual` says.
  const perWork = residual(0).expectedMeanSeconds / WORK_SECONDS;
  return {
    capacity,
    operations,
    stations: stations.map((each) => {
      const [seconds] = each.predictedWaitingSeconds;
      return { ...each, predictedWaitingSeconds: [perWork * seconds, perWork * seconds, perWork * seconds] };
    }),
  };
}
