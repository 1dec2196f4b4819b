// Goal: what is silenced is exactly what a person dismissed: this kind at this node, for this long, and no stronger.
// Method: the rules alone, fed with feedback as it is kept; strengths from windows of known size.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Feedback } from "../../src/contracts/feedback.ts";
import { FeedbackRules } from "../../src/detection/feedback-rules.ts";
import { feltStrengthOf, strengthOf } from "../../src/detection/strength.ts";
import { CART, nodeForecast, residual } from "../models/baselines/fixtures.ts";
import { aFeedback, anIncident } from "../store/samples.ts";

const ONSET = 900;
const GIVEN = 1000;
const UNTIL = 2000;

function rulesOf(...given: readonly Partial<Feedback>[]): FeedbackRules {
  const rules = new FeedbackRules();
  const times = { fromSeconds: ONSET, givenSeconds: GIVEN, silentUntilSeconds: UNTIL, strength: 4 };
  for (const [index, each] of given.entries()) rules.take({ id: index + 1, ...aFeedback(), ...times, ...each });
  return rules;
}

describe("a dismissal", () => {
  test.each([
    ["as it was", "pricing", "slow-code", 4, 1500, true],
    ["a little stronger", "pricing", "slow-code", 5.9, 1500, true],
    ["half as strong again", "pricing", "slow-code", 6, 1500, false],
    ["of another kind", "pricing", "cpu", 4, 1500, false],
    ["at another node", "cart", "slow-code", 4, 1500, false],
    ["in a window from before it was said that is judged after", "pricing", "slow-code", 4, ONSET + 1, true],
    ["before it began", "pricing", "slow-code", 4, ONSET - 1, false],
    ["at the end of its time", "pricing", "slow-code", 4, UNTIL, false],
  ])("silences the same %s: %s %s %d at %d is %s", (_, node, kind, strength, at, isSilenced) => {
    expect(rulesOf({}).isSilenced(node, kind, strength, at)).toBe(isSilenced);
  });

  test("of a new normal silences every kind at its node", () => {
    expect(rulesOf({ type: "new-normal" }).isSilenced("pricing", "crash", 4, 1500)).toBe(true);
  });

  test("of evidence of which nobody knows the strength silences nothing: an alarm too many is the lesser evil", () => {
    expect(rulesOf({ strength: 0 }).isSilenced("pricing", "slow-code", 0, 1500)).toBe(false);
  });

  test("beyond a thousand the oldest is forgotten", () => {
    const many = Array.from({ length: 1001 }, (_, k) => ({ incidentId: `i${k}`, node: `n${k}` }));
    const rules = rulesOf(...many);
    expect(rules.isSilenced("n0", "slow-code", 4, 1500)).toBe(false);
    expect(rules.isSilenced("n1", "slow-code", 4, 1500)).toBe(true);
  });
});

test("without feedback nothing is silenced, ignored or labelled", () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ min: 0, max: 1e6 }), fc.double({ min: 0, max: 1e9 }), (node, strength, at) => {
      const rules = new FeedbackRules();
      expect(rules.isSilenced(node, "cpu", strength, at)).toBe(false);
      expect(rules.isIgnored({ startSeconds: at, endSeconds: at + 5 })).toBe(false);
    }),
  );
  const incident = anIncident();
  expect(new FeedbackRules().labelled(incident)).toBe(incident);
});

test("a window is ignored that touches an ignored range, and no other; a range of one service ignores none", () => {
  const range = { type: "ignore", incidentId: null, kind: null, fromSeconds: 100, toSeconds: 200 } as const;
  const at = (rules: FeedbackRules, start: number) => rules.isIgnored({ startSeconds: start, endSeconds: start + 5 });
  const everywhere = rulesOf({ ...range, node: null });
  expect([94, 95, 96, 199, 200].map((start) => at(everywhere, start))).toEqual([false, false, true, true, false]);
  const one = rulesOf({ ...range, node: "pricing" });
  expect(at(one, 150)).toBe(false);
  expect(one.isSilenced("pricing", "crash", 1e9, 150)).toBe(true);
  expect(one.isSilenced("pricing", "crash", 1e9, 200)).toBe(false);
});

describe("strength", () => {
  test("is how much the mean has risen, in multiples of what is material: 30 % is two", () => {
    const service = { ...residual(5), observedMeanSeconds: 0.13, expectedMeanSeconds: 0.1 };
    expect(strengthOf(nodeForecast(CART, { service }))).toBeCloseTo(2, 9);
    expect(strengthOf(nodeForecast(CART, { gapIn: service }))).toBeCloseTo(2, 9);
  });

  test("is that of the worst of all that is wrong, and does not depend on how sure it is", () => {
    const rise = (z: number) => ({ ...residual(z), observedMeanSeconds: 0.13, expectedMeanSeconds: 0.1 });
    expect(strengthOf(nodeForecast(CART, { service: rise(99), errorExcess: 0.5 }))).toBeCloseTo(10, 9);
    expect(strengthOf(nodeForecast(CART, { service: rise(3) }))).toBe(
      strengthOf(nodeForecast(CART, { service: rise(99) })),
    );
  });

  test("is 0 of a node that is as expected or faster", () => {
    const service = { ...residual(-9), observedMeanSeconds: 0.05, expectedMeanSeconds: 0.1 };
    expect(strengthOf(nodeForecast(CART))).toBe(0);
    expect(strengthOf(nodeForecast(CART, { service, errorExcess: -0.1 }))).toBe(0);
  });

  test("of an incident whose windows are gone is what users felt at its worst", () => {
    const felt = (observedP95Seconds: number, predictedP95Seconds: number) =>
      feltStrengthOf(anIncident({ impact: [{ ...anIncident().impact[0]!, observedP95Seconds, predictedP95Seconds }] }));
    expect(felt(0.9, 0.3)).toBeCloseTo(2 / 0.15, 9);
    expect(felt(0.2, 0.3)).toBe(0);
    expect(felt(0.2, 0)).toBe(0);
    expect(feltStrengthOf(anIncident({ impact: [] }))).toBe(0);
  });
});
