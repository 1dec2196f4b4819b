// Goal: a limit that metrics tell is followed at once, not learned anew: the queue it makes is another from then on.
// Method: alpha gets more workers, or fewer, while its load stays; a twin that knew the old number is told by a gauge.
import { beforeAll, describe, expect, test } from "vitest";
import type { Forecast, NodeForecast, StationStructure } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import type { ResourceHints } from "../../twin/identification/resource-hints.ts";
import type { NodeKnowledge } from "../../twin/learning/knowledge.ts";
import { withLimits } from "../../twin/learning/limit-edits.ts";
import { Reference } from "../../twin/learning/reference.ts";
import { Twin } from "../../twin/twin.ts";
import { ALPHA, ALPHA_SERVERS, runApplication, TOPOLOGY } from "./application.ts";

const LEARNING_WINDOWS = 12;
const FIRST_WINDOW = 10 + LEARNING_WINDOWS;
const RATE = 45;
const MORE_SERVERS = 4;

/** The windows with a gauge that tells how many workers alpha has. */
function told(windows: readonly Observation[], workers: number | null): Observation[] {
  if (workers === null) return [...windows];
  return windows.map((observation) => ({
    ...observation,
    metrics: [
      {
        name: "executor.pool.max",
        unit: "{thread}",
        service: TOPOLOGY.nodes[ALPHA]!.name,
        instance: TOPOLOGY.instances[ALPHA]!.name,
        attributes: "",
        timeSeconds: observation.endSeconds - 1,
        value: workers,
        count: 1,
        cumulative: false,
      },
    ],
  }));
}

/** What a twin says that knew two workers, once there are more; it is told of it, or not. */
function afterMoreWorkers(isTold: boolean, count: number, isLearning = false): Forecast[] {
  const twin = new Twin({ seed: 1, replicates: 4, learningWindows: LEARNING_WINDOWS });
  const before = runApplication(10, LEARNING_WINDOWS, 3, { ratePerSecond: RATE });
  for (const observation of told(before, isTold ? ALPHA_SERVERS : null)) {
    twin.learn(twin.forecast(observation));
  }
  const after = runApplication(FIRST_WINDOW, count, 5, { ratePerSecond: RATE, alphaServers: MORE_SERVERS });
  return told(after, isTold ? MORE_SERVERS : null).map((observation) => {
    const forecast = twin.forecast(observation);
    if (isLearning) twin.learn(forecast);
    return forecast;
  });
}

function alphaOf(forecast: Forecast): NodeForecast {
  return forecast.nodes.find(({ node }) => node === ALPHA)!;
}

function meanOf(forecasts: readonly Forecast[], of: (forecast: Forecast) => number): number {
  return forecasts.reduce((sum, each) => sum + of(each), 0) / forecasts.length;
}

function slownessOf(forecasts: readonly Forecast[]): number {
  const operation = (forecast: Forecast) => forecast.operations.find((each) => each.operation === ALPHA)!;
  const predicted = meanOf(forecasts, (each) => operation(each).predictedMeanSeconds);
  return predicted / meanOf(forecasts, (each) => operation(each).observedMeanSeconds);
}

describe("a worker pool that is made larger", () => {
  let followed: Forecast[];
  let unfollowed: Forecast[];
  beforeAll(() => {
    followed = afterMoreWorkers(true, 8);
    unfollowed = afterMoreWorkers(false, 8);
  });

  test("is another structure from the first window in which the gauge tells it", () => {
    expect(alphaOf(followed[0]!).structures[0]).toEqual({ discipline: "fifo", serverCount: MORE_SERVERS });
    expect(alphaOf(unfollowed[0]!).structures[0]).toEqual({ discipline: "fifo", serverCount: ALPHA_SERVERS });
  });

  test("is half as busy, and answers as fast as predicted; a twin that is not told is wrong in both", () => {
    const ratio =
      meanOf(followed, (each) => alphaOf(each).utilization) / meanOf(unfollowed, (each) => alphaOf(each).utilization);
    expect(ratio).toBeGreaterThan(0.4);
    expect(ratio).toBeLessThan(0.6);
    expect(slownessOf(followed)).toBeGreaterThan(0.9);
    expect(slownessOf(followed)).toBeLessThan(1.1);
    expect(slownessOf(unfollowed)).toBeGreaterThan(1.2);
  });

  test("moves no residual of alpha beyond four standard deviations", () => {
    for (const forecast of followed) {
      expect(Math.abs(alphaOf(forecast).service!.z)).toBeLessThan(4);
      expect(Math.abs(alphaOf(forecast).sojourn!.z)).toBeLessThan(4);
    }
  });

  test("stays followed while it is learned, and is no drift", () => {
    const forecasts = afterMoreWorkers(true, LEARNING_WINDOWS + 6, true);
    for (const forecast of forecasts) {
      expect(alphaOf(forecast).structures).not.toContainEqual({ discipline: "fifo", serverCount: ALPHA_SERVERS });
      expect(Math.abs(alphaOf(forecast).service!.z)).toBeLessThan(4);
      expect(forecast.readiness[ALPHA]!.isDrifting).toBe(false);
    }
  });
});

