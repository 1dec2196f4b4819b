// Goal: what somebody says is normal now is learned at once and for good, wherever at the node it shows; nothing that was
// learned before mixes with it, other nodes keep what they know, and it is announced as no deployment.
// Method: an application whose beta slows down for good, or moves far away, before a twin that learns some windows late.
import { describe, expect, test } from "vitest";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import { Twin } from "../../twin/twin.ts";
import { ALPHA, BETA, type Change, EDGES, runApplication, WEB, WINDOW_SECONDS } from "./application.ts";

const LEARNING_WINDOWS = 12;
const FIRST_WINDOW = 10 + LEARNING_WINDOWS;
/** Standard deviations beyond which a residual speaks. */
const BOUND = 3;
const SLOW: Change = { slower: { [BETA]: 2 } };

/**
 * What a learned twin says of `count` windows with the change. Two windows from before it are learned late, when it has
 * already been accepted, as the learning gate has it.
 */
function change(count: number, what: Change, isAccepted: boolean): Forecast[] {
  const twin = new Twin({ seed: 1, replicates: 2, learningWindows: LEARNING_WINDOWS });
  const before = runApplication(10, LEARNING_WINDOWS + 2, 3).map((observation, k) => {
    const forecast = twin.forecast(observation);
    if (k < LEARNING_WINDOWS) twin.learn(forecast);
    return forecast;
  });
  if (isAccepted) twin.acceptNewNormal(BETA, (FIRST_WINDOW + 2) * WINDOW_SECONDS);
  for (const late of before.slice(LEARNING_WINDOWS)) twin.learn(late);
  return runApplication(FIRST_WINDOW + 2, count, 100, what).map((observation) => {
    const forecast = twin.forecast(observation);
    twin.learn(forecast);
    return forecast;
  });
}

function nodeOf(forecast: Forecast, node: number): NodeForecast {
  return forecast.nodes.find((each) => each.node === node)!;
}

describe("a node that is twice as slow from now on, and accepted as such", () => {
  const count = LEARNING_WINDOWS + 6;
  const forecasts = change(count, SLOW, true);
  const after = forecasts.slice(LEARNING_WINDOWS + 1);

  test("surprises nobody once it was learned for as long as a deployment, neither at the node nor at its caller", () => {
    expect(nodeOf(forecasts[0]!, BETA).service!.z).toBeGreaterThan(BOUND);
    for (const forecast of after) {
      expect(Math.abs(nodeOf(forecast, BETA).service!.z)).toBeLessThan(BOUND);
      expect(Math.abs(nodeOf(forecast, WEB).sojourn!.z)).toBeLessThan(BOUND);
    }
  });

  test("is expected to be as slow as it is: nothing from before is mixed in", () => {
    for (const { service } of after.map((forecast) => nodeOf(forecast, BETA))) {
      const ratio = service!.expectedMeanSeconds / service!.observedMeanSeconds;
      expect(ratio).toBeGreaterThan(0.85);
      expect(ratio).toBeLessThan(1.15);
    }
  });

  test("is announced as no deployment, and is no drift", () => {
    expect(forecasts.flatMap(({ deployments }) => deployments)).toEqual([]);
    expect(forecasts.flatMap(({ readiness }) => readiness).some(({ isDrifting }) => isDrifting)).toBe(false);
  });

  test("leaves the twin as it was where nothing was accepted: the others are still known", () => {
    const expected = nodeOf(forecasts[0]!, ALPHA).service!.expectedMeanSeconds;
    const later = nodeOf(after.at(-1)!, ALPHA).service!.expectedMeanSeconds;
    expect(later / expected).toBeGreaterThan(0.9);
    expect(later / expected).toBeLessThan(1.1);
  });
});

test("a node that is back to what it was before the acceptance is a surprise: the old normal is forgotten", () => {
  const twin = new Twin({ seed: 1, replicates: 2, learningWindows: LEARNING_WINDOWS });
  for (const observation of runApplication(10, LEARNING_WINDOWS, 3)) twin.learn(twin.forecast(observation));
  twin.acceptNewNormal(BETA, FIRST_WINDOW * WINDOW_SECONDS);
  for (const observation of runApplication(FIRST_WINDOW, LEARNING_WINDOWS + 2, 100, SLOW)) {
    twin.learn(twin.forecast(observation));
  }
  const [back] = runApplication(FIRST_WINDOW + LEARNING_WINDOWS + 2, 1, 200);
  expect(nodeOf(twin.forecast(back!), BETA).service!.z).toBeLessThan(-BOUND);
});

test("a node that is farther away from now on is expected to be", () => {
  const far: Change = { addedGapSeconds: { [EDGES.webToBeta]: 0.01 } };
  const isNear = ({
    observedMeanSeconds: seen,
    expectedMeanSeconds: expected,
  }: {
    observedMeanSeconds: number;
    expectedMeanSeconds: number;
  }) => Math.abs(seen / expected - 1) < 0.15;
  const last = (isAccepted: boolean) => nodeOf(change(6, far, isAccepted).at(-1)!, BETA).gapIn!;
  expect(isNear(last(true))).toBe(true);
  expect(isNear(last(false))).toBe(false);
});
