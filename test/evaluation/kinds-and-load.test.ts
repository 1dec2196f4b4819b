// Goal: the kind of a fault and the question whether load is taken for a fault are judged as written down.
import { describe, expect, test } from "vitest";
import { FAULT_KINDS } from "../../src/contracts/score.ts";
import { alarmsOf, trafficVerdictsOf } from "../../src/evaluation/alarms.ts";
import { kindConfusion, kindOfLabel } from "../../src/evaluation/kind-confusion.ts";
import { loadQuestion } from "../../src/evaluation/load-question.ts";
import { matchEvents } from "../../src/evaluation/match-events.ts";
import { cases, fault, history, load, RULES } from "./fixtures.ts";

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

describe("load is not a fault", () => {
  const judged = cases([fault(2000, 2100), fault(2600, 2700), fault(3300, 3400)]);
  const loads = [load(500, 600), load(1000, 1100, { factor: 5 }), load(1980, 2150, { shape: "ramp" })];
  const ask = (events: ReturnType<typeof history>) =>
    loadQuestion(loads, judged, matchEvents(judged, alarmsOf(events), RULES), trafficVerdictsOf(events), RULES);

  test("a surge with a traffic verdict and no alarm is silent and explained, with the station named", () => {
    const { rows, silent } = ask(history("t", 550, { verdict: "traffic", bottleneck: "stock" }));
    expect(rows[0]).toMatchObject({
      name: "surge ×2",
      isSilent: true,
      hasTrafficVerdict: true,
      bottleneckNode: "stock",
    });
    expect(rows[1]).toMatchObject({ isSilent: true, hasTrafficVerdict: false, bottleneckNode: null });
    expect(silent.value).toBe(1);
  });

  test("an alarm in a surge, or while it settles, breaks its silence", () => {
    expect(ask(history("a", 550)).rows.map((row) => row.isSilent)).toEqual([false, true, true]);
    expect(ask(history("a", 1280)).rows.map((row) => row.isSilent)).toEqual([true, false, true]);
    expect(ask(history("a", 1281)).rows.map((row) => row.isSilent)).toEqual([true, true, true]);
    expect(ask(history("a", 550)).silent.value).toBe(0.5);
  });

  test("an alarm that finds a fault under load is not held against the load, which is in no share of silence", () => {
    const { rows, silent } = ask(history("a", 2010));
    expect(rows[2]).toMatchObject({ faults: 1, falseAlarms: 0, isSilent: true });
    expect(silent.value).toBe(1);
  });

  test("a traffic verdict that began before the surge and was still in force counts for it", () => {
    const { rows } = ask(history("t", 460, { verdict: "traffic" }));
    expect(rows[0]?.hasTrafficVerdict).toBe(true);
  });

  test("recall is told apart by the load at which the fault came", () => {
    const { recallByLoad } = ask([...history("a", 2010), ...history("b", 2610)]);
    expect(recallByLoad.map((row) => [row.load, row.faults, row.recall.value])).toEqual([
      ["ramp ×2", 1, 1],
      ["usual load", 2, 0.5],
    ]);
  });
});
