// Goal: what baselines know of a node is summed from visits and calls as written down.
import { describe, expect, test } from "vitest";
import { meanOf, summarizeNodes } from "../../../models/baselines/node-columns.ts";
import { CART, NORMAL_SELF, STOCK, TOPOLOGY, WEB, window } from "./fixtures.ts";

test("self, lag and sojourn are means over visits, absent below the least number of them", () => {
  const columns = summarizeNodes(window(0, { requests: 5, lagSeconds: [0, 0.25, 0] }).observation);
  expect(meanOf(columns, "self", CART, 5)).toBeCloseTo(NORMAL_SELF[1]);
  expect(meanOf(columns, "lag", CART, 5)).toBeCloseTo(0.25);
  expect(meanOf(columns, "sojourn", STOCK, 5)).toBeCloseTo(NORMAL_SELF[2]);
  expect(meanOf(columns, "self", CART, 6)).toBeNaN();
});

describe("gaps", () => {
  const { observation } = window(0, { gapSeconds: [0.25, 0.5] });

  test("are charged to the callee, as means over the calls that have one", () => {
    const columns = summarizeNodes(observation);
    expect(meanOf(columns, "gap", STOCK, 1)).toBeCloseTo(0.5);
    expect(meanOf(columns, "gap", CART, 1)).toBeCloseTo(0.25);
    expect(meanOf(columns, "gap", WEB, 1)).toBeNaN();
  });

  test("of calls whose callee was not seen are absent, not zero and not NaN for all", () => {
    const gapSeconds = observation.calls.gapSeconds.map((gap, i) => (i < 10 ? Number.NaN : gap));
    const columns = summarizeNodes({ ...observation, calls: { ...observation.calls, gapSeconds } });
    expect(columns.gapCount[STOCK]).toBe(15);
    expect(meanOf(columns, "gap", STOCK, 1)).toBeCloseTo(0.5);
  });

  test("of async calls do not count: nobody waits for the answer", () => {
    const edges = TOPOLOGY.edges.map((edge) => ({ ...edge, isAsync: edge.index === 1 }));
    const columns = summarizeNodes({ ...observation, topology: { ...TOPOLOGY, edges } });
    expect(meanOf(columns, "gap", STOCK, 1)).toBeNaN();
    expect(meanOf(columns, "gap", CART, 1)).toBeCloseTo(0.25);
  });
});
