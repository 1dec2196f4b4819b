// Goal: the arg-max of the local residual asks nobody else, so that the ablation table shows what attribution is worth.
import { describe, expect, test } from "vitest";
import { createLocalResidual } from "../../../models/baselines/local-residual.ts";
import { createTwinResidual } from "../../../models/baselines/twin-residual.ts";
import type { NodeForecast } from "../../../src/contracts/forecast.ts";
import { CART, nodeForecast, residual, twinView, WEB } from "./fixtures.ts";

const scoreOf = (rest: Partial<NodeForecast>) =>
  createLocalResidual().score(twinView(nodeForecast(CART, rest))).nodes[CART]!;

describe("the local residual", () => {
  test.each(["service", "sojourn", "gapIn", "gapOut", "lag"] as const)("of %s counts as it is", (quantity) => {
    expect(scoreOf({ [quantity]: residual(8) }).residualZ).toBe(8);
    expect(scoreOf({ [quantity]: residual(4) }).probability).toBe(0.5);
  });

  test("is the largest, and neither absence nor what is faster or no number counts", () => {
    expect(scoreOf({ service: residual(3), lag: residual(7) }).residualZ).toBe(7);
    expect(scoreOf({ service: null, sojourn: residual(-9), gapIn: residual(Number.NaN) }).residualZ).toBe(0);
  });

  test("blames a caller that waits, where the twin's attribution blames the callee", () => {
    const slow = twinView(
      nodeForecast(WEB, { sojourn: residual(12) }),
      nodeForecast(CART, { sojourn: residual(11), service: residual(10) }),
    );
    const guiltOf = (scorer: ReturnType<typeof createLocalResidual>) => {
      const nodes = scorer.score(slow).nodes;
      return nodes.find((row) => row.node === WEB)!.probability > nodes.find((row) => row.node === CART)!.probability;
    };
    expect(guiltOf(createLocalResidual())).toBe(true);
    expect(guiltOf(createTwinResidual())).toBe(false);
  });
});
