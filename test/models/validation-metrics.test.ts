// Goal: the figures on a model's card are what they say. Method: windows whose figures can be counted by hand, and a forecaster
// that is right as often as it says.
import { describe, expect, test } from "vitest";
import { modelCard } from "../../models/model-card.ts";
import { OUTPUT_COUNT } from "../../models/network.ts";
import { type ScoredExample, validationMetrics } from "../../models/validation-metrics.ts";
import { FAULT_KINDS } from "../../src/contracts/score.ts";
import { stream } from "../../twin/kernel/random.ts";
import { anArtifact } from "./artifacts.ts";

const ALONE = { temperature: 1, isPooled: false };

/** Logits of nodes with these guilt logits, all of kind 0. */
function logits(...guilt: number[]): Float32Array {
  const all = new Float32Array(guilt.length * OUTPUT_COUNT);
  guilt.forEach((logit, row) => {
    all[row * OUTPUT_COUNT] = logit;
    all[row * OUTPUT_COUNT + 1] = 5;
  });
  return all;
}

function example(nodes: number, guiltyRow: number, kind = 0): ScoredExample {
  const [rows, residualZ] = [new Float32Array(0), new Float32Array(nodes)];
  return { rows, calls: [], residualZ, guiltyRow, kind: guiltyRow < 0 ? -1 : kind };
}

describe("metrics on validation windows", () => {
  test("count who is first, who is among three, and whose kind is right, in windows with a fault only", () => {
    const scores = [logits(3, 1, 0, -1), logits(1, 3, 0, -1), logits(0, 1, 2, 3), logits(9, 9, 9, 9)];
    const truth = [example(4, 0), example(4, 0, 3), example(4, 0), example(4, -1)];
    const { windows, faultWindows, ac1, ac3, kind } = validationMetrics(scores, truth, ALONE);
    expect([windows, faultWindows]).toEqual([4, 3]);
    expect([ac1, ac3, kind]).toEqual([1 / 3, 2 / 3, 2 / 3]);
  });

  test("count a tie for the first place as lost", () => {
    expect(validationMetrics([logits(2, 2)], [example(2, 0)], ALONE).ac1).toBe(0);
  });

  test("give the Brier score of what is known for sure and of what is guessed", () => {
    const right = validationMetrics([logits(60)], [example(1, 0)], ALONE);
    expect(right.after.brier).toBeCloseTo(0, 6);
    expect(right.after.calibrationError).toBeCloseTo(0, 6);
    const wrong = validationMetrics([logits(60)], [example(1, -1)], ALONE);
    expect(wrong.after.brier).toBeCloseTo(2, 6);
    expect(wrong.after.calibrationError).toBeCloseTo(1, 6);
    const guess = validationMetrics([logits(0), logits(0)], [example(1, 0), example(1, -1)], ALONE);
    expect(guess.after.brier).toBeCloseTo(0.5, 6);
  });

  test("know a network that is twice as sure as it may be, before its temperature and after", () => {
    const random = stream(5, 0, "reliability");
    const [scores, truth]: [Float32Array[], ScoredExample[]] = [[], []];
    for (let i = 0; i < 4000; i++) {
      const honest = 6 * (random.nextUniform() - 0.5);
      scores.push(logits(2 * honest));
      truth.push(example(1, random.nextUniform() < 1 / (1 + Math.exp(-honest)) ? 0 : -1));
    }
    const { before, after } = validationMetrics(scores, truth, { temperature: 2, isPooled: false });
    expect(after.calibrationError).toBeLessThan(0.03);
    expect(before.calibrationError).toBeGreaterThan(0.08);
    expect(after.brier).toBeLessThan(before.brier);
  });
});

describe("a model card", () => {
  const scores = [logits(3, 1), logits(-3, -3)];
  const card = modelCard({
    ...anArtifact(),
    seed: 7,
    backend: "wasm",
    init: "before.json",
    epochs: 12,
    validationLoss: 0.25,
    cleanScores: 2345,
    kindWindows: FAULT_KINDS.map((kind) => (kind === "slow-code" ? 20 : kind === "cpu" ? 2 : 0)),
    metrics: validationMetrics(scores, [example(2, 0), example(2, -1)], { temperature: 1.5, isPooled: true }),
    training: [{ name: "monday", hash: "0123456789abcdef", cleanWindows: 11, faultWindows: 22 }],
    validation: [{ name: "tuesday", hash: "fedcba9876543210", cleanWindows: 33, faultWindows: 44 }],
  });

  test("tells data with their hashes, the split, metrics, calibration before and after, and limits", () => {
    expect(card).toContain("| training | monday | `0123456789abcdef` | 11 | 22 |");
    expect(card).toContain("| validation | tuesday | `fedcba9876543210` | 33 | 44 |");
    expect(card).toContain("seed 7, backend wasm, from `before.json`, best epoch 12, validation loss 0.2500");
    expect(card).toContain("guilt logit / 1.50; p-values from 2345 scores");
    expect(card).toContain("| of 2 windows, 1 with a fault | |");
    expect(card).toMatch(/\(AC@1\), among the highest three \(AC@3\) \| 1\.000, 1\.000 \|/);
    expect(card).toMatch(/its kind named \| 1\.000 \|/);
    expect(card).toMatch(
      /as trained: .* \| 0\.\d{3}, 0\.\d{3} \|\n\| probability divided by the temperature: .* \| 0\.\d{3}/,
    );
    expect(card).toContain("## Limits");
    expect(card).toContain("slow-code 20, cpu 2; none of ");
    expect(card).toContain("slow-consumer, crash: what it says of these is no knowledge.");
  });
});
