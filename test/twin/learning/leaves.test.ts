// Goal: a leaf that queues is a queue, one that never does is its latency.
// Method: the simulated application, with one of its stations taken for a database.
import { describe, expect, test } from "vitest";
import type { Topology } from "../../../src/contracts/observation.ts";
import { calibrate } from "../../../twin/learning/calibrate.ts";
import { History } from "../../../twin/learning/history.ts";
import { ALPHA, ALPHA_SERVERS, DB, runApplication, TOPOLOGY } from "../application.ts";

const topology: Topology = {
  ...TOPOLOGY,
  nodes: TOPOLOGY.nodes.map((node) => (node.index === ALPHA ? { ...node, kind: "database" } : node)),
};

function learn(ratePerSecond: number) {
  const history = new History();
  for (const window of runApplication(10, 10, 2, { ratePerSecond })) history.learn(window);
  return calibrate(history, topology).nodes;
}

describe("a leaf", () => {
  test("that was seen to queue has the servers that explain it", () => {
    const { structures, isIdentified } = learn(50).get(ALPHA)!;
    expect(isIdentified).toBe(true);
    expect(structures[0]!.structure).toEqual({ discipline: "fifo", serverCount: ALPHA_SERVERS });
  });

  test("is taken as it is while it was not, or when nothing ever waits there", () => {
    for (const leaf of [learn(5).get(ALPHA)!, learn(50).get(DB)!]) {
      expect(leaf.isIdentified).toBe(false);
      expect(leaf.structures.map((each) => each.structure.discipline)).toEqual(["delay"]);
    }
  });
});