describe("limits", () => {
  const OPERATION = 3;
  const WORK_SECONDS = 0.02;

  function known(structure: StationStructure): NodeKnowledge {
    const reference = new Reference(Float64Array.of(WORK_SECONDS, WORK_SECONDS));
    const program = {
      program: 0,
      count: 2,
      segmentSamples: Float64Array.of(WORK_SECONDS, WORK_SECONDS),
      segmentCount: 1,
      relativeError: 0,
    };
    const programs = new Map([[OPERATION, [program]]]);
    return {
      node: 0,
      visitCount: 100,
      structures: [{ structure, service: new Map([[OPERATION, reference]]), programs }],
      isIdentified: true,
      basis: "inversion",
      operations: new Map([
        [
          OPERATION,
          { operation: OPERATION, visitCount: 100, programs: [program], visitsPerEntry: new Map(), sojourn: reference },
        ],
      ]),
      instances: [{ instance: 0, weight: 1 }],
      lag: null,
      slowestTenthShare: 0.1,
      inFlightLimit: null,
      utilizationCheck: null,
    };
  }

  const cpus = (cpuLimit: number): ResourceHints => ({ cpuLimit, workerLimit: null });
  const workers = (workerLimit: number): ResourceHints => ({ cpuLimit: null, workerLimit });

  test.each<[string, StationStructure, ResourceHints, ResourceHints, number, number]>([
    ["twice the CPUs, twice the servers", { discipline: "ps", serverCount: 2 }, cpus(2), cpus(4), 4, 1],
    ["half of one CPU, work that takes twice as long", { discipline: "ps", serverCount: 1 }, cpus(1), cpus(0.5), 1, 2],
    [
      "from half a CPU to two, faster work and more servers",
      { discipline: "ps", serverCount: 1 },
      cpus(0.5),
      cpus(2),
      2,
      0.5,
    ],
    ["fewer workers, fewer servers", { discipline: "fifo", serverCount: 8 }, workers(8), workers(3), 3, 1],
  ])("%s", (_, structure, before, now, serverCount, workFactor) => {
    const edited = withLimits(known(structure), before, now)!;
    const [best] = edited.structures;
    expect(best!.structure).toEqual({ ...structure, serverCount });
    expect(best!.service.get(OPERATION)!.meanSeconds).toBeCloseTo(workFactor * WORK_SECONDS, 9);
    expect(edited.operations.get(OPERATION)!.programs[0]!.segmentSamples[0]).toBeCloseTo(workFactor * WORK_SECONDS, 9);
  });

  test.each<[string, StationStructure, ResourceHints, ResourceHints]>([
    ["that stay", { discipline: "ps", serverCount: 2 }, cpus(2), cpus(2)],
    ["that the servers never came from", { discipline: "ps", serverCount: 8 }, cpus(2), cpus(4)],
    ["of workers where CPUs are shared", { discipline: "ps", serverCount: 2 }, workers(2), workers(4)],
    [
      "of a node where nothing queues",
      { discipline: "delay", serverCount: Number.POSITIVE_INFINITY },
      cpus(2),
      cpus(4),
    ],
    ["that are told no longer", { discipline: "ps", serverCount: 2 }, cpus(2), workers(4)],
  ])("%s change nothing", (_, structure, before, now) => {
    expect(withLimits(known(structure), before, now)).toBeNull();
  });
});
