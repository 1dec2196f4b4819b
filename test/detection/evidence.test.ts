// Goal: evidence of log odds is a one-sided CUSUM: it never goes below zero or beyond its bound, and dates the onset by its
// change point. Evidence of p-values is an e-detector: it keeps the rate of false alarms it was given.
// Method: random sequences of probabilities and of p-values, and a few written by hand.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../src/contracts/hypothesis.ts";
import type { NodeScore } from "../../src/contracts/score.ts";
import { alarmThreshold, eValueOf } from "../../src/detection/e-values.ts";
import { NodeEvidence } from "../../src/detection/evidence.ts";
import { normal, stream } from "../../twin/kernel/random.ts";

const score = (probability: number, kindProbabilities: readonly number[] = [0.5, 0.5]): NodeScore => ({
  node: 0,
  probability,
  kindProbabilities,
  pValue: null,
  residualZ: 0,
});

const at = (startSeconds: number, isMaterial = true, alarmThreshold = 1000) => ({
  startSeconds,
  isMaterial,
  alarmThreshold,
});

/** Log odds that open an incident of a scorer without p-values. */
const OPENS = 5;
const levelOf = (evidence: NodeEvidence): number => OPENS * evidence.share;

/** Takes probabilities as windows of ten seconds. */
function evidenceOf(probabilities: readonly number[], isMaterial = true): NodeEvidence {
  const evidence = new NodeEvidence();
  probabilities.forEach((probability, i) => {
    evidence.take(score(probability), at(10 * i, isMaterial));
  });
  return evidence;
}

const probability = fc.double({ min: 0, max: 1, noNaN: true });

describe("evidence of a scorer without p-values", () => {
  test("stays within 0 and 11, and changes by at most 3 a window, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(probability, fc.boolean()), { maxLength: 40 }), (windows) => {
        const evidence = new NodeEvidence();
        windows.forEach(([guilt, isMaterial], i) => {
          const before = levelOf(evidence);
          evidence.take(score(guilt), at(i, isMaterial));
          expect(Math.abs(levelOf(evidence) - before)).toBeLessThanOrEqual(3 + 1e-9);
          expect(levelOf(evidence)).toBeGreaterThanOrEqual(0);
          expect(levelOf(evidence)).toBeLessThanOrEqual(11);
          expect(evidence.tally.meanProbability).toBeLessThanOrEqual(1);
          expect(Number.isFinite(evidence.tally.meanProbability)).toBe(true);
        });
      }),
    );
  });

  test("is higher for the more guilty of two histories, window by window", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(probability, probability), { minLength: 1, maxLength: 20 }), (pairs) => {
        const high = evidenceOf(pairs.map(([a, b]) => Math.max(a, b)));
        const low = evidenceOf(pairs.map(([a, b]) => Math.min(a, b)));
        expect(high.share).toBeGreaterThanOrEqual(low.share);
      }),
    );
  });

  test("needs two windows to alarm, however guilty the first looked", () => {
    expect(evidenceOf([1]).isAlarming).toBe(false);
    expect(evidenceOf([1, 1]).isAlarming).toBe(true);
  });

  test("never grows from windows below the floors, and falls even when they look guilty", () => {
    expect(evidenceOf([1, 1, 1, 1], false).share).toBe(0);
    const evidence = evidenceOf([1, 1]);
    const before = levelOf(evidence);
    evidence.take(score(1), at(20, false));
    expect(levelOf(evidence)).toBeCloseTo(before - 1, 9);
    expect(evidence.tally.guiltyWindows).toBe(2);
  });

  test("dates the onset at the start of the present excursion, not of one that had passed", () => {
    expect(evidenceOf([0.9, 0.01, 0.01, 0.01, 0.95, 0.95]).onsetSeconds).toBe(40);
    expect(evidenceOf([0.95, 0.4, 0.95]).onsetSeconds).toBe(0);
    expect(evidenceOf([0.1, 0.1]).onsetSeconds).toBeNaN();
  });

  test("counts guilty windows of the present excursion only", () => {
    expect(evidenceOf([0.9, 0.01, 0.01, 0.95, 0.95]).tally.guiltyWindows).toBe(2);
  });

  test("falls from its bound to nothing in four calm windows", () => {
    const evidence = evidenceOf(Array.from({ length: 50 }, () => 1));
    expect(levelOf(evidence)).toBeCloseTo(11, 9);
    for (let i = 0; i < 4; i++) evidence.take(score(0.001), at(500 + i));
    expect(evidence.share).toBe(0);
  });

  test("weighs kinds by how guilty the node looked", () => {
    const evidence = new NodeEvidence();
    evidence.take(score(0.9, [1, 0]), at(0));
    evidence.take(score(0.6, [0, 1]), at(10));
    expect(evidence.tally.kindProbabilities[0]).toBeCloseTo(0.6, 10);
    expect(evidence.tally.kindProbabilities[1]).toBeCloseTo(0.4, 10);
    expect(new NodeEvidence().tally.kindProbabilities).toEqual([]);
  });

  test("mean probability counts the calm windows of the excursion too", () => {
    expect(evidenceOf([0.9, 0.5, 0.9]).tally.meanProbability).toBeCloseTo(0.6, 10);
  });

  test("fades by one in each window without the node, down to nothing", () => {
    const evidence = evidenceOf([1, 1]);
    const before = levelOf(evidence);
    evidence.takeNothing();
    expect(levelOf(evidence)).toBeCloseTo(before - 1, 9);
    expect(evidence.tally.guiltyWindows).toBe(2);
    expect(evidence.lastStep).toBeLessThan(0);
    for (let i = 0; i < 20; i++) evidence.takeNothing();
    expect(evidence.share).toBe(0);
  });

  test("that is forgotten begins as if new", () => {
    const evidence = evidenceOf([1, 1, 1]);
    evidence.forget();
    expect([evidence.share, evidence.tally.guiltyWindows, evidence.tally.meanProbability]).toEqual([0, 0, 0]);
    expect(evidence.onsetSeconds).toBeNaN();
  });
});

