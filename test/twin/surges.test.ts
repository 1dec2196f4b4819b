// Goal: load is not a fault, even where there never was any: what a low load cannot tell apart must not speak when a
// surge comes, and a fault under the surge must be heard all the same.
// Method: an application with workers that were never all busy is learned at low load and then loaded more than threefold; the truth
// comes from the simulator of datasets/synthetic, which shares nothing with the twin's.
import { describe, expect, test } from "vitest";
import type { SyntheticFault } from "../../datasets/synthetic/faults.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import { Twin } from "../../twin/twin.ts";
import { chain, EXPONENTIAL, observe } from "../datasets/synthetic-applications.ts";

const LEARNING_WINDOWS = 20;
const WINDOW_SECONDS = 5;
const SURGE_WINDOWS = 8;
/** What the twin's residuals need to call a node faulty. */
const CENTRE = 4;

const WORK_SECONDS = 0.06;
const application = chain([
  { station: { discipline: "ps", processorCount: 4, threadCount: 200 }, work: { ...EXPONENTIAL, meanSeconds: 0.004 } },
  {
    station: { discipline: "fifo", workerCount: 12 },
    work: { shape: "lognormal", meanSeconds: WORK_SECONDS, cv: 0.3 },
  },
]);
const WORKERS = "service-1";
/** A quarter of the workers are busy, and never all: nobody waits for one. */
const QUIET_PER_SECOND = 50;

/** Forecasts of the surge by a twin that learned what came before it, and nothing of it. */
function surge(surgePerSecond: number, faults: readonly SyntheticFault[] = []): Forecast[] {
  const phases = [
    steady(QUIET_PER_SECOND, LEARNING_WINDOWS * WINDOW_SECONDS),
    steady(surgePerSecond, SURGE_WINDOWS * WINDOW_SECONDS),
  ];
  const { windows } = observe(application, drawRequests(application, phases, 11), { seed: 11, faults });
  const twin = new Twin({ seed: 1, replicates: 5, learningWindows: LEARNING_WINDOWS - 1 });
  const forecasts = windows.map((window, index) => {
    const forecast = twin.forecast(window);
    if (index < LEARNING_WINDOWS) twin.learn(forecast);
    return forecast;
  });
  return forecasts.slice(LEARNING_WINDOWS, LEARNING_WINDOWS + SURGE_WINDOWS);
}

function workersIn(forecast: Forecast): NodeForecast {
  return forecast.nodes.find(({ node }) => forecast.observation.topology.nodes[node]!.name === WORKERS)!;
}

describe("a surge into workers that were never all busy", () => {
  // 94 % of the workers are busy.
  const usual = surge((0.94 * 12) / WORK_SECONDS);

  test("makes them wait for a worker, which no residual calls their work", () => {
    const waited = usual.map(workersIn).filter(({ service }) => service !== null);
    expect(waited.length).toBeGreaterThan(SURGE_WINDOWS / 2);
    for (const { service } of waited) expect(service!.z).toBeLessThan(CENTRE);
  });

  test("leaves their time in the system unjudged, since nobody knows how many workers there are", () => {
    for (const { sojourn } of usual.map(workersIn)) expect(sojourn).toBeNull();
  });

  test("does not hide that their work became slower, when no number of workers would explain it", () => {
    const slower = surge(2 * QUIET_PER_SECOND, [
      { kind: "slow-code", service: 1, size: 3, fromSeconds: 100, untilSeconds: 1000 },
    ]);
    const loud = slower.map(workersIn).filter(({ service }) => service !== null && service.z >= CENTRE);
    expect(loud.length).toBeGreaterThan(SURGE_WINDOWS / 2);
  });
});
