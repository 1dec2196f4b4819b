// Goal: the last line of `npm run evaluate` has every figure that was promised, and null where there was nothing to count.
import { describe, expect, test } from "vitest";
import { headlineOf } from "../../bench/evaluate/headline.ts";
import { shortTable } from "../../bench/evaluate/short-table.ts";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import type { Labels } from "../../src/contracts/labels.ts";
import { judgeRecording } from "../../src/evaluation/judge-recording.ts";
import { reportOf } from "../../src/evaluation/report.ts";
import { fault, history, labels, load } from "./fixtures.ts";

const PROMISED =
  "gridFalseIncidents gridRuns gridF1 gridAC1 gridKind delayMedianSeconds delayP90Seconds boutiqueF1 boutiquePrecision " +
  "boutiqueAC1 crudeRuleAC1 skipped";

function report(own: Labels, model: readonly IncidentEvent[], crude: readonly IncidentEvent[]) {
  const timeline = { windowEndSeconds: [], nodes: ["cart", "ads"], probability: [] };
  const runs = [
    { scorer: "model", incidents: model, timeline },
    { scorer: "crude", incidents: crude, timeline },
  ];
  const judged = [judgeRecording({ recording: "x", dataHash: "", labels: own, runs })];
  return reportOf({ judged, subject: "model", provenance: { command: "", versions: {}, seed: 1 } });
}

const grid = report(
  labels([fault(500, 600)], {
    loads: [load(1000, 1100, { saturates: false }), load(2000, 2100, { saturates: false })],
  }),
  [...history("a", 520), ...history("b", 1050)],
  [],
);
const boutique = report(labels([fault(500, 600), fault(1500, 1600)]), history("a", 530, { atEnd: ["ads", "cart"] }), [
  ...history("a", 510),
  ...history("b", 1510),
]);

describe("the headline", () => {
  test("takes the grid's figures from the testbed and the crude rule's from the same run on the public campaign", () => {
    const headline = headlineOf({ grid, boutique }, []);
    expect(headline).toMatchObject({ gridRuns: 2, gridFalseIncidents: 1, gridAC1: 1, delayMedianSeconds: 20 });
    // One of one found, and one false alarm: precision 1/2, F1 2/3.
    expect(headline.gridF1).toBeCloseTo(2 / 3);
    // One of two found, on another node first: F1 2/3, precision 1, AC@1 0.
    expect(headline).toMatchObject({
      boutiquePrecision: 1,
      boutiqueAC1: 0,
      boutiqueAC1AtOpening: 0.5,
      crudeRuleAC1: 1,
    });
    expect(headline.boutiqueF1).toBeCloseTo(2 / 3);
  });

  test("has every key that was promised, with data and without", () => {
    for (const headline of [headlineOf({ grid, boutique }, []), headlineOf({ grid: null, boutique: null }, [])])
      for (const key of PROMISED.split(" ")) expect(Object.keys(JSON.parse(JSON.stringify(headline)))).toContain(key);
  });

  test("is null where the data is not there, and says what was skipped", () => {
    const { skipped, ...figures } = headlineOf({ grid: null, boutique: null }, ["public campaign: not given"]);
    expect(new Set(Object.values(figures))).toEqual(new Set([null]));
    expect(skipped).toEqual(["public campaign: not given"]);
  });

  test("no false incident in no run is no figure, let alone 0", () => {
    expect(headlineOf({ grid: boutique, boutique: null }, [])).toMatchObject({ gridRuns: 0, gridFalseIncidents: null });
  });
});

test("the short table has every scorer in a row, and what cannot be told is a dash", () => {
  const lines = shortTable(grid).split("\n");
  expect(lines).toHaveLength(4);
  expect(lines[2]).toMatch(/\*\*model\*\* \| +1\/1 \| +0\.50/);
  expect(lines[3]).toMatch(/^\| crude +\| +0\/1 \| +– \|/);
});
