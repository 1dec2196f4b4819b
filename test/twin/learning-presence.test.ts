// Goal: copies that come and go change the model at once: nothing looks faulty, and load is shared by those who are there.
// Method: an application with a known truth is scaled out and in at constant load, before a twin that knew two copies.
import { beforeAll, describe, expect, test } from "vitest";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import { Twin } from "../../twin/twin.ts";
import { BETA, BETA_INSTANCES, runApplication, USUAL_RATE, WORK_SECONDS } from "./application.ts";

const LEARNING_WINDOWS = 12;
const WINDOWS = 8;
/** Standard deviations within which a residual says nothing. */
const BOUND = 4;
/** Beta works hard enough for its queue to be identified with three copies, and for one to manage alone. */
const SLOWER = { [BETA]: 2.6 };
const BETA_WORK_SECONDS = SLOWER[BETA]! * WORK_SECONDS[BETA];
const [FIRST, SECOND, THIRD] = BETA_INSTANCES;

function afterScaling(before: readonly number[], after: readonly number[], isLearning = false): Forecast[] {
  const twin = new Twin({ seed: 1, replicates: 8, learningWindows: LEARNING_WINDOWS });
  for (const observation of runApplication(10, LEARNING_WINDOWS, 3, { slower: SLOWER, betaInstances: before })) {
    twin.learn(twin.forecast(observation));
  }
  const later = runApplication(10 + LEARNING_WINDOWS, WINDOWS, 5, { slower: SLOWER, betaInstances: after });
  return later.map((observation) => {
    const forecast = twin.forecast(observation);
    if (isLearning) {
      twin.learn(forecast);
    }
    return forecast;
  });
}

function betaOf(forecast: Forecast): NodeForecast {
  return forecast.nodes.find((each) => each.node === BETA)!;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, each) => sum + each, 0) / values.length;
}

describe.each([
  ["two copies to three", [FIRST, SECOND], [FIRST, SECOND, THIRD]],
  ["three copies to one", [FIRST, SECOND, THIRD], [SECOND]],
  ["one copy to another (a restart)", [FIRST], [THIRD]],
])("from %s at constant load", (_, before, after) => {
  let scaled: Forecast[];
  beforeAll(() => {
    scaled = afterScaling(before, after);
  });

  test("no residual leaves its bound, at the service or at its caller", () => {
    for (const forecast of scaled) {
      for (const node of forecast.nodes) {
        for (const residual of [node.service, node.sojourn, node.gapIn]) {
          expect(Math.abs(residual?.z ?? 0), `node ${node.node}`).toBeLessThan(BOUND);
        }
      }
    }
  });

  test("utilization is the work over the copies that are there, from the first window on", () => {
    const truth = (USUAL_RATE * BETA_WORK_SECONDS) / after.length;
    const seen = scaled.map((each) => betaOf(each).utilization);
    expect(meanOf(seen) / truth).toBeGreaterThan(0.85);
    expect(meanOf(seen) / truth).toBeLessThan(1.15);
    expect(seen[0]! / truth).toBeGreaterThan(0.7);
    expect(seen[0]! / truth).toBeLessThan(1.3);
  });

  test("the predicted time in beta is the observed one, within a fifth", () => {
    const seen = scaled.map((each) => each.operations.find(({ operation }) => operation === BETA)!);
    const observed = meanOf(seen.map((each) => each.observedMeanSeconds));
    expect(meanOf(seen.map((each) => each.predictedMeanSeconds)) / observed).toBeGreaterThan(0.8);
    expect(meanOf(seen.map((each) => each.predictedMeanSeconds)) / observed).toBeLessThan(1.2);
  });
});

test("a copy that is new is learned like the others, and its first windows are no fault", () => {
  const forecasts = afterScaling([FIRST, SECOND], [FIRST, SECOND, THIRD], true);
  for (const forecast of forecasts) {
    expect(Math.abs(betaOf(forecast).service!.z)).toBeLessThan(BOUND);
    expect(forecast.deployments).toEqual([]);
  }
});
