// Goal: what creeps is not absorbed: beyond its budget a slow-down that no deployment explains stays visible, load alone
// is never called drift, and what has lasted for long enough is accepted.
// Method: a leak in an application with a known truth, learned window by window; and the watch alone, over weeks.
import { describe, expect, test } from "vitest";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import { Drift } from "../../twin/learning/drift.ts";
import type { NodeKnowledge } from "../../twin/learning/knowledge.ts";
import { Reference } from "../../twin/learning/reference.ts";
import { Twin } from "../../twin/twin.ts";
import { nodeForecast, residual, window } from "../models/baselines/fixtures.ts";
import { ALPHA, BETA, type Change, DB, runApplication, USUAL_RATE, WEB } from "./application.ts";

const LEARNING_WINDOWS = 12;
const LEAK_WINDOWS = 38;
/** A leak: so much slower with every window, 1.8 times at its end. */
const GROWTH = 1.015;

/** A learned twin, and what it says of `count` windows more, learning each. */
function learnOn(count: number, changeAt: (k: number) => Change, driftBudget?: number): Forecast[] {
  const options = { seed: 1, replicates: 2, learningWindows: LEARNING_WINDOWS, driftSettleSeconds: 0 };
  const twin = new Twin(driftBudget === undefined ? options : { ...options, driftBudget });
  for (const observation of runApplication(10, LEARNING_WINDOWS, 3)) {
    twin.learn(twin.forecast(observation));
  }
  return Array.from({ length: count }, (_, k) => {
    const forecast = twin.forecast(runApplication(10 + LEARNING_WINDOWS + k, 1, 100 + k, changeAt(k))[0]!);
    twin.learn(forecast);
    return forecast;
  });
}

function serviceOf(forecast: Forecast, node: number) {
  return forecast.nodes.find((each) => each.node === node)!.service!;
}

function driftersOf(forecast: Forecast): number[] {
  return forecast.readiness.filter((each) => each.isDrifting).map((each) => each.node);
}

describe.each([
  ["alpha, whose queue is identified", ALPHA],
  ["db, a leaf", DB],
])("a leak at %s", (_, node) => {
  const leak = (k: number): Change => ({ slower: { [node]: GROWTH ** k } });

  test("is called drift once it is beyond the budget, there and nowhere else, and is not learned", () => {
    const forecasts = learnOn(LEAK_WINDOWS, leak);
    const last = forecasts.at(-1)!;
    expect(driftersOf(last)).toEqual([node]);
    // The budget of 15 % is used up in the tenth window, and what is seen is a mean over twelve.
    expect(forecasts.slice(0, 10).flatMap(driftersOf)).toEqual([]);
    expect(last.readiness[node]!.driftShare).toBeGreaterThan(0.3);
    const learned = serviceOf(last, node).expectedMeanSeconds / serviceOf(forecasts[0]!, node).expectedMeanSeconds;
    expect(learned).toBeLessThan(1.3);
    expect(serviceOf(last, node).z).toBeGreaterThan(2.5);
  });
});

test("a leak would be learned with a budget that is large enough, and be invisible", () => {
  const last = learnOn(LEAK_WINDOWS, (k) => ({ slower: { [ALPHA]: GROWTH ** k } }), 9).slice(-5);
  expect(last.flatMap(driftersOf)).toEqual([]);
  for (const forecast of last) {
    expect(serviceOf(forecast, ALPHA).z).toBeLessThan(2);
  }
});

test("a leak that ends is drift no longer", () => {
  const forecasts = learnOn(LEAK_WINDOWS + 15, (k) => ({ slower: { [ALPHA]: k < LEAK_WINDOWS ? GROWTH ** k : 1 } }));
  expect(driftersOf(forecasts[LEAK_WINDOWS - 1]!)).toEqual([ALPHA]);
  expect(driftersOf(forecasts.at(-1)!)).toEqual([]);
});

test("load that doubles, halves and doubles again is drift of nobody", () => {
  const forecasts = learnOn(LEAK_WINDOWS, (k) => ({ ratePerSecond: USUAL_RATE * 2 ** Math.sin(k / 6) }));
  expect(forecasts.flatMap(driftersOf)).toEqual([]);
  for (const node of [WEB, ALPHA, BETA, DB]) {
    expect(Math.abs(forecasts.at(-1)!.readiness[node]!.driftShare)).toBeLessThan(0.1);
  }
});

