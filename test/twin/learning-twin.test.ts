// Goal: what the twin says of a window can be trusted: load moves no service residual, a fault moves the right one.
// Method: an application with a known truth is simulated, a twin learns it from clean windows only, then judges others.
import { beforeAll, describe, expect, test } from "vitest";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { Twin } from "../../twin/twin.ts";
import {
  ALPHA,
  ALPHA_SERVERS,
  BETA,
  type Change,
  DB,
  EDGES,
  runApplication,
  USUAL_RATE,
  WEB,
  WORK_SECONDS,
} from "./application.ts";

const SEED = 3;
const LEARNING_WINDOWS = 12;
/** Standard deviations within which a residual says nothing. */
const BOUND = 4;
const BAND_REPLICATES = 40;

let learning: readonly Observation[];

function learnedTwin(windows: readonly Observation[] = learning, replicates = 6): Twin {
  const twin = new Twin({ seed: 1, replicates, learningWindows: LEARNING_WINDOWS });
  for (const observation of windows) {
    twin.learn(twin.forecast(observation));
  }
  return twin;
}

/** Windows under a change, as a fresh twin of the usual application sees them, with the twin after the last. */
function judge(change: Change, count = 2, seed = 17): { twin: Twin; forecasts: Forecast[] } {
  const twin = learnedTwin();
  const forecasts = runApplication(100, count, seed, change).map((each) => twin.forecast(each));
  return { twin, forecasts };
}

function nodeOf(forecast: Forecast, node: number): NodeForecast {
  const found = forecast.nodes.find((each) => each.node === node);
  if (found === undefined) {
    throw new Error(`node ${node} has no forecast`);
  }
  return found;
}

function serviceZ(forecast: Forecast): number[] {
  return [WEB, ALPHA, BETA, DB].map((node) => nodeOf(forecast, node).service!.z);
}

function largestAt(values: readonly number[]): number {
  return values.indexOf(Math.max(...values));
}

beforeAll(() => {
  learning = runApplication(10, LEARNING_WINDOWS, SEED);
});

describe("a twin that has not learned enough", () => {
  test("gives no forecast of any node, and says how many visits it has and needs", () => {
    const twin = new Twin({ seed: 1, replicates: 4, learningWindows: LEARNING_WINDOWS });
    const first = twin.forecast(learning[0]!);
    twin.learn(first);
    const second = twin.forecast(learning[1]!);
    expect([first.isReady, second.isReady]).toEqual([false, false]);
    expect(second.nodes).toEqual([]);
    expect(second.readiness.every((each) => !each.isReady)).toBe(true);
    const requests = learning[0]!.visits.isRoot.reduce((sum, each) => sum + each, 0);
    expect(second.readiness[WEB]!.visitsLearned).toBe(requests);
    expect(twin.counterfactuals([ALPHA])).toEqual([]);
  });

  test("is ready after the learning windows, and not one before", () => {
    expect(learnedTwin(learning.slice(0, -1)).isReady).toBe(false);
    const twin = learnedTwin();
    expect(twin.isReady).toBe(true);
    const forecast = twin.forecast(runApplication(100, 1, SEED)[0]!);
    expect(forecast.isReady).toBe(true);
    expect(forecast.readiness.map((each) => each.isReady)).toEqual([true, true, true, true]);
  });
});

