// Goal: a new version opens an epoch: it is held against what was learned of the old one, with more patience, learned by
// itself, and adopted; old and new at once are told apart; one that goes away leaves nothing behind.
// Method: an application whose beta is deployed anew, wholly or as a canary, before a twin that learns every window.
import { beforeAll, describe, expect, test } from "vitest";
import type { Deployment, Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import type { Observation, Topology } from "../../src/contracts/observation.ts";
import { WindowBuilder } from "../../src/topology/window-builder.ts";
import { Epochs } from "../../twin/learning/epochs.ts";
import { Twin } from "../../twin/twin.ts";
import { BETA, type Change, NEXT_BETA_INSTANCES, runApplication, WEB, WINDOW_SECONDS } from "./application.ts";

const LEARNING_WINDOWS = 12;
const FIRST_WINDOW = 10 + LEARNING_WINDOWS;
/** Standard deviations beyond which a residual speaks. */
const BOUND = 3;
const [NEXT, NEXT_TOO] = NEXT_BETA_INSTANCES;

/** What a learned twin says of `count` windows more; it learns those up to `learned`. */
function deploy(count: number, changeAt: (k: number) => Change, learned = count): Forecast[] {
  const twin = new Twin({ seed: 1, replicates: 2, learningWindows: LEARNING_WINDOWS });
  for (const observation of runApplication(10, LEARNING_WINDOWS, 3)) {
    twin.learn(twin.forecast(observation));
  }
  return Array.from({ length: count }, (_, k) => {
    const forecast = twin.forecast(runApplication(FIRST_WINDOW + k, 1, 100 + k, changeAt(k))[0]!);
    if (k < learned) {
      twin.learn(forecast);
    }
    return forecast;
  });
}

function betaOf(forecast: Forecast): NodeForecast {
  return forecast.nodes.find(({ node }) => node === BETA)!;
}

function statesOf(forecasts: readonly Forecast[]): string[] {
  return forecasts.flatMap(({ deployments }) => deployments.map(({ state }) => state));
}

describe("a version that takes the place of another, 1.4 times slower", () => {
  const next: Change = { slower: { [BETA]: 1.4 }, betaInstances: [NEXT, NEXT_TOO] };
  let forecasts: Forecast[];
  beforeAll(() => {
    forecasts = deploy(LEARNING_WINDOWS + 8, () => next);
  });

  test("is announced in the window of its first visit: node, version, what ran before, and when", () => {
    const [first] = forecasts[0]!.deployments as [Deployment];
    expect(first).toMatchObject({
      node: BETA,
      version: "2.0",
      previousVersion: "1.0",
      state: "new",
      windowsLearned: 0,
    });
    expect(first.atSeconds).toBeGreaterThan((FIRST_WINDOW - 1) * WINDOW_SECONDS);
    expect(first.atSeconds).toBeLessThan((FIRST_WINDOW + 1) * WINDOW_SECONDS);
  });

  test("is watched for as many clean windows as a twin learns, then adopted, and then no news", () => {
    const watched = new Array<string>(LEARNING_WINDOWS - 1).fill("watched");
    expect(statesOf(forecasts)).toEqual(["new", ...watched, "adopted"]);
    expect(forecasts[LEARNING_WINDOWS]!.deployments[0]!.windowsLearned).toBe(LEARNING_WINDOWS);
  });

  test("is held against the old one with wider bounds, not without any", () => {
    const sameWithoutVersion = deploy(1, () => ({ slower: { [BETA]: 1.4 } }));
    const z = betaOf(forecasts[0]!).service!.z;
    expect(z).toBeGreaterThan(1);
    expect(z).toBeLessThan(0.75 * betaOf(sameWithoutVersion[0]!).service!.z);
    expect(forecasts[0]!.deployments[0]!.service!.observedMeanSeconds).toBeGreaterThan(
      1.25 * forecasts[0]!.deployments[0]!.service!.expectedMeanSeconds,
    );
  });

  test("surprises nobody once it is adopted, neither at beta nor at its caller, and is not called drift", () => {
    for (const forecast of forecasts.slice(LEARNING_WINDOWS)) {
      const web = forecast.nodes.find(({ node }) => node === WEB)!;
      expect(Math.abs(betaOf(forecast).service!.z)).toBeLessThan(2);
      expect(Math.abs(web.sojourn!.z)).toBeLessThan(BOUND);
      expect(forecast.readiness.some(({ isDrifting }) => isDrifting)).toBe(false);
    }
  });

  test("is never adopted while its windows are not clean", () => {
    const kept = deploy(LEARNING_WINDOWS + 4, () => next, 0);
    expect(statesOf(kept.slice(1)).every((state) => state === "watched")).toBe(true);
    expect(betaOf(kept.at(-1)!).service!.z).toBeGreaterThan(1);
  });
});

describe("a canary that takes 30 % of the visits and is twice as slow", () => {
  const canary: Change = { canary: { share: 0.3, slower: 2, instances: [NEXT] } };

  let forecasts: Forecast[];
  beforeAll(() => {
    forecasts = deploy(LEARNING_WINDOWS + 8, () => canary);
  });

  test("is told apart from the old version beside it, which stays as it was", () => {
    for (const forecast of forecasts.slice(1, LEARNING_WINDOWS)) {
      const [deployment] = forecast.deployments as [Deployment];
      expect(deployment.service!.z).toBeGreaterThan(BOUND);
      expect(Math.abs(deployment.previousService!.z)).toBeLessThan(BOUND);
      expect(betaOf(forecast).worstInstance).toBe(NEXT);
    }
  });

  test("teaches the old version nothing: what is expected of it does not move", () => {
    const watched = forecasts.slice(0, LEARNING_WINDOWS);
    const expected = watched.map(({ deployments }) => deployments[0]!.service!.expectedMeanSeconds);
    expect(Math.max(...expected) / Math.min(...expected)).toBeLessThan(1.25);
  });

  test("is adopted beside the old version when that still runs, and both are expected", () => {
    expect(statesOf(forecasts)).toContain("adopted");
    const after = forecasts.slice(LEARNING_WINDOWS + 1);
    expect(after.flatMap(({ deployments }) => deployments)).toEqual([]);
    for (const forecast of after) {
      expect(Math.abs(betaOf(forecast).service!.z)).toBeLessThan(2);
    }
  });

  test("is withdrawn when it is not seen for a while, and what it did is forgotten", () => {
    const rolledBack = deploy(30, (k) => (k < 4 ? canary : {}));
    expect(statesOf(rolledBack).at(-1)).toBe("withdrawn");
    expect(rolledBack.at(-1)!.deployments).toEqual([]);
    expect(Math.abs(betaOf(rolledBack.at(-1)!).service!.z)).toBeLessThan(2);
  });
});

describe("epochs of one service", () => {
  const VERSIONS = ["", "1", "2", "3", "4", "5", "6"];
  const topology: Topology = {
    nodes: [{ index: 0, name: "shop", kind: "service" }],
    instances: VERSIONS.map((version, index) => ({ index, name: `shop-${index}`, node: 0, version })),
    operations: [{ index: 0, name: "GET /", node: 0, isEntry: true }],
    edges: [],
    programs: [{ index: 0, operation: 0, groups: [], isOverflow: false }],
  };

  /** A window with ten visits of each version; their position in the list is that of their instance. */
  function windowOf(index: number, versions: readonly string[]): Observation {
    const builder = new WindowBuilder();
    const trace = builder.addTrace(new Uint32Array(4), 0);
    for (const version of versions) {
      for (let k = 0; k < 10; k++) {
        builder.addVisit(
          {
            operation: 0,
            instance: VERSIONS.indexOf(version),
            arrivalSeconds: index * 10 + k,
            sojournSeconds: 0.1,
            lagSeconds: 0,
            selfSeconds: 0.1,
            program: 0,
            isError: false,
            isRoot: true,
            segments: [0.1],
            groupSeconds: [],
          },
          trace,
        );
      }
    }
    return builder.build({ index, startSeconds: index * 10, endSeconds: index * 10 + 10, topology, metrics: [] });
  }

  function epochsAfter(windows: readonly (readonly string[])[], isKnown = true): Epochs {
    const epochs = new Epochs({ windowsNeeded: 3, visitsNeeded: 25 });
    for (const [index, versions] of windows.entries()) epochs.observe(windowOf(index, versions), () => isKnown);
    return epochs;
  }

  function watchedBy(epochs: Epochs): string[] {
    return epochs.watched().map(({ version, state }) => `${version} ${state}`);
  }

  test.each<[string, string[][], string[]]>([
    ["the versions of the first window", [["1", "2"]], []],
    ["a copy that does not tell its version", [["1"], ["1", ""]], []],
    ["a version where none was told before", [[""], [""], ["1"]], ["1 new"]],
    ["a second version", [["1"], ["1", "2"], ["2"]], ["2 watched"]],
    ["a third one while the second is watched", [["1"], ["2"], ["1", "2", "3"]], ["2 watched", "3 new"]],
  ])("%s", (_, windows, expected) => {
    expect(watchedBy(epochsAfter(windows))).toEqual(expected);
  });

  test("open none for a node of which nothing is known", () => {
    expect(watchedBy(epochsAfter([["1"], ["2"]], false))).toEqual([]);
  });

  test("watch four versions at once at the most", () => {
    expect(watchedBy(epochsAfter([["1"], ["2", "3", "4", "5", "6"]]))).toHaveLength(4);
  });

  test("keep a version's visits apart while it is watched, and learn nothing of one that has gone", () => {
    const epochs = epochsAfter([["1"], ["1", "2"]]);
    expect([epochs.placeOf(0, "1"), epochs.placeOf(0, "2")]).toEqual(["own", { apart: "0 2" }]);
    expect(epochs.placeOf(0, "3")).toBe("nowhere");
  });

  test("adopt a version after enough clean windows and visits, in place of one that has gone", () => {
    const epochs = epochsAfter([["1"], ...new Array<string[]>(8).fill(["2"])]);
    const learned = [1, 2, 3].map((index) => epochs.learn(windowOf(index, ["2"])));
    expect(learned).toEqual([[], [], [{ node: 0, name: "0 2", replaces: true }]]);
    epochs.observe(windowOf(9, ["2"]), () => true);
    expect(watchedBy(epochs)).toEqual(["2 adopted"]);
    epochs.observe(windowOf(10, ["2"]), () => true);
    expect(watchedBy(epochs)).toEqual([]);
  });

  test("say that a version that comes back after it was replaced is news", () => {
    const epochs = epochsAfter([["1"], ...new Array<string[]>(8).fill(["2"])]);
    for (const index of [1, 2, 3]) epochs.learn(windowOf(index, ["2"]));
    epochs.observe(windowOf(9, ["2", "1"]), () => true);
    expect(watchedBy(epochs)).toEqual(["2 adopted", "1 new"].sort((a, b) => (a < b ? 1 : -1)));
  });

  test("take a silent service, and a hole in the recording, for no absence", () => {
    const epochs = epochsAfter([["1"], ["2"]]);
    for (let index = 2; index < 60; index++) epochs.observe(windowOf(index, []), () => true);
    epochs.observe(windowOf(1000, ["2"]), () => true);
    expect(watchedBy(epochs)).toEqual(["2 watched"]);
  });

  test("withdraw a version not seen in 24 windows in which its service was", () => {
    const epochs = epochsAfter([["1"], ["1", "2"]]);
    const dropped = Array.from({ length: 24 }, (_, k) => epochs.observe(windowOf(2 + k, ["1"]), () => true));
    expect(dropped.flat()).toEqual(["0 2"]);
    expect(dropped.at(-1)).toEqual(["0 2"]);
    expect(watchedBy(epochs)).toEqual(["2 withdrawn"]);
    expect(epochs.newness(0)).toBe(0);
  });
});
