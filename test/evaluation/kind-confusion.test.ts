// Goal: the kind of a fault is judged as written down.
import { describe, expect, test } from "vitest";
import { FAULT_KINDS } from "../../src/contracts/score.ts";
import { alarmsOf } from "../../src/evaluation/alarms.ts";
import { kindConfusion, kindOfLabel } from "../../src/evaluation/kind-confusion.ts";
import { matchEvents } from "../../src/evaluation/match-events.ts";
import { cases, fault, history, RULES } from "./fixtures.ts";

describe("kind of a label", () => {
  test.each(FAULT_KINDS)("%s is itself", (kind) => {
    expect(kindOfLabel(kind)).toBe(kind);
  });
  test.each([
    ["network_delay", "network-delay"],
    ["cpu_contention", "cpu"],
    ["CPU hog", "cpu"],
    ["solar-flare", null],
  ])("%s means %s", (label, kind) => {
    expect(kindOfLabel(label)).toBe(kind);
  });
});

describe("confusion of kinds", () => {
  const judged = cases([
    fault(100, 200, { fault: "cpu_consumed" }),
    fault(600, 700, { fault: "cpu_consumed" }),
    fault(1100, 1200, { fault: "pause" }),
    fault(1600, 1700, { fault: "solar-flare" }),
    fault(2100, 2200, { fault: "pause" }),
  ]);
  const events = [
    ...history("a", 110, { kind: "slow-code", kindAtEnd: "cpu" }),
    ...history("b", 610, { kind: "cpu", kindAtEnd: "cpu", atEnd: ["ads", "cart"] }),
    ...history("c", 1110, { kind: "pause", kindAtEnd: "cpu" }),
    ...history("d", 1610, { kind: "pause" }),
  ];
  const confusion = kindConfusion(matchEvents(judged, alarmsOf(events), RULES));

  test("counts what was said at the end by label, and what was missed", () => {
    expect(confusion.rows).toEqual([
      { labelled: "cpu_consumed", expected: "cpu", said: { cpu: 2 }, missed: 0 },
      { labelled: "pause", expected: "pause", said: { cpu: 1 }, missed: 1 },
      { labelled: "solar-flare", expected: null, said: { pause: 1 }, missed: 0 },
    ]);
  });

  test("is right by the kind at its time, leaves out labels no verdict can name, and asks for the node when told to", () => {
    expect(confusion.accuracyAtOpening.value).toBeCloseTo(2 / 3);
    expect(confusion.accuracyAtEnd.value).toBeCloseTo(2 / 3);
    expect(confusion.accuracyAtRightNode.value).toBeCloseTo(1 / 2);
  });
});

test("a verdict that prefers no kind is a guess, right or wrong as it may look", () => {
  const judged = cases([fault(100, 200, { fault: "slow-code" }), fault(600, 700, { fault: "pause" })]);
  const kindProbability = 1 / FAULT_KINDS.length;
  const events = [...history("a", 110, { kindProbability }), ...history("b", 610, { kindProbability })];
  const confusion = kindConfusion(matchEvents(judged, alarmsOf(events), RULES));
  expect(confusion.accuracyAtOpening.value).toBeCloseTo(1 / FAULT_KINDS.length);
  expect(confusion.accuracyAtEnd.value).toBeCloseTo(1 / FAULT_KINDS.length);
  expect(confusion.rows.map((row) => row.said)).toEqual([{ undecided: 1 }, { undecided: 1 }]);
});
