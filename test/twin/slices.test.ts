// Goal: a twin that looks at a slice of every window, because more comes than it can look at, says the same as one that looks
// at all; and one that plays a window in parts still knows how far it may be off.
// Method: the same recording of two busy stations, seen whole and in slices of a fourth of the time, by two twins. The truth
// comes from the simulator of datasets/synthetic, which shares nothing with the twin's.
import { describe, expect, test } from "vitest";
import type { SyntheticFault } from "../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import { Twin } from "../../twin/twin.ts";
import { chain, EXPONENTIAL, observe } from "../datasets/synthetic-applications.ts";

const LEARNING_WINDOWS = 6;
const JUDGED_WINDOWS = 6;
const WINDOW_SECONDS = 5;
const REQUESTS_PER_SECOND = 2400;
/** Two SERVER spans and a CLIENT span. */
const SPANS_PER_REQUEST = 3;
const SPANS_PER_WINDOW = REQUESTS_PER_SECOND * SPANS_PER_REQUEST * WINDOW_SECONDS;
const FAULT_FROM_SECONDS = (LEARNING_WINDOWS + JUDGED_WINDOWS + 1) * WINDOW_SECONDS;
const WINDOWS = LEARNING_WINDOWS + JUDGED_WINDOWS + 4;
const SECONDS = WINDOWS * WINDOW_SECONDS;

const FIRST = "service-0";
const SECOND = "service-1";
const application = chain([
  { station: { discipline: "ps", processorCount: 6, threadCount: 400 }, work: { ...EXPONENTIAL, meanSeconds: 0.001 } },
  { station: { discipline: "fifo", workerCount: 14 }, work: { ...EXPONENTIAL, meanSeconds: 0.004 } },
]);
const requests = drawRequests(application, [steady(REQUESTS_PER_SECOND, SECONDS)], 3);
const fault: SyntheticFault = {
  kind: "slow-code",
  service: 0,
  size: 1.5,
  fromSeconds: FAULT_FROM_SECONDS,
  untilSeconds: SECONDS,
};

/** Forecasts of the windows after learning. */
function judged(spansPerWindowMax: number): Forecast[] {
  const { windows } = observe(application, requests, { seed: 3, faults: [fault] }, { spansPerWindowMax });
  const twin = new Twin({ seed: 1, replicates: 19, learningWindows: LEARNING_WINDOWS - 1 });
  return windows.map((window, index) => {
    const forecast = twin.forecast(window);
    if (index < LEARNING_WINDOWS) twin.learn(forecast);
    return forecast;
  });
}

const whole = judged(2 * SPANS_PER_WINDOW);
const sliced = judged(SPANS_PER_WINDOW / 4);

function inGoodTimes(forecasts: readonly Forecast[]): Forecast[] {
  return forecasts.slice(LEARNING_WINDOWS, LEARNING_WINDOWS + JUDGED_WINDOWS);
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

function stationOf(forecast: Forecast, name: string): NodeForecast {
  return forecast.nodes.find(({ node }) => forecast.observation.topology.nodes[node]!.name === name)!;
}

function typical(forecasts: readonly Forecast[], name: string, of: (forecast: NodeForecast) => number): number {
  return median(inGoodTimes(forecasts).map((forecast) => of(stationOf(forecast, name))));
}

describe("a twin that sees a fourth of every window", () => {
  test("was shown no more than that", () => {
    for (const { observation } of inGoodTimes(sliced)) {
      const { startSeconds, endSeconds } = observation.seen!;
      expect(endSeconds - startSeconds).toBeCloseTo(WINDOW_SECONDS / 4, 0);
      expect(observation.visits.count).toBeLessThan(0.3 * whole[LEARNING_WINDOWS]!.observation.visits.count);
    }
    expect(whole.every(({ observation }) => observation.seen === undefined)).toBe(true);
  });

  test.each([FIRST, SECOND])(
    "measures the rate of %s, and its work against what is usual, as one that sees all does",
    (name) => {
      const rate = (forecast: NodeForecast) => forecast.arrivalRatePerSecond;
      const slowdown = ({ service }: NodeForecast) => service!.observedMeanSeconds / service!.expectedMeanSeconds;
      for (const quantity of [rate, slowdown]) {
        const ratio = typical(sliced, name, quantity) / typical(whole, name, quantity);
        expect(Math.abs(ratio - 1)).toBeLessThan(0.04);
      }
    },
  );

  test("hears that work became half as long again, at that station, at once and nearly as loud", () => {
    const isFaulty = (_: Forecast, index: number) => index > FAULT_FROM_SECONDS / WINDOW_SECONDS && index < WINDOWS;
    const heard = whole.filter(isFaulty).map((forecast) => stationOf(forecast, FIRST).service!.z);
    expect(heard.length).toBeGreaterThan(1);
    for (const [k, forecast] of sliced.filter(isFaulty).entries()) {
      expect(stationOf(forecast, FIRST).service!.z).toBeGreaterThan(0.8 * heard[k]!);
      expect(Math.abs(stationOf(forecast, SECOND).service!.z)).toBeLessThan(0.2 * heard[k]!);
    }
  });
});

describe.each([
  { name: "played in parts", forecasts: whole },
  { name: "seen in slices", forecasts: sliced },
])("windows $name", ({ forecasts }) => {
  test("have quantiles that lie in the bands predicted for them", () => {
    const inside = inGoodTimes(forecasts).flatMap(({ operations }) =>
      operations.flatMap((each) => [
        isWithin(each.observedP50Seconds, each.predictedP50Seconds),
        isWithin(each.observedP95Seconds, each.predictedP95Seconds),
      ]),
    );
    expect(inside).toHaveLength(JUDGED_WINDOWS * 2 * 2);
    expect(inside.filter(Boolean).length).toBeGreaterThanOrEqual(0.75 * inside.length);
  });

  test("are predicted without bias", () => {
    for (const operation of [0, 1]) {
      const ratios = inGoodTimes(forecasts).map(({ operations }) => {
        const { predictedMeanSeconds, observedMeanSeconds } = operations.find((each) => each.operation === operation)!;
        return predictedMeanSeconds / observedMeanSeconds;
      });
      expect(Math.abs(median(ratios) - 1)).toBeLessThan(0.08);
    }
  });
});

function isWithin(value: number, [low, , high]: readonly [number, number, number]): boolean {
  return value >= low && value <= high;
}
