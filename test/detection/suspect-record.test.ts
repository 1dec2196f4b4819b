// Goal: suspects of an incident are measured over its own windows, all over the same.
// Method: evidence and answers of the twin written by hand.
import { describe, expect, test } from "vitest";
import type { Counterfactual } from "../../src/contracts/forecast.ts";
import { NodeEvidence } from "../../src/detection/evidence.ts";
import { SuspectRecord } from "../../src/detection/suspect-record.ts";

/** Evidence after windows in which the node looked as guilty as said. */
function evidenceOf(...probabilities: number[]): NodeEvidence {
  const evidence = new NodeEvidence();
  probabilities.forEach((probability, i) => {
    const score = { node: 0, probability, kindProbabilities: [1, 0], pValue: null, residualZ: 0 };
    evidence.take(score, { startSeconds: 10 * i, isMaterial: true, alarmThreshold: 1000 });
  });
  return evidence;
}

function answer(explainedShare: number, excessSeconds: number): Counterfactual {
  return {
    node: 0,
    observedMeanSeconds: 0.1 + excessSeconds,
    predictedMeanSeconds: 0.1,
    withoutItMeanSeconds: 0.1 + excessSeconds * (1 - explainedShare),
    worst: null,
    explainedShare,
  };
}

describe("a suspect", () => {
  test("who came under suspicion late was innocent in the windows before", () => {
    expect(new SuspectRecord(evidenceOf(0.9), 1).meanProbability).toBeCloseTo(0.9, 9);
    expect(new SuspectRecord(evidenceOf(0.9), 6).meanProbability).toBeCloseTo(0.15, 9);
  });

  test("is as guilty as in the windows of the incident, whatever its own evidence does afterwards", () => {
    const evidence = evidenceOf(0.9, 0.9);
    const record = new SuspectRecord(evidence, 2);
    evidence.forget();
    expect([record.meanProbability, record.guiltyWindows]).toEqual([expect.closeTo(0.9, 9), 2]);
    record.take(evidence);
    expect(record.meanProbability).toBeCloseTo(0.6, 9);
  });

  test("explains as much as it did over all windows asked about, the worst counting most", () => {
    const record = new SuspectRecord(evidenceOf(0.9), 1);
    expect([record.explainedShare, record.unexplainedShare, record.answer]).toEqual([0, 1, undefined]);
    record.explain(answer(1, 0.3), 0.5);
    record.explain(answer(0.2, 0.1), 0.1);
    expect(record.explainedShare).toBeCloseTo(0.8, 6);
    expect(record.unexplainedShare).toBeCloseTo(0.4, 6);
    // A window without an excess says next to nothing.
    record.explain(answer(0, -5), 1);
    expect(record.explainedShare).toBeCloseTo(0.8, 4);
    expect(record.answer?.observedMeanSeconds).toBeCloseTo(0.4, 9);
  });
});
