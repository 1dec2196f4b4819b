// Goal: what every baseline promises (bounded scores, cold start, score first and learn later, repeatability), and what
// each one alone sees. Method: a chain web → cart → stock with normal times ± 2 %, then one thing made wrong.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BASELINE_NAMES, createBaseline } from "../../../models/baselines/all-baselines.ts";
import { createCrude } from "../../../models/baselines/crude.ts";
import { createEwma } from "../../../models/baselines/ewma.ts";
import { createNSigma } from "../../../models/baselines/n-sigma.ts";
import { createRobust } from "../../../models/baselines/robust.ts";
import type { Scorer } from "../../../src/contracts/score.ts";
import {
  CART,
  feedNormal,
  nodeForecast,
  normalJitter,
  probabilities,
  residual,
  STOCK,
  TOPOLOGY,
  twinView,
  WEB,
  type WindowShape,
  window,
} from "./fixtures.ts";

const SLOW_CART: WindowShape = { selfSeconds: [0.004, 0.06, 0.01] };
const SLOW_WAY_TO_STOCK: WindowShape = { gapSeconds: [0.001, 0.05] };
const FAST_CART: WindowShape = { selfSeconds: [0.004, 0.0006, 0.01] };

describe.each(BASELINE_NAMES)("%s", (name) => {
  const create = () => createBaseline(name, { seed: 3 });

  test("scores every node in [0, 1], kinds summing to 1, evidence at least 0, whatever comes", () => {
    const shapes = fc.record({
      requests: fc.integer({ min: 0, max: 12 }),
      selfSeconds: fc.array(fc.double({ min: 0, max: 5, noNaN: true }), { minLength: 3, maxLength: 3 }),
      failing: fc.integer({ min: 0, max: 12 }),
    });
    fc.assert(
      fc.property(fc.array(shapes, { minLength: 1, maxLength: 25 }), (windows) => {
        const scorer = create();
        for (const [index, shape] of windows.entries()) {
          const forecast = { ...window(index, shape), nodes: twinView().nodes };
          const scored = scorer.score(forecast);
          expect(scored.scorer).toBe(name);
          expect(scored.forecast).toBe(forecast);
          expect(scored.nodes.map((node) => node.node)).toEqual([WEB, CART, STOCK]);
          for (const node of scored.nodes) {
            expect(node.probability).toBeGreaterThanOrEqual(0);
            expect(node.probability).toBeLessThanOrEqual(1);
            expect(node.residualZ).toBeGreaterThanOrEqual(0);
            expect(node.kindProbabilities.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
          }
        }
      }),
      { numRuns: 30 },
    );
  });

  test("gives the same scores when the same windows come again", () => {
    const play = (scorer: Scorer) =>
      Array.from({ length: 40 }, (_, i) =>
        probabilities(scorer.score(window(i, i > 30 ? SLOW_CART : {}, normalJitter(i)))),
      );
    expect(play(create())).toEqual(play(create()));
  });
});

const LEARNERS: readonly { name: string; create: () => Scorer }[] = [
  { name: "n-sigma", create: () => createNSigma() },
  { name: "robust", create: () => createRobust() },
  { name: "ewma", create: () => createEwma() },
  { name: "crude", create: () => createCrude() },
];

describe.each(LEARNERS)("$name", ({ create }) => {
  test("is quiet in normal time", () => {
    const scorer = create();
    for (let i = 0; i < 60; i++) {
      expect(Math.max(...probabilities(scorer.score(window(i, {}, normalJitter(i)))))).toBeLessThan(0.5);
    }
  });

  test("ranks the node first that works slower, not the one that waits for it", () => {
    const scorer = create();
    feedNormal(scorer, 0, 40);
    const [web, cart, stock] = probabilities(scorer.score(window(40, SLOW_CART)));
    expect(cart).toBeGreaterThan(0.5);
    expect(Math.max(web!, stock!)).toBeLessThan(0.5);
  });

  test("charges a slower way to the node at its end", () => {
    const scorer = create();
    feedNormal(scorer, 0, 40);
    const [web, cart, stock] = probabilities(scorer.score(window(40, SLOW_WAY_TO_STOCK)));
    expect(stock).toBeGreaterThan(0.5);
    expect(Math.max(web!, cart!)).toBeLessThan(0.5);
  });

  test("gives no score from a window in warm-up, however strange", () => {
    const scorer = create();
    feedNormal(scorer, 0, 5);
    expect(probabilities(scorer.score(window(5, SLOW_CART)))).toEqual([0, 0, 0]);
  });

  test("never uses the scored window as its own normal: a deviation grows in proportion to the excess", () => {
    const [slow, normal] = [create(), create()];
    feedNormal(slow, 0, 40);
    feedNormal(normal, 0, 40);
    const alone = slow.score(window(40, SLOW_CART)).nodes[CART]!.residualZ;
    // Had a window moved its own normal, the larger excess would have moved it more and fallen behind.
    const faster = normal.score(window(40, { selfSeconds: [0.004, 0.006 + (0.06 - 0.006) / 2, 0.01] }));
    const level = 0.006;
    expect(alone).toBeGreaterThan(faster.nodes[CART]!.residualZ);
    expect(alone / faster.nodes[CART]!.residualZ).toBeCloseTo((0.06 - level) / (0.033 - level), 1);
  });

  test("treats absent data as no evidence", () => {
    const scorer = create();
    feedNormal(scorer, 0, 40);
    expect(probabilities(scorer.score(window(100, { requests: 0 })))).toEqual([0, 0, 0]);
    expect(probabilities(scorer.score(window(101, { ...SLOW_CART, requests: 2 })))).toEqual([0, 0, 0]);
  });

  test("still sees a fault in its third minute, and is quiet again after it", () => {
    const scorer = create();
    feedNormal(scorer, 0, 60);
    let last = 0;
    for (let i = 60; i < 78; i++) last = scorer.score(window(i, SLOW_CART)).nodes[CART]!.probability;
    expect(last).toBeGreaterThan(0.5);
    expect(Math.max(...probabilities(feedNormal(scorer, 78, 90)))).toBeLessThan(0.5);
  });

  test("takes a node that appears later as new: it warms up on its own", () => {
    const scorer = create();
    feedNormal(scorer, 0, 40);
    const nodes = [...TOPOLOGY.nodes, { index: 3, name: "mail", kind: "service" as const }];
    const scored = scorer.score(window(40, { topology: { ...TOPOLOGY, nodes } }, normalJitter(40)));
    expect(scored.nodes[3]).toMatchObject({ node: 3, probability: 0 });
  });
});

test("n-sigma and EWMA find faster strange too, robust and crude only slower", () => {
  const cartAfter = (scorer: Scorer) => {
    feedNormal(scorer, 0, 40);
    return scorer.score(window(40, FAST_CART)).nodes[CART]!.probability;
  };
  expect(cartAfter(createNSigma())).toBeGreaterThan(0.5);
  expect(cartAfter(createEwma())).toBeGreaterThan(0.5);
  expect(cartAfter(createRobust())).toBeLessThan(0.5);
  expect(cartAfter(createCrude())).toBeLessThan(0.5);
});

test("n-sigma sees messages wait longer, and with sojourn asked for blames callers as well", () => {
  const lagging = createNSigma();
  feedNormal(lagging, 0, 40);
  expect(lagging.score(window(40, { lagSeconds: [0, 0.5, 0] })).nodes[CART]!.probability).toBeGreaterThan(0.5);
  const whole = createNSigma({ quantities: ["sojourn"] });
  feedNormal(whole, 0, 40);
  expect(probabilities(whole.score(window(40, SLOW_CART))).map((p) => p > 0.5)).toEqual([true, true, false]);
});

describe("crude", () => {
  test("pools a minute: one slow window of six weighs a sixth", () => {
    const scorer = createCrude();
    feedNormal(scorer, 0, 60);
    const zs = [60, 61, 62].map((i) => scorer.score(window(i, SLOW_CART)).nodes[CART]!.residualZ);
    expect(zs[1]! / zs[0]!).toBeCloseTo(2, 1);
    expect(zs[2]! / zs[0]!).toBeCloseTo(3, 1);
  });

  test("has no part of the scored minute in its normal, even when it remembers little", () => {
    const scorer = createCrude({ memoryWindows: 8 });
    feedNormal(scorer, 0, 60);
    const zs = [60, 61, 62, 63, 64, 65].map((i) => scorer.score(window(i, SLOW_CART)).nodes[CART]!.residualZ);
    expect(zs[5]! / zs[0]!).toBeCloseTo(6, 0);
  });

  test("does not pool over a hole in the data", () => {
    const scorer = createCrude();
    feedNormal(scorer, 0, 60);
    const z = scorer.score(window(80, SLOW_CART)).nodes[CART]!.residualZ;
    const pooled = createCrude();
    feedNormal(pooled, 0, 60);
    expect(z).toBeGreaterThan(4 * pooled.score(window(60, SLOW_CART)).nodes[CART]!.residualZ);
  });
});

test("the twin's residuals are used by twin-residual alone; it needs no warm-up", () => {
  const forecast = twinView(nodeForecast(CART, { service: residual(9) }));
  for (const name of BASELINE_NAMES.filter((other) => other !== "dummy")) {
    const [, cart] = probabilities(createBaseline(name, { seed: 1 }).score(forecast));
    expect(cart! > 0.5).toBe(name === "twin-residual");
  }
});
