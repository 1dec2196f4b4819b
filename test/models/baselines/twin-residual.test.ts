// Goal: the twin's residuals become blame by the rules written down: one case a rule, which fails without it.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createTwinResidual } from "../../../models/baselines/twin-residual.ts";
import type { NodeForecast } from "../../../src/contracts/forecast.ts";
import { FAULT_KINDS } from "../../../src/contracts/score.ts";
import { CART, nodeForecast, probabilities, residual, STOCK, TOPOLOGY, twinView, WEB } from "./fixtures.ts";

const scorer = createTwinResidual();

function scoreOf(node: number, rest: Partial<NodeForecast>) {
  return scorer.score(twinView(nodeForecast(node, rest))).nodes[node]!;
}

function likeliestKind(node: number, rest: Partial<NodeForecast>): string {
  const { kindProbabilities } = scoreOf(node, rest);
  return FAULT_KINDS[kindProbabilities.indexOf(Math.max(...kindProbabilities))]!;
}

describe("what counts as evidence", () => {
  test.each<{ what: string; rest: Partial<NodeForecast> }>([
    { what: "slower service", rest: { service: residual(8) } },
    { what: "longer gap into it", rest: { gapIn: residual(8) } },
    { what: "longer lag", rest: { lag: residual(8) } },
    { what: "sojourn that nothing explains", rest: { sojourn: residual(8) } },
    { what: "half its calls failing", rest: { errorExcess: 0.5 } },
    { what: "half its calls never arriving", rest: { missingExcess: 0.5 } },
    { what: "resends", rest: { resendExcess: 0.8 } },
    { what: "another call program", rest: { programShift: 0.5 } },
  ])("$what", ({ rest }) => {
    expect(scoreOf(CART, rest).probability).toBeGreaterThan(0.5);
    expect(scoreOf(CART, rest).residualZ).toBeGreaterThan(4);
  });

  test.each<{ what: string; rest: Partial<NodeForecast> }>([
    { what: "nothing at all", rest: {} },
    { what: "faster service", rest: { service: residual(-20) } },
    { what: "a residual that is not a number", rest: { service: residual(Number.NaN) } },
    { what: "a longer gap out of it, which its callees answer for", rest: { gapOut: residual(20) } },
    { what: "fewer errors than learned", rest: { errorExcess: -0.5 } },
    { what: "heavy load alone", rest: { arrivalResidual: 3, utilization: 0.99 } },
  ])("not: $what", ({ rest }) => {
    expect(scoreOf(CART, rest).probability).toBe(0);
  });

  test("is the largest of them, and the same number of standard deviations counts the same", () => {
    expect(scoreOf(CART, { service: residual(3), gapIn: residual(7) }).residualZ).toBe(7);
    expect(scoreOf(CART, { service: residual(4) }).probability).toBe(0.5);
  });

  test("a share weighs more the more calls it is of", () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1, noNaN: true }), fc.integer({ min: 1, max: 500 }), (share, count) => {
        const z = (visitCount: number) => scoreOf(CART, { errorExcess: share, visitCount }).residualZ;
        expect(z(4 * count)).toBeCloseTo(2 * z(count), 6);
      }),
    );
  });

  test("a node that answers nothing is judged by the calls into it", () => {
    const silent = scoreOf(STOCK, { visitCount: 0, missingExcess: 1, gapIn: residual(0, 25) });
    expect(silent.residualZ).toBeCloseTo(Math.sqrt(25) / 0.1);
  });
});