const pScore = (pValue: number): NodeScore => ({ ...score(0.9), pValue });

/** Windows until the alarm when p-values are what they claim to be; `limit` when there is none before. */
function runLength(draw: () => number, alarmThreshold: number, limit: number): number {
  const evidence = new NodeEvidence();
  for (let window = 1; window <= limit; window++) {
    evidence.take(pScore(draw()), at(window, true, alarmThreshold));
    if (evidence.isAlarming) return window;
  }
  return limit;
}

describe("evidence of p-values", () => {
  test("raises a false alarm no oftener than once in the windows it was given", () => {
    const random = stream(1, "e-detector", "p-values");
    const lengths = Array.from({ length: 400 }, () => runLength(() => random.nextUniform(), 50, 5000));
    const mean = lengths.reduce((sum, each) => sum + each, 0) / lengths.length;
    expect(mean).toBeGreaterThan(50);
  });

  test("alarms soon when p-values are small: at one in ten thousand in three windows, for a false alarm in 100,000", () => {
    expect(runLength(() => 1e-4, 1e5, 100)).toBeLessThanOrEqual(3);
    expect(runLength(() => 0.01, 1e5, 100)).toBeLessThanOrEqual(10);
  });

  test("asks more of a node that has claimed more than its share in calm times", () => {
    const claims = new NodeEvidence();
    const quiet = new NodeEvidence();
    for (let window = 0; window < 300; window++) {
      claims.take(pScore(window % 10 === 0 ? 1e-4 : 0.7), at(window, true, 1e12));
      quiet.take(pScore(0.7), at(window, true, 1e12));
    }
    for (const evidence of [claims, quiet]) {
      evidence.forget();
      evidence.take(pScore(1e-4), at(400, true, 1e12));
    }
    expect(quiet.lastStep).toBeCloseTo(Math.log(eValueOf(1e-4)), 6);
    expect(claims.lastStep).toBeLessThan(quiet.lastStep - 1);
  });

  test("what was claimed just before an incident is not taken for calm", () => {
    const evidence = new NodeEvidence();
    for (let window = 0; window < 12; window++) evidence.take(pScore(1e-6), at(window));
    evidence.forgetLatelyCalm();
    for (let window = 0; window < 12; window++) evidence.take(pScore(0.9), at(20 + window));
    evidence.take(pScore(1e-4), at(40));
    expect(evidence.lastStep).toBeCloseTo(Math.log(eValueOf(1e-4)), 6);
  });
});

describe("what is accepted as normal", () => {
  test("is no evidence any more at the level it had, and is at a much higher one", () => {
    const evidence = new NodeEvidence();
    for (let window = 0; window < 40; window++) {
      evidence.take(pScore(1e-3), at(window));
      evidence.forgetLatelyCalm();
    }
    evidence.acceptAsNormal();
    evidence.forget();
    evidence.take(pScore(1e-3), at(50));
    expect(evidence.lastStep).toBeLessThan(0.5);
    evidence.take(pScore(1e-6), at(51));
    expect(evidence.lastStep).toBeGreaterThan(3);
  });
});

