// Goal: a model that is to do without something is really not told it. Method: the same window with and without that thing.
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { type Backend, loadBackend } from "../../models/backend.ts";
import { FEATURE_SETS, rowsOf, selectFeatures } from "../../models/feature-sets.ts";
import { FEATURE_COUNT, FEATURES, type FeatureName } from "../../models/features.ts";
import { createNodeModel } from "../../models/node-model.ts";
import { scoreOf } from "../../models/score.ts";
import type { Forecast } from "../../src/contracts/forecast.ts";
import { anArtifact, someLayers } from "./artifacts.ts";
import { CART, nodeForecast, residual, STOCK, twinView, WEB } from "./baselines/fixtures.ts";

const rowOf = (forecast: Forecast, node: number, names: readonly FeatureName[]) =>
  [...rowsOf(forecast, names)].slice(node * names.length, (node + 1) * names.length);
const seen = (forecast: Forecast, node: number, name: FeatureName) => rowOf(forecast, node, [name])[0];

/** A window in which each visit to a node took so many times its usual tenth of a second. */
function slowedBy(factors: Readonly<Record<number, number>>, forecast = twinView()): Forecast {
  const operations = Object.entries(factors).map(([operation, factor]) => ({
    operation: Number(operation),
    visitCount: 10,
    observedMeanSeconds: 0.1 * factor,
    referenceMeanSeconds: 0.1,
  }));
  return { ...forecast, operations: operations as unknown as Forecast["operations"] };
}

describe("selected features", () => {
  test("are the columns that are named, in that order, node by node", () => {
    const nodes = 3;
    const rows = Float32Array.from({ length: nodes * FEATURE_COUNT }, (_, i) => i);
    fc.assert(
      fc.property(fc.shuffledSubarray([...FEATURES], { minLength: 1 }), (names) => {
        const selected = selectFeatures(rows, names);
        const expected = [0, 1, 2].flatMap((node) =>
          names.map((name) => node * FEATURE_COUNT + FEATURES.indexOf(name)),
        );
        expect([...selected]).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a model without edges", () => {
  test("sees the same of a node whatever its neighbours show", () => {
    const { features } = FEATURE_SETS["no-edges"];
    const calm = twinView(nodeForecast(CART, { service: residual(0) }));
    const ill = twinView(nodeForecast(CART, { service: residual(9), gapIn: residual(7), missingExcess: 0.5 }));
    for (const node of [WEB, STOCK]) {
      expect(rowOf(ill, node, features)).toEqual(rowOf(calm, node, features));
      expect(rowOf(ill, node, FEATURE_SETS.full.features)).not.toEqual(rowOf(calm, node, FEATURE_SETS.full.features));
    }
    expect(rowOf(ill, CART, features)).not.toEqual(rowOf(calm, CART, features));
  });
});

describe("a model without the twin", () => {
  const { features, isPooled } = FEATURE_SETS["no-twin"];

  test("sees nothing of what only the twin knows: service times, simulated latencies, utilization, impact", () => {
    const [calm, ill] = [0, 9].map((z) =>
      twinView(
        nodeForecast(CART, {
          service: residual(z),
          sojourn: residual(z),
          utilization: z / 10,
          burstiness: z / 10,
          instanceSpread: z / 20,
          excessSecondsPerSecond: z,
          impactShare: z / 10,
        }),
      ),
    );
    expect([...rowsOf(ill!, features)]).toEqual([...rowsOf(calm!, features)]);
  });

  test("is not given the twin's opinion afterwards either", () => {
    expect(isPooled).toBe(false);
    expect(scoreOf(1.5, 40, isPooled)).toBe(1.5);
    expect(scoreOf(1.5, 40, true)).toBeGreaterThan(1.5);
  });

  test("sees how much slower than in its past a node is, in factors of eight, and its neighbours", () => {
    const forecast = slowedBy({ [WEB]: 1, [CART]: 8, [STOCK]: 2 });
    expect(seen(forecast, CART, "plain.sojourn.ratio")).toBeCloseTo(1, 6);
    expect(seen(forecast, STOCK, "plain.sojourn.ratio")).toBeCloseTo(1 / 3, 6);
    expect(seen(forecast, WEB, "callees.plain.sojourn.ratio")).toBeCloseTo(1, 6);
    expect(seen(forecast, STOCK, "callers.plain.sojourn.ratio")).toBeCloseTo(1, 6);
    expect(seen(forecast, CART, "others.plain.sojourn.ratio")).toBeCloseTo(1 / 3, 6);
  });

  test("takes an operation that was never learned for neither slow nor fast", () => {
    const [unknown] = slowedBy({ [CART]: 8 }).operations;
    const forecast = { ...twinView(), operations: [{ ...unknown!, referenceMeanSeconds: Number.NaN }] };
    expect(seen(forecast, CART, "plain.sojourn.ratio")).toBe(0);
  });

  test("sees how much traffic there is against what is usual", () => {
    const forecast = { ...twinView(), entryRatePerSecond: 40, usualEntryRatePerSecond: 20 };
    expect(seen(forecast, WEB, "plain.traffic.ratio")).toBeCloseTo(1 / 3, 6);
    expect(seen({ ...forecast, usualEntryRatePerSecond: Number.NaN }, WEB, "plain.traffic.ratio")).toBe(0);
  });
});

describe("a model of a set of features", () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await loadBackend("wasm");
  });

  test("scores by what it sees alone", () => {
    const { features, isPooled } = FEATURE_SETS["no-twin"];
    const model = createNodeModel(backend, anArtifact({ features, isPooled, layers: someLayers(4, features.length) }));
    const probabilities = (forecast: Forecast) => model.score(forecast).nodes.map(({ probability }) => probability);
    const calm = twinView(nodeForecast(CART, { service: residual(0) }));
    const ill = twinView(nodeForecast(CART, { service: residual(9) }));
    expect(probabilities(ill)).toEqual(probabilities(calm));
    expect(probabilities(slowedBy({ [CART]: 8 }, ill))).not.toEqual(probabilities(calm));
  });
});
