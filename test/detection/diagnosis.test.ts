// Goal: the model's opinion and the twin's evidence come together as probabilities do.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Hypothesis } from "../../src/contracts/hypothesis.ts";
import { FAULT_KINDS, type FaultKind } from "../../src/contracts/score.ts";
import { Detector } from "../../src/detection/detector.ts";
import { Diagnosis } from "../../src/detection/diagnosis.ts";
import { sizeWords, worseWords } from "../../src/detection/hypothesis-words.ts";
import { CART, STOCK } from "../models/baselines/fixtures.ts";
import { feed, OPTIONS, times } from "./windows.ts";

const FACTOR = { value: 2, unit: "factor", addedSeconds: Number.NaN } as const;

function hypothesis(kind: FaultKind, gain: number, more: Partial<Hypothesis> = {}): Hypothesis {
  return { node: 0, kind, size: FACTOR, instance: -1, gain, fitted: 1, sampleCount: 100, ...more };
}

/** An opinion that is sure of one kind. */
function sureOf(kind: FaultKind, probability = 0.5) {
  return { probability, kindProbabilities: FAULT_KINDS.map((each) => (each === kind ? 0.9 : 0.01)) };
}

function afterWindows(...windows: readonly (readonly Hypothesis[])[]): Diagnosis {
  const diagnosis = new Diagnosis();
  for (const window of windows) diagnosis.take(window);
  return diagnosis;
}

describe("a verdict on a node", () => {
  test("is the model's own when the twin was never asked", () => {
    const verdict = new Diagnosis().verdict(sureOf("pause"));
    expect(verdict).toMatchObject({ kind: "pause", explanation: null });
    expect(verdict.kindProbability).toBeCloseTo(0.9, 1);
  });

  test("follows strong evidence against a sure model, and a sure model against weak evidence", () => {
    expect(afterWindows([hypothesis("cpu", 30)]).verdict(sureOf("pause")).kind).toBe("cpu");
    expect(afterWindows([hypothesis("cpu", 5)]).verdict(sureOf("pause")).kind).toBe("pause");
  });

  test("adds up evidence over windows: what one window leaves open several decide", () => {
    const window = [hypothesis("cpu", 5)];
    expect(afterWindows(window, window, window).verdict(sureOf("pause")).kind).toBe("cpu");
  });

  test("charges each fitted number: of two faults that fit as well the simpler one wins", () => {
    const both = [hypothesis("cpu", 40, { fitted: 3 }), hypothesis("network-delay", 40)];
    const even = { probability: 0.5, kindProbabilities: FAULT_KINDS.map(() => 1 / FAULT_KINDS.length) };
    expect(afterWindows(both).verdict(even).kind).toBe("network-delay");
  });

  test("gives probabilities, and never less weight for more evidence", () => {
    const gain = fc.double({ min: -50, max: 500, noNaN: true });
    fc.assert(
      fc.property(
        gain,
        gain,
        fc.constantFrom(...FAULT_KINDS),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (a, b, kind, p) => {
          const [less, more] = [Math.min(a, b), Math.max(a, b)];
          const before = afterWindows([hypothesis(kind, less)]).verdict(sureOf("pause", p));
          const after = afterWindows([hypothesis(kind, more)]).verdict(sureOf("pause", p));
          expect(before.kindProbability).toBeGreaterThan(0);
          expect(before.kindProbability).toBeLessThanOrEqual(1);
          expect(after.logWeight).toBeGreaterThanOrEqual(before.logWeight - 1e-9);
        },
      ),
    );
  });

  test("tells the size of the window in which a fault fitted best, and explanations by their evidence", () => {
    const size = (value: number) => ({ ...FACTOR, value });
    const diagnosis = afterWindows(
      [hypothesis("cpu", 3, { size: size(9) }), hypothesis("pause", 20)],
      [hypothesis("cpu", 30, { size: size(2) })],
    );
    expect(diagnosis.explanations.map(({ kind }) => kind)).toEqual(["cpu", "pause"]);
    expect(diagnosis.explanations[0]!.size.value).toBe(2);
  });

  test("of a copy stays what it was when the original learns more", () => {
    const original = afterWindows([hypothesis("cpu", 30)]);
    const copy = original.copy();
    original.take([hypothesis("pause", 300)]);
    expect(copy.verdict(sureOf("cpu")).kind).toBe("cpu");
    expect(original.verdict(sureOf("cpu")).kind).toBe("pause");
  });
});

describe("an incident", () => {
  const both = { guilt: { [CART]: 0.99, [STOCK]: 0.99 } };
  const shares = { [CART]: 0.5, [STOCK]: 0.5 };

  test("names the node whose simulated fault explains what was seen, its kind and its size", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(3, both), shares, [
      hypothesis("capacity", 60, { node: STOCK, size: { value: 2, unit: "servers", addedSeconds: Number.NaN } }),
      hypothesis("slow-code", 20, { node: CART }),
    ]);
    const [incident] = detector.openIncidents;
    expect(incident).toMatchObject({ guiltyNode: "stock", kind: "capacity" });
    expect(incident!.summary).toContain("stock: lost capacity, 2 servers left at each replica");
    expect(incident!.suspects.map(({ node }) => node)).toEqual(["stock", "cart"]);
  });

  test("says which other faults of that node were tried, and how much worse they fit", () => {
    const detector = new Detector(OPTIONS);
    feed(detector, 0, times(1, { guilt: { [STOCK]: 0.99 } }), shares);
    feed(detector, 1, times(1, { guilt: { [STOCK]: 0.99 } }), shares, [
      hypothesis("slow-code", 60, { node: STOCK }),
      hypothesis("network-delay", 14, { node: STOCK, size: { value: 0.012, unit: "seconds", addedSeconds: 0.012 } }),
    ]);
    expect(detector.openIncidents[0]!.ruledOut).toContainEqual({
      what: "network delay there",
      reason: "at its best (each call to it takes 12 ms more) it fits 10^20 times worse",
    });
  });
});

describe("words", () => {
  test.each([
    ["slow-code", FACTOR, "its own work takes 2.0 times as long"],
    ["bad-replica", FACTOR, "work of one replica takes 2.0 times as long"],
    ["network-loss", { value: 0.08, unit: "share", addedSeconds: 0.4 }, "8 % of calls to it sent again"],
    ["crash", { value: 0.5, unit: "share", addedSeconds: Number.NaN }, "50 % of calls to it unanswered"],
    ["cache-miss", { value: 0.25, unit: "share", addedSeconds: Number.NaN }, "25 % of its visits make other calls"],
    [
      "pause",
      { value: 0.1, unit: "share", addedSeconds: 0.2 },
      "standstills of 200 ms on average meet 10 % of its visits",
    ],
    ["capacity", { value: 1.5, unit: "servers", addedSeconds: Number.NaN }, "1.5 servers left at each replica"],
  ] as const)("for the size of %s", (kind, size, words) => {
    expect(sizeWords({ kind, size })).toBe(words);
  });

  test("for a difference of evidence are times up to a hundred, then powers of ten", () => {
    expect([0.1, Math.log(20), Math.log(1e6)].map(worseWords)).toEqual([
      "about as well",
      "20 times worse",
      "10^6 times worse",
    ]);
  });
});