describe("an e-value", () => {
  test("has a mean of at most 1 over valid p-values", () => {
    const steps = 200_000;
    let sum = 0;
    // The midpoint rule misses what lies below the first half step: ∫₀ᵋ e dp = −1 / ln ε − …
    for (let i = 0; i < steps; i++) sum += eValueOf((i + 0.5) / steps) / steps;
    expect(sum).toBeLessThan(1);
    expect(sum).toBeGreaterThan(0.85);
  });

  test("falls as the p-value rises, without a step near 1", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-12, max: 1, noNaN: true }),
        fc.double({ min: 1e-12, max: 1, noNaN: true }),
        (a, b) => {
          expect(eValueOf(Math.min(a, b))).toBeGreaterThanOrEqual(eValueOf(Math.max(a, b)) - 1e-9);
        },
      ),
    );
    expect(eValueOf(1)).toBeCloseTo(0.5, 9);
    expect(eValueOf(Math.exp(-0.9e-3))).toBeCloseTo(eValueOf(Math.exp(-1.1e-3)), 3);
  });

  test("asks for as many windows as a week has, times the nodes that are watched", () => {
    expect(alarmThreshold(1, 5, 10)).toBeCloseTo(1_209_600, 6);
    expect(alarmThreshold(7, 5, 10)).toBeCloseTo(172_800, 6);
  });
});

describe("faults the twin has simulated", () => {
  const WEEK_OF_TWELVE_NODES = alarmThreshold(1, 5, 12);
  const fault = (gain: number): Hypothesis => ({
    node: 0,
    kind: "slow-code",
    size: { value: 2, unit: "factor", addedSeconds: Number.NaN },
    instance: -1,
    gain,
    fitted: 1,
    sampleCount: 100,
  });

  /** Windows of one node with this p-value, probability, and fault that fits each of them. */
  function diagnosed(count: number, given: NodeScore, hypotheses: readonly Hypothesis[]): NodeEvidence {
    const evidence = new NodeEvidence();
    for (let i = 0; i < count; i++) {
      evidence.take(given, at(5 * i, true, WEEK_OF_TWELVE_NODES));
      evidence.diagnose(hypotheses);
    }
    return evidence;
  }

  test("open an incident in two windows that the score alone leaves open", () => {
    expect(diagnosed(2, pScore(0.001), []).isAlarming).toBe(false);
    expect(diagnosed(2, pScore(0.001), [fault(60)]).isAlarming).toBe(true);
    expect(diagnosed(1, pScore(0.001), [fault(1e6)]).isAlarming).toBe(false);
  });

  test("are not heard where the model finds the node rather innocent", () => {
    const innocent = { ...pScore(0.001), probability: 0.4 };
    expect(diagnosed(3, innocent, [fault(60)]).share).toBe(diagnosed(3, innocent, []).share);
  });

  test("say nothing to a scorer without p-values", () => {
    expect(diagnosed(3, score(0.9), [fault(60)]).share).toBe(diagnosed(3, score(0.9), []).share);
  });

  test("never take away more than half of what a window's score gave, however badly they fit", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e-6, max: 0.05, noNaN: true }),
        fc.double({ min: -1e6, max: 0, noNaN: true }),
        (p, gain) => {
          const evidence = new NodeEvidence();
          evidence.take(pScore(p), at(0, true, WEEK_OF_TWELVE_NODES));
          const before = evidence.lastStep;
          evidence.diagnose([fault(gain)]);
          expect(evidence.lastStep).toBeGreaterThanOrEqual(before - Math.LN2 - 1e-9);
        },
      ),
    );
  });

  test("keep the rate of false alarms: the mean of two e-values with mean 1 lets one in a thousand through at a thousand", () => {
    const random = stream(5, 0, "nothing is wrong");
    const windows = 20_000;
    let alarms = 0;
    let evidence = new NodeEvidence();
    for (let i = 0; i < windows; i++) {
      evidence.take(pScore(Math.max(1e-9, random.nextUniform())), at(i, true, 1000));
      // A Bayes factor of two normal hypotheses one standard deviation apart has mean 1 when the first is true.
      evidence.diagnose([fault(normal(random, 0, 1) - 0.5 + Math.log(11) + 0.5 * (1 + Math.log(100)))]);
      if (!evidence.isAlarming) continue;
      alarms++;
      evidence = new NodeEvidence();
    }
    expect(alarms).toBeLessThanOrEqual((2 * windows) / 1000);
  });
});