describe("the watch over one node", () => {
  const OPERATION = 1;
  const BUDGET = 0.15;

  /** Knowledge of a node with one operation that takes so long under each structure. */
  function known(meanSeconds: number, serverCount = 2, isIdentified = true): NodeKnowledge {
    const reference = new Reference(new Float64Array(500).fill(meanSeconds));
    return {
      node: 1,
      visitCount: 500,
      structures: [
        {
          structure: { discipline: "fifo", serverCount },
          service: new Map([[OPERATION, reference]]),
          programs: new Map(),
        },
      ],
      isIdentified,
      basis: "inversion",
      operations: new Map(),
      instances: [],
      lag: null,
      slowestTenthShare: 0,
      inFlightLimit: null,
      utilizationCheck: null,
    };
  }

  function seen(ratio: number): NodeForecast {
    const service = { ...residual(1), expectedMeanSeconds: 0.01, observedMeanSeconds: 0.01 * ratio };
    return nodeForecast(1, { service });
  }

  function forecastAt(index: number, hours = 0, rate = 6): Forecast {
    const at = window(index);
    const { startSeconds } = at.observation;
    const endSeconds = hours === 0 ? at.observation.endSeconds : startSeconds + hours * 3600;
    return { ...at, entryRatePerSecond: rate, observation: { ...at.observation, endSeconds } };
  }

  /** A watch that has taken its anchor and `count` windows with this ratio of observed to known. */
  function watch(ratio: number, count: number, hours = 0): Drift {
    const drift = new Drift(BUDGET, 0);
    for (let index = 0; index <= count; index++) {
      drift.take(seen(ratio), known(0.01), forecastAt(index, hours));
    }
    return drift;
  }

  test.each([
    [1.14, false],
    [1.16, true],
    [1 / 1.14, false],
    [1 / 1.16, true],
  ])("a mean that is %f times the anchor's drifts: %s", (ratio, isDrifting) => {
    const drift = watch(ratio, 8);
    expect(drift.share).toBeCloseTo(ratio - 1, 3);
    expect(drift.isDrifting).toBe(isDrifting);
  });

  test("says nothing before it has seen six windows", () => {
    expect([watch(2, 5).share, watch(2, 5).isDrifting]).toEqual([0, false]);
    expect(watch(2, 6).isDrifting).toBe(true);
  });

  test("adds up what is learned step by step, each step far below the budget", () => {
    const drift = new Drift(BUDGET, 0);
    let mean = 0.01;
    for (let index = 0; index < 40; index++) {
      drift.take(seen(1), known(mean), forecastAt(index));
      drift.replaced(known(mean), known(1.01 * mean), index + 1);
      mean *= 1.01;
    }
    // The last twelve windows were, on average, 33 steps from the anchor.
    expect(drift.share).toBeCloseTo(1.01 ** 33.5 - 1, 1);
    expect(drift.isDrifting).toBe(true);
  });

  test("holds a window against what was known when it was forecast, however late it is learned", () => {
    const drift = new Drift(BUDGET, 0);
    drift.take(seen(1), known(0.01), forecastAt(0));
    drift.replaced(known(0.01), known(0.013), 9);
    for (let index = 1; index < 9; index++) {
      drift.take(seen(1), known(0.013), forecastAt(index));
    }
    expect(drift.share).toBeCloseTo(0, 3);
  });

  test("another structure is another model, not another node", () => {
    const drift = watch(1, 8);
    drift.replaced(known(0.01, 2), known(0.02, 4), 9);
    for (let index = 9; index < 21; index++) {
      drift.take(seen(1), known(0.02, 4), forecastAt(index));
    }
    expect(drift.share).toBeCloseTo(0, 3);
  });

  test("a step of a fifth is accepted after some days, and one of a half not within a week", () => {
    const daysUntilAccepted = (ratio: number): number => {
      let days = 1;
      while (watch(ratio, 24 * days, 1).isDrifting) days++;
      return days;
    };
    expect(daysUntilAccepted(1.2)).toBeGreaterThan(2);
    expect(daysUntilAccepted(1.2)).toBeLessThan(5);
    expect(daysUntilAccepted(1.5)).toBeGreaterThan(7);
  });

  test("a node whose queue is not identified is judged only at the load of its anchor", () => {
    const drift = new Drift(BUDGET, 0);
    for (let index = 0; index <= 12; index++) {
      drift.take(seen(2), known(0.01, 2, false), forecastAt(index, 0, index === 0 ? 6 : 12));
    }
    expect([drift.share, drift.isDrifting]).toEqual([0, false]);
  });

  test("does not hold a system to how it was while it warmed up", () => {
    const drift = new Drift(BUDGET, 900);
    for (let index = 0; index <= 100; index++) {
      // Windows of 10 s: the anchor is taken in the ninety-first, long after it became three times faster.
      drift.take(seen(1), known(index < 40 ? 0.03 : 0.01), forecastAt(index));
      if (index === 39) drift.replaced(known(0.03), known(0.01), 40);
    }
    expect(drift.share).toBeCloseTo(0, 6);
    expect(drift.isDrifting).toBe(false);
  });

  test("a deployment is a new anchor", () => {
    const drift = watch(1.5, 12);
    drift.forget();
    expect([drift.share, drift.isDrifting]).toEqual([0, false]);
  });
});