describe("when nothing is wrong", () => {
  let clean: Forecast[];
  beforeAll(() => {
    clean = judge({}, 50, 23).forecasts;
  });

  test(`the service residual stays within ±${BOUND} in at least 99 % of 200 node-windows (seed 23)`, () => {
    const all = clean.flatMap(serviceZ);
    expect(all).toHaveLength(200);
    expect(all.filter((z) => Math.abs(z) <= BOUND).length / all.length).toBeGreaterThanOrEqual(0.99);
  });

  test("so do the residuals of gaps and of time in the node", () => {
    const all = clean.flatMap((each) => each.nodes.flatMap((node) => [node.gapIn, node.gapOut, node.sojourn]));
    const seen = all.filter((residual) => residual !== null);
    expect(seen.length).toBeGreaterThan(400);
    expect(seen.filter(({ z }) => Math.abs(z) <= BOUND).length / seen.length).toBeGreaterThanOrEqual(0.99);
  });

  test("residuals are centred: no node's mean z is beyond ±1", () => {
    for (const node of [WEB, ALPHA, BETA, DB]) {
      const mean = clean.reduce((sum, each) => sum + nodeOf(each, node).service!.z, 0) / clean.length;
      expect(Math.abs(mean), `node ${node}`).toBeLessThan(1);
    }
  });

  test("no call program seems to have changed beyond a twentieth, and usually none at all", () => {
    const shifts = clean.map((each) => nodeOf(each, ALPHA).programShift);
    expect(Math.max(...shifts)).toBeLessThan(0.05);
    expect(shifts.filter((each) => each === 0).length).toBeGreaterThan(0.8 * shifts.length);
  });

  test("utilization is arrival rate × time a server is held / servers", () => {
    // Alpha holds a worker for its own work and, four times of five, for the database and the way there.
    const heldSeconds = WORK_SECONDS[1] + 0.8 * (WORK_SECONDS[3] + 0.002);
    const node = clean.map((each) => nodeOf(each, ALPHA));
    const seen = node.reduce((sum, each) => sum + each.utilization, 0) / node.length;
    const rate = node.reduce((sum, each) => sum + each.arrivalRatePerSecond, 0) / node.length;
    expect(seen / ((rate * heldSeconds) / ALPHA_SERVERS)).toBeCloseTo(1, 1);
    expect(node[0]!.structures[0]).toEqual({ discipline: "fifo", serverCount: ALPHA_SERVERS });
  });

  test("the saturation rate is right within 15 %, and alpha is what limits", () => {
    const truth = ALPHA_SERVERS / (WORK_SECONDS[1] + 0.8 * (WORK_SECONDS[3] + 0.002));
    for (const { capacity } of clean) {
      expect(capacity!.node).toBe(ALPHA);
      expect(Math.abs(capacity!.saturationRatePerSecond / truth - 1)).toBeLessThan(0.15);
    }
  });

  test("every node gets the visits that the entry rate implies", () => {
    for (const node of [WEB, ALPHA, BETA, DB]) {
      const mean = clean.reduce((sum, each) => sum + nodeOf(each, node).arrivalResidual, 0) / clean.length;
      expect(Math.abs(mean), `node ${node}`).toBeLessThan(0.02);
    }
  });
});

describe("a surge of ×2 at a loaded station", () => {
  let surge: Forecast[];
  beforeAll(() => {
    // The ends of a band of few replicates are poor estimates: 12 of them would cover three quarters at best.
    const twin = learnedTwin(learning, BAND_REPLICATES);
    surge = runApplication(100, 20, 29, { ratePerSecond: 2 * USUAL_RATE }).map((each) => twin.forecast(each));
  });

  test("moves no service residual beyond the bound", () => {
    for (const forecast of surge) {
      expect(Math.max(...serviceZ(forecast).map(Math.abs))).toBeLessThanOrEqual(BOUND);
    }
  });

  test("costs the latency the twin predicts: its p95 band covers the observed p95 in at least 80 % of windows", () => {
    const entries = surge.map((each) => each.operations.find(({ operation }) => operation === WEB)!);
    const covered = entries.filter(
      ({ observedP95Seconds: seen, predictedP95Seconds: band }) => seen >= band[0] && seen <= band[2],
    );
    expect(covered.length / entries.length).toBeGreaterThanOrEqual(0.8);
  });

  test("really is slower than the quiet hour, and the twin knows it before it looks", () => {
    const rises = surge.map(({ operations }) => {
      const entry = operations.find(({ operation }) => operation === WEB)!;
      return entry.predictedMeanSeconds / entry.referenceMeanSeconds;
    });
    expect(Math.min(...rises)).toBeGreaterThan(1.2);
    expect(rises.reduce((sum, each) => sum + each, 0) / rises.length).toBeGreaterThan(1.4);
    for (const { entryRatePerSecond, usualEntryRatePerSecond } of surge) {
      expect(entryRatePerSecond / usualEntryRatePerSecond).toBeGreaterThan(1.5);
    }
  });

  test("shows at alpha as utilization twice the usual", () => {
    const mean = surge.reduce((sum, each) => sum + nodeOf(each, ALPHA).utilization, 0) / surge.length;
    expect(mean).toBeGreaterThan(0.68);
    expect(mean).toBeLessThan(0.84);
  });
});

