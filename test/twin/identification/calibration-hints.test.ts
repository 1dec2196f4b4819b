// Goal: what metrics say of limits and use of CPU reaches what is known of a node. Method: the test application, at little
// load, learned once without and once with metrics.
import { describe, expect, test } from "vitest";
import type { MetricPoint } from "../../../src/contracts/telemetry.ts";
import { calibrate } from "../../../twin/learning/calibrate.ts";
import { History } from "../../../twin/learning/history.ts";
import type { NodeKnowledge } from "../../../twin/learning/knowledge.ts";
import { ALPHA, DB, runApplication, TOPOLOGY, WEB } from "../application.ts";

const WINDOWS = runApplication(4, 12, 1, { ratePerSecond: 5 });

/** What is known of a node when the instances of alpha and web export these numbers in every window. */
function known(node: number, values: Readonly<Record<string, number>>): NodeKnowledge {
  const history = new History();
  for (const window of WINDOWS) {
    const metrics = ["alpha", "web"].flatMap((service) =>
      Object.entries(values).map(
        ([name, value]): MetricPoint => ({
          name,
          unit: "",
          service,
          instance: service === "alpha" ? "alpha-1" : "web-0",
          attributes: "",
          timeSeconds: window.startSeconds + 5,
          value,
          count: 1,
          cumulative: false,
        }),
      ),
    );
    history.learn({ ...window, metrics });
  }
  return calibrate(history, TOPOLOGY).nodes.get(node)!;
}

describe("a limit told by metrics", () => {
  test("comes first where visits leave it open, and identifies nothing by itself", () => {
    const told = known(WEB, { "executor.pool.max": 6 });
    expect(told.structures[0]!.structure).toEqual({ discipline: "fifo", serverCount: 6 });
    expect(told.isIdentified).toBe(false);
    expect(known(WEB, {}).structures[0]!.structure).not.toEqual({ discipline: "fifo", serverCount: 6 });
  });
});

describe("CPU that was measured", () => {
  test("is held against the own work of the visits", () => {
    const { utilizationCheck } = known(ALPHA, { "container.cpu.usage": 3 });
    expect(utilizationCheck!.measuredCpus).toBeCloseTo(3, 9);
    expect(utilizationCheck!.explainedCpus).toBeGreaterThan(0);
    expect(utilizationCheck!.explainedCpus).toBeLessThan(1);
    expect(utilizationCheck!.modelDiscrepancy).toBeCloseTo(Math.log(3 / utilizationCheck!.explainedCpus), 9);
  });

  test("is no discrepancy when it is not measured, and of leaves it never is", () => {
    expect(known(ALPHA, {}).utilizationCheck).toBeNull();
    expect(known(DB, { "container.cpu.usage": 3 }).utilizationCheck).toBeNull();
  });
});
