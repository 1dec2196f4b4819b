// Goal: AC@k, Avg@5 and the ranking by node scores agree with counting by hand.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  hitsOfList,
  randomRankingExpectation,
  rootCauseByKind,
  rootCauseRates,
} from "../../src/evaluation/root-cause.ts";
import { hitsOfScores, meanScores, rankedNodes, type ScoredTimeline } from "../../src/evaluation/scored-timeline.ts";
import { onsetCases, onsetHits, onsetRanking } from "../../src/evaluation/shifted-onset.ts";
import { cases, fault, RULES } from "./fixtures.ts";

describe("hits of a ranked list", () => {
  test.each([
    { list: ["cart", "ads"], hits: [1, 1, 1, 1, 1] },
    { list: ["ads", "mail", "cart"], hits: [0, 0, 1, 1, 1] },
    { list: ["ads", "mail"], hits: [0, 0, 0, 0, 0] },
    { list: [], hits: [0, 0, 0, 0, 0] },
    { list: ["a", "b", "c", "d", "e", "cart"], hits: [0, 0, 0, 0, 0] },
    { list: ["ads", "ads", "cart"], hits: [0, 1, 1, 1, 1] },
  ])("$list", ({ list, hits }) => {
    expect(hitsOfList(list, "cart")).toEqual(hits);
  });
});

test("ranks 1, 3, 5 and a miss give AC@1 .25, AC@3 .5 and Avg@5 .45", () => {
  const { performance } = cases([fault(0, 9), fault(20, 29), fault(40, 49), fault(60, 69)]);
  const lists = [["cart"], ["a", "b", "cart"], ["a", "b", "c", "d", "cart"], ["a"]];
  const rows = performance.map((row, i) => ({ fault: row, hits: hitsOfList(lists[i]!, "cart") }));
  const rates = rootCauseRates(rows, 1);
  expect(rates.ac1.value).toBe(0.25);
  expect(rates.ac3.value).toBe(0.5);
  // (5 + 3 + 1 + 0) / 5 / 4
  expect(rates.avg5.value).toBeCloseTo(0.45);
  expect(rates.avg5.low).toBeLessThanOrEqual(0.45);
});

test("by kind, each kind has its own cases", () => {
  const { performance } = cases([fault(0, 9, { fault: "cpu" }), fault(20, 29, { fault: "pause" })]);
  const rows = performance.map((row, i) => ({ fault: row, hits: hitsOfList([i === 0 ? "cart" : "ads"], "cart") }));
  expect(rootCauseByKind(rows, 1).map((row) => [row.fault, row.rates.cases, row.rates.ac1.value])).toEqual([
    ["cpu", 1, 1],
    ["pause", 1, 0],
  ]);
});

describe("random ranking", () => {
  test("of 10 nodes expects AC@1 .1, AC@3 .3, Avg@5 .3; of 2 nodes Avg@5 .9", () => {
    expect(randomRankingExpectation(10)).toEqual({ ac1: 0.1, ac3: 0.3, avg5: expect.closeTo(0.3) });
    expect(randomRankingExpectation(2)?.avg5).toBeCloseTo(0.9);
    expect(randomRankingExpectation(0)).toBeNull();
  });

  test("is what a scorer gets that gives every node the same score", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (nodeCount) => {
        const scores = new Map(Array.from({ length: nodeCount }, (_, i) => [`n${i}`, 0.5]));
        const hits = hitsOfScores(scores, "n0");
        expect(hits[0]).toBeCloseTo(1 / nodeCount);
        expect(hits.reduce((sum, hit) => sum + hit, 0) / 5).toBeCloseTo(randomRankingExpectation(nodeCount)!.avg5);
      }),
    );
  });
});

test("hits by score equal hits by list when no two scores are equal", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.integer(), { minLength: 1, maxLength: 12 }), fc.nat(), (values, pick) => {
      const scores = new Map(values.map((value, i) => [`n${i}`, value]));
      const guilty = `n${pick % values.length}`;
      expect(hitsOfScores(scores, guilty)).toEqual(hitsOfList(rankedNodes(scores), guilty));
    }),
  );
});

describe("ranking given the onset", () => {
  // Windows of 20 s; the fault at 100 s is on "ads", which leads at first; "cart" overtakes it a minute later.
  const timeline: ScoredTimeline = {
    windowEndSeconds: [100, 120, 140, 160, 180, 200, 220],
    nodes: ["cart", "ads", "late"],
    probability: [
      Float64Array.of(0.9, 0),
      Float64Array.of(0.1, 0.9),
      Float64Array.of(0.1, 0.9),
      Float64Array.of(0.1, Number.NaN),
      Float64Array.of(0.8, 0.2),
      Float64Array.of(0.8, 0.2, 0.5),
      Float64Array.of(0.8, 0.2),
    ],
  };
  const { performance } = cases([fault(100, 300, { service: "ads" })]);

  test("averages the windows that end in (onset, onset + 60], not the one that ends at the onset", () => {
    const scores = meanScores(timeline, 100, 160);
    expect(scores.get("cart")).toBeCloseTo(0.1);
    expect(scores.get("ads")).toBeCloseTo(0.9);
    expect(scores.has("late")).toBe(false);
  });

  test("finds the node at the true onset and not at one shifted by 60 s", () => {
    const ranking = onsetRanking(onsetHits(onsetCases(performance, [timeline], RULES), timeline, RULES), 1);
    expect(ranking.atOnset.ac1.value).toBe(1);
    expect(ranking.shifted.ac1.value).toBe(0);
    // "late" (0.5) and "cart" (0.8) lie before it: rank 3.
    expect(ranking.shifted.ac3.value).toBe(1);
    expect(ranking.shifted.avg5.value).toBeCloseTo(0.6);
  });

  test("leaves out, by name, a case without a window after its onset, for all scorers alike", () => {
    const two = cases([fault(100, 300, { service: "ads" }), fault(1000, 1100)]).performance;
    const onset = onsetCases(two, [timeline, { windowEndSeconds: [], nodes: [], probability: [] }], RULES);
    expect(onset.ranked.map((row) => row.name)).toEqual(["slow-code@ads"]);
    expect(onset.withoutData).toEqual(["slow-code@cart"]);
  });

  test.each([
    { end: 189, rankedLate: 0 },
    { end: 190, rankedLate: 1 },
  ])("a fault from 100 to $end s is ranked from 160 s in $rankedLate case", ({ end, rankedLate }) => {
    const onset = onsetCases(cases([fault(100, end, { service: "ads" })]).performance, [timeline], RULES);
    const ranking = onsetRanking(onsetHits(onset, timeline, RULES), 1);
    expect(ranking.atOnset.cases).toBe(1);
    expect(ranking.shifted.cases).toBe(rankedLate);
    expect(ranking.unshifted.cases).toBe(rankedLate);
    expect(ranking.unshifted.ac1.value).toBe(rankedLate === 1 ? 1 : null);
    expect(onset.overTooSoon).toHaveLength(1 - rankedLate);
  });

  test("a guilty node without a score is a miss", () => {
    expect(hitsOfScores(new Map([["cart", 1]]), "ads")).toEqual([0, 0, 0, 0, 0]);
  });
});