describe("a fault", () => {
  test.each([
    ["alpha", ALPHA],
    ["beta", BETA],
    ["db", DB],
    ["web", WEB],
  ])(
    "twice slower work at $0 gives it the largest service z, beyond the bound, and explains over 70 percent",
    (_, node) => {
      const { twin, forecasts } = judge({ slower: { [node]: node === WEB ? 4 : 2 } }, 3);
      for (const forecast of forecasts) {
        expect(largestAt(serviceZ(forecast))).toBe(node);
        expect(serviceZ(forecast)[node]).toBeGreaterThan(BOUND);
      }
      const shares = twin.counterfactuals([WEB, ALPHA, BETA, DB]).map((each) => each.explainedShare);
      expect(largestAt(shares)).toBe(node);
      expect(shares[node]).toBeGreaterThan(0.7);
    },
  );

  test("a gap added in front of beta shows in its gapIn only, and is charged to beta", () => {
    const { twin, forecasts } = judge({ addedGapSeconds: { [EDGES.webToBeta]: 0.02 } });
    for (const forecast of forecasts) {
      expect(nodeOf(forecast, BETA).gapIn!.z).toBeGreaterThan(BOUND);
      expect(Math.abs(nodeOf(forecast, ALPHA).gapIn!.z)).toBeLessThan(BOUND);
      expect(Math.abs(nodeOf(forecast, DB).gapIn!.z)).toBeLessThan(BOUND);
      expect(Math.max(...serviceZ(forecast).map(Math.abs))).toBeLessThan(BOUND);
      expect(nodeOf(forecast, WEB).gapOutBreadth).toBe(0.5);
      expect(nodeOf(forecast, BETA).impactShare).toBeGreaterThan(nodeOf(forecast, WEB).impactShare);
    }
    const shares = twin.counterfactuals([WEB, ALPHA, BETA, DB]).map((each) => each.explainedShare);
    expect(largestAt(shares)).toBe(BETA);
  });

  test("a caller that is late towards all its callees owns the gaps", () => {
    const late = { [EDGES.webToAlpha]: 0.02, [EDGES.webToBeta]: 0.02 };
    const { twin, forecasts } = judge({ addedGapSeconds: late });
    for (const forecast of forecasts) {
      const web = nodeOf(forecast, WEB);
      expect([web.gapOutBreadth, web.calleeCount]).toEqual([1, 2]);
      expect(web.impactShare).toBeGreaterThan(nodeOf(forecast, BETA).impactShare);
    }
    const shares = twin.counterfactuals([WEB, ALPHA, BETA, DB]).map((each) => each.explainedShare);
    expect(largestAt(shares)).toBe(WEB);
    expect(shares[WEB]).toBeGreaterThan(0.7);
  });

  test("60 % of visits that change their program shift alpha's programs by more than 0.3, and nobody else's", () => {
    const { forecasts } = judge({ rememberedShare: 0.8 });
    for (const forecast of forecasts) {
      expect(nodeOf(forecast, ALPHA).programShift).toBeGreaterThan(0.3);
      expect(nodeOf(forecast, ALPHA).programShift).toBeLessThan(0.75);
      expect(nodeOf(forecast, WEB).programShift).toBe(0);
      expect(nodeOf(forecast, BETA).programShift).toBe(0);
      expect(nodeOf(forecast, DB).arrivalResidual).toBeLessThan(-0.2);
    }
  });

  test("that stops leaves nothing behind two windows later", () => {
    const { twin } = judge({ slower: { [BETA]: 2 } }, 3);
    const after = runApplication(103, 3, 31).map((each) => twin.forecast(each));
    expect(Math.max(...serviceZ(after.at(-1)!).map(Math.abs))).toBeLessThan(BOUND);
  });
});

describe("knowledge", () => {
  test("is the same when the same windows are learned by another twin", () => {
    const window = runApplication(100, 1, 37)[0]!;
    const [first, second] = [learnedTwin(), learnedTwin()];
    expect(second.forecast(window)).toEqual(first.forecast(window));
    expect(second.counterfactuals([ALPHA, DB])).toEqual(first.counterfactuals([ALPHA, DB]));
  });

  test("a new normal is learned: after enough windows of slower work it no longer surprises", () => {
    const twin = learnedTwin();
    const windows = runApplication(100, 40, 41, { slower: { [BETA]: 1.5 }, ratePerSecond: 12 });
    const seen = windows.map((each) => {
      const forecast = twin.forecast(each);
      twin.learn(forecast);
      return nodeOf(forecast, BETA).service!.z;
    });
    expect(seen[0]).toBeGreaterThan(2);
    expect(Math.abs(seen.at(-1)!)).toBeLessThan(2);
  });

  test("a rarely visited node is judged over several windows, up to six", () => {
    const rare = { ratePerSecond: 1 };
    const twin = learnedTwin();
    const forecasts = runApplication(100, 10, 43, { ...rare, slower: { [BETA]: 3 } }).map((each) =>
      twin.forecast(each),
    );
    const last = nodeOf(forecasts.at(-1)!, BETA);
    expect(last.visitCount).toBeLessThan(20);
    expect(last.service!.sampleCount).toBeGreaterThan(last.visitCount);
    expect(last.service!.sampleCount).toBeGreaterThanOrEqual(20);
    expect(last.service!.z).toBeGreaterThan(nodeOf(forecasts[0]!, BETA).service?.z ?? 0);
    expect(last.service!.sampleCount).toBeLessThanOrEqual(
      forecasts.slice(-6).reduce((sum, each) => sum + nodeOf(each, BETA).visitCount, 0),
    );
  });
});