describe("who is blamed for a long sojourn", () => {
  test("the callee whose service is slower, not the callers who wait for it", () => {
    const slow = twinView(
      nodeForecast(WEB, { sojourn: residual(11) }),
      nodeForecast(CART, { sojourn: residual(12) }),
      nodeForecast(STOCK, { sojourn: residual(12), service: residual(13) }),
    );
    const [web, cart, stock] = probabilities(scorer.score(slow));
    expect(stock).toBeGreaterThan(0.9);
    expect(web).toBe(0);
    expect(cart).toBe(0);
  });

  test("the callee behind a slower way, not the caller", () => {
    const slow = twinView(
      nodeForecast(CART, { sojourn: residual(9), gapOut: residual(9) }),
      nodeForecast(STOCK, { gapIn: residual(10) }),
    );
    const [, cart, stock] = probabilities(scorer.score(slow));
    expect(cart).toBe(0);
    expect(stock).toBeGreaterThan(0.9);
  });

  describe("a longer way to all it calls", () => {
    const view = (rest: Partial<NodeForecast>) =>
      probabilities(
        scorer.score(
          twinView(
            nodeForecast(WEB, { gapOut: residual(9), gapOutBreadth: 1, calleeCount: 2, ...rest }),
            nodeForecast(CART, { gapIn: residual(10) }),
          ),
        ),
      );

    test("speaks against the caller, and excuses whom it calls", () => {
      const [web, cart] = view({});
      expect(web).toBeGreaterThan(0.9);
      expect(cart).toBe(0);
    });

    test.each<{ but: string; rest: Partial<NodeForecast> }>([
      { but: "not when it calls one only", rest: { calleeCount: 1 } },
      { but: "not when half of them seem as near as ever", rest: { gapOutBreadth: 0.5 } },
    ])("$but", ({ rest }) => {
      const [web, cart] = view(rest);
      expect(web).toBe(0);
      expect(cart).toBeGreaterThan(0.9);
    });
  });

  test("an async callee's trouble explains no sojourn of its caller", () => {
    const view = twinView(
      nodeForecast(CART, { sojourn: residual(9) }),
      nodeForecast(STOCK, { service: residual(9), sojourn: residual(9) }),
    );
    const edges = TOPOLOGY.edges.map((edge) => ({ ...edge, isAsync: true }));
    const observation = { ...view.observation, topology: { ...TOPOLOGY, edges } };
    expect(probabilities(scorer.score(view))[CART]).toBe(0);
    expect(probabilities(scorer.score({ ...view, observation }))[CART]).toBeGreaterThan(0.9);
  });

  test("nobody when a longer way out, which many callers' calls hide at the callee, explains it", () => {
    expect(scoreOf(CART, { sojourn: residual(9), gapOut: residual(9) }).residualZ).toBe(0);
  });

  test("the node itself when nothing below it is strange", () => {
    expect(scoreOf(CART, { sojourn: residual(9) }).residualZ).toBe(9);
  });
});

describe("kind", () => {
  test.each<{ kind: string; node: number; rest: Partial<NodeForecast> }>([
    { kind: "slow-code", node: CART, rest: { service: residual(9) } },
    { kind: "cpu", node: CART, rest: { service: residual(9), cpuExcess: 0.4 } },
    { kind: "pause", node: CART, rest: { service: residual(9), burstiness: 0.3 } },
    { kind: "cpu", node: CART, rest: { gapOut: residual(9), gapOutBreadth: 1, calleeCount: 2 } },
    { kind: "bad-replica", node: CART, rest: { service: residual(9), instanceSpread: 0.4, cpuExcess: 0.4 } },
    { kind: "slow-dependency", node: STOCK, rest: { service: residual(9) } },
    { kind: "network-delay", node: CART, rest: { gapIn: residual(9) } },
    { kind: "network-loss", node: CART, rest: { resendExcess: 0.5, missingExcess: 0.2 } },
    { kind: "crash", node: CART, rest: { missingExcess: 0.9 } },
    { kind: "slow-consumer", node: CART, rest: { lag: residual(9) } },
    { kind: "cache-miss", node: CART, rest: { programShift: 0.5 } },
    { kind: "capacity", node: CART, rest: { sojourn: residual(9) } },
  ])("$kind", ({ kind, node, rest }) => {
    expect(likeliestKind(node, rest)).toBe(kind);
  });

  test("every kind has such a rule, and without evidence none is preferred", () => {
    const { kindProbabilities } = scoreOf(CART, {});
    expect(new Set(kindProbabilities.map((share) => share.toFixed(12))).size).toBe(1);
    expect(kindProbabilities).toHaveLength(FAULT_KINDS.length);
  });
});
