// Goal: evidence is a one-sided CUSUM: it never goes below zero or beyond its bound, and dates the onset by its change point.
// Method: random sequences of probabilities, and a few written by hand.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NodeScore } from "../../src/contracts/score.ts";
import { NodeEvidence } from "../../src/detection/evidence.ts";

const score = (probability: number, kindProbabilities: readonly number[] = [0.5, 0.5]): NodeScore => ({
  node: 0,
  probability,
  kindProbabilities,
  residualZ: 0,
});

/** Takes probabilities as windows of ten seconds. */
function evidenceOf(probabilities: readonly number[], isMaterial = true): NodeEvidence {
  const evidence = new NodeEvidence();
  probabilities.forEach((probability, i) => {
    evidence.take(score(probability), 10 * i, isMaterial);
  });
  return evidence;
}

const probability = fc.double({ min: 0, max: 1, noNaN: true });

describe("evidence", () => {
  test("stays within 0 and 12, and changes by at most 3 a window, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(probability, fc.boolean()), { maxLength: 40 }), (windows) => {
        const evidence = new NodeEvidence();
        windows.forEach(([guilt, isMaterial], i) => {
          const before = evidence.evidence;
          evidence.take(score(guilt), i, isMaterial);
          expect(Math.abs(evidence.evidence - before)).toBeLessThanOrEqual(3);
          expect(evidence.evidence).toBeGreaterThanOrEqual(0);
          expect(evidence.evidence).toBeLessThanOrEqual(12);
          expect(evidence.meanProbability).toBeLessThanOrEqual(1);
          expect(Number.isFinite(evidence.meanProbability)).toBe(true);
        });
      }),
    );
  });

  test("is higher for the more guilty of two histories, window by window", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(probability, probability), { minLength: 1, maxLength: 20 }), (pairs) => {
        const high = evidenceOf(pairs.map(([a, b]) => Math.max(a, b)));
        const low = evidenceOf(pairs.map(([a, b]) => Math.min(a, b)));
        expect(high.evidence).toBeGreaterThanOrEqual(low.evidence);
      }),
    );
  });

  test("needs two windows to reach 5, however guilty the first looked", () => {
    expect(evidenceOf([1]).evidence).toBeLessThan(5);
    expect(evidenceOf([1, 1]).evidence).toBeGreaterThanOrEqual(5);
  });

  test("never grows from windows below the floors, and falls even when they look guilty", () => {
    expect(evidenceOf([1, 1, 1, 1], false).evidence).toBe(0);
    const evidence = evidenceOf([1, 1]);
    const before = evidence.evidence;
    evidence.take(score(1), 20, false);
    expect(evidence.evidence).toBe(before - 1);
    expect(evidence.guiltyWindows).toBe(2);
  });

  test("dates the onset at the start of the present excursion, not of one that had passed", () => {
    expect(evidenceOf([0.9, 0.01, 0.01, 0.01, 0.95, 0.95]).onsetSeconds).toBe(40);
    expect(evidenceOf([0.95, 0.4, 0.95]).onsetSeconds).toBe(0);
    expect(evidenceOf([0.1, 0.1]).onsetSeconds).toBeNaN();
  });

  test("counts guilty windows of the present excursion only", () => {
    expect(evidenceOf([0.9, 0.01, 0.01, 0.95, 0.95]).guiltyWindows).toBe(2);
  });

  test("falls from its bound to nothing in four calm windows", () => {
    const evidence = evidenceOf(Array.from({ length: 50 }, () => 1));
    expect(evidence.evidence).toBe(12);
    for (let i = 0; i < 4; i++) evidence.take(score(0.001), 500 + i, true);
    expect(evidence.evidence).toBe(0);
  });

  test("weighs kinds by how guilty the node looked", () => {
    const evidence = new NodeEvidence();
    evidence.take(score(0.9, [1, 0]), 0, true);
    evidence.take(score(0.6, [0, 1]), 10, true);
    expect(evidence.kindProbabilities[0]).toBeCloseTo(0.6, 10);
    expect(evidence.kindProbabilities[1]).toBeCloseTo(0.4, 10);
    expect(new NodeEvidence().kindProbabilities).toEqual([]);
  });

  test("mean probability counts the calm windows of the excursion too", () => {
    expect(evidenceOf([0.9, 0.5, 0.9]).meanProbability).toBeCloseTo(0.6, 10);
  });

  test("explains as much as it did over all windows asked about, the worst counting most", () => {
    const evidence = evidenceOf([0.9]);
    expect(evidence.explainedShare).toBe(0);
    evidence.explain(1, 0.3);
    evidence.explain(0.2, 0.1);
    expect(evidence.explainedShare).toBeCloseTo(0.8, 6);
    // A window without an excess says next to nothing.
    evidence.explain(0, -5);
    expect(evidence.explainedShare).toBeCloseTo(0.8, 4);
    evidence.forget();
    expect(evidence.explainedShare).toBe(0);
  });

  test("fades by one in each window without the node, down to nothing", () => {
    const evidence = evidenceOf([1, 1]);
    const before = evidence.evidence;
    evidence.takeNothing();
    expect([evidence.evidence, evidence.guiltyWindows]).toEqual([before - 1, 2]);
    expect(evidence.lastStep).toBeLessThan(0);
    for (let i = 0; i < 20; i++) evidence.takeNothing();
    expect(evidence.evidence).toBe(0);
  });

  test("that is forgotten begins as if new", () => {
    const evidence = evidenceOf([1, 1, 1]);
    evidence.forget();
    expect([evidence.evidence, evidence.guiltyWindows, evidence.meanProbability]).toEqual([0, 0, 0]);
    expect(evidence.onsetSeconds).toBeNaN();
  });
});
