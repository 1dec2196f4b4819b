// Goal: the network never sees anything but a bounded, finite number, whatever a window shows.
// Method: any forecast the contract allows, missing data, zeros and infinities included.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FEATURE_COUNT, FEATURES, featureRows } from "../../models/features.ts";
import type { NodeForecast, Residual } from "../../src/contracts/forecast.ts";
import { CART, nodeForecast, residual, STOCK, twinView, WEB } from "./baselines/fixtures.ts";

const wild = fc.oneof(
  fc.double({ noNaN: true }),
  fc.constantFrom(0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);
const share = fc.double({ min: -1, max: 1, noNaN: true });
const anyResidual: fc.Arbitrary<Residual | null> = fc.option(
  fc.record({
    sampleCount: fc.nat(1e6),
    observedMeanSeconds: wild,
    expectedMeanSeconds: wild,
    shift: fc.double({ min: -0.5, max: 0.5, noNaN: true }),
    tail: fc.double({ min: -0.05, max: 0.95, noNaN: true }),
    shiftZ: wild,
    meanZ: wild,
    z: wild,
  }),
);
const anyNode = (node: number): fc.Arbitrary<NodeForecast> =>
  fc
    .record({
      visitCount: fc.nat(1e6),
      utilization: wild,
      service: anyResidual,
      sojourn: anyResidual,
      gapIn: anyResidual,
      gapOut: anyResidual,
      gapOutBreadth: fc.double({ min: 0, max: 1, noNaN: true }),
      calleeCount: fc.nat(20),
      lag: anyResidual,
      instanceSpread: share,
      worstInstance: fc.integer({ min: -1, max: 2 }),
      burstiness: wild,
      errorExcess: wild,
      missingExcess: wild,
      resendExcess: wild,
      programShift: wild,
      arrivalResidual: wild,
      cpuExcess: wild,
      excessSecondsPerSecond: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      impactShare: wild,
    })
    .map((values) => nodeForecast(node, values));

const column = (name: (typeof FEATURES)[number]) => FEATURES.indexOf(name);

describe("feature rows", () => {
  test("are FEATURE_COUNT finite numbers a node, none beyond ±3, for any forecast", () => {
    fc.assert(
      fc.property(fc.tuple(anyNode(WEB), anyNode(CART), anyNode(STOCK)), (nodes) => {
        const rows = featureRows(twinView(...nodes));
        expect(rows).toHaveLength(3 * FEATURE_COUNT);
        expect([...rows].filter((value) => !(Math.abs(value) <= 3))).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test("have a name for every column, and each name once", () => {
    expect(new Set(FEATURES).size).toBe(FEATURE_COUNT);
  });

  test("tell missing data from nothing unusual", () => {
    const [absent, calm] = [null, residual(0)].map((service) => featureRows(twinView(nodeForecast(WEB, { service }))));
    expect([absent![column("service.present")], calm![column("service.present")]]).toEqual([0, 1]);
    expect([absent![column("service.z")], calm![column("service.z")]]).toEqual([0, 0]);
  });

  test("put each residual under its own name", () => {
    for (const name of ["service", "sojourn", "gapIn", "gapOut", "lag"] as const) {
      const rows = featureRows(twinView(nodeForecast(CART, { [name]: residual(4) })));
      const row = rows.slice(CART * FEATURE_COUNT, (CART + 1) * FEATURE_COUNT);
      const raised = ["service", "sojourn", "gapIn", "gapOut", "lag"].filter(
        (each) => row[column(`${each}.z` as "lag.z")] !== 0,
      );
      expect(raised).toEqual([name]);
      expect(row[column(`${name}.z`)]).toBe(0.5);
    }
  });

  test("show a node the worst of those it calls and of those that call it", () => {
    const rows = featureRows(twinView(nodeForecast(CART, { service: residual(8) })));
    const at = (node: number, name: (typeof FEATURES)[number]) => rows[node * FEATURE_COUNT + column(name)];
    expect([WEB, CART, STOCK].map((node) => at(node, "callees.service.z"))).toEqual([1, 0, 0]);
    expect([WEB, CART, STOCK].map((node) => at(node, "callers.service.z"))).toEqual([0, 0, 1]);
    expect([WEB, CART, STOCK].map((node) => at(node, "others.service.z"))).toEqual([1, 0, 1]);
  });

  test("do not change when names, and the number of a node, do", () => {
    const forecast = twinView(nodeForecast(CART, { service: residual(5) }));
    const { topology } = forecast.observation;
    const renamed = { ...topology, nodes: topology.nodes.map((node) => ({ ...node, name: `x${node.name}` })) };
    expect(featureRows({ ...forecast, observation: { ...forecast.observation, topology: renamed } })).toEqual(
      featureRows(forecast),
    );
  });
});
