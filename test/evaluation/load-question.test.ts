// Goal: what was said of a load is held against that load, and the grid counts what was agreed on.
// Method: runs and faults written down by hand, each rule at its edge.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IncidentEvent } from "../../src/contracts/incident.ts";
import type { LabelledFault, LabelledLoad } from "../../src/contracts/labels.ts";
import { alarmsOf, trafficVerdictsOf } from "../../src/evaluation/alarms.ts";
import { casesOf } from "../../src/evaluation/cases.ts";
import { gridCells, recallByLoad } from "../../src/evaluation/load-grid.ts";
import { loadLevelOf, nameOfLoad } from "../../src/evaluation/load-level.ts";
import {
  alarmsHeldAgainstLoads,
  type LoadQuestion,
  loadQuestion,
  loadRows,
} from "../../src/evaluation/load-question.ts";
import { matchEvents } from "../../src/evaluation/match-events.ts";
import { fault, history, labels, load, RULES } from "./fixtures.ts";

function ask(
  loads: readonly LabelledLoad[],
  events: readonly IncidentEvent[],
  faults: readonly LabelledFault[] = [],
  covered: readonly (readonly [number, number])[] = [[0, 3600]],
  rules = RULES,
): LoadQuestion {
  const all = labels(faults, { loads, covered });
  const alarms = alarmsHeldAgainstLoads(matchEvents(casesOf(all, covered, RULES), alarmsOf(events), rules), rules);
  const rows = loadRows({
    labels: all,
    judged: covered,
    alarms,
    verdicts: trafficVerdictsOf(events),
    rules,
  });
  return loadQuestion(rows, RULES.minimumRunSeconds);
}

const falseAlarms = (question: LoadQuestion) => question.rows.map((row) => row.falseAlarms);

describe("what is held against a load", () => {
  const loads = [load(500, 600), load(1000, 1100, { factor: 5 }), load(1980, 2150, { shape: "ramp" })];

  test.each([
    { opened: 499, counts: [0, 0, 0] },
    { opened: 500, counts: [1, 0, 0] },
    { opened: 780, counts: [1, 0, 0] },
    { opened: 781, counts: [0, 0, 0] },
    { opened: 1280, counts: [0, 1, 0] },
    { opened: 1281, counts: [0, 0, 0] },
  ])("an alarm at $opened s, settling for 180 s, counts $counts", ({ opened, counts }) => {
    expect(falseAlarms(ask(loads, history("a", opened)))).toEqual(counts);
  });

  test("an alarm at the border of two loads is held against the one that begins, and only that one", () => {
    const adjacent = [load(500, 600), load(600, 700)];
    expect(falseAlarms(ask(adjacent, history("a", 600)))).toEqual([0, 1]);
    expect(falseAlarms(ask(adjacent, history("a", 880)))).toEqual([0, 1]);
  });

  test("an alarm that finds a fault under load is not held against it, and the load is in no share of silence", () => {
    const question = ask(loads, history("a", 2010), [fault(2000, 2100)]);
    expect(question.rows[2]).toMatchObject({ faults: 1, falseAlarms: 0 });
    expect(question.all).toMatchObject({ runs: 2, falseAlarms: 0 });
  });

  test.each([
    { what: "settling", opened: 1055, named: "cart", count: 0 },
    { what: "finds it late and names it", opened: 1070, named: "cart", count: 0 },
    { what: "finds it late and names another", opened: 1070, named: "ads", count: 1 },
    { what: "is past its slack", opened: 1121, named: "cart", count: 1 },
  ])("after a fault that ended at 1000 s and settled by 1060 s, one that $what counts $count", (row) => {
    const rules = { ...RULES, settleSeconds: 60 };
    const events = history("a", row.opened, { atOpening: [row.named] });
    const question = ask([load(1045, 1145)], events, [fault(900, 1000)], [[0, 3600]], rules);
    expect(falseAlarms(question)).toEqual([row.count]);
  });

  test("a second alarm of a fault long settled is held against the load that it came in", () => {
    const rules = { ...RULES, settleSeconds: 60 };
    const events = [...history("a", 950), ...history("b", 1070)];
    expect(falseAlarms(ask([load(1045, 1145)], events, [fault(900, 1000)], [[0, 3600]], rules))).toEqual([1]);
  });

  test("however alarms and loads lie, no alarm is held against two loads", () => {
    const seconds = fc.integer({ min: 0, max: 3000 });
    const anyLoad = fc
      .tuple(seconds, fc.integer({ min: 1, max: 400 }))
      .map(([start, long]) => load(start, start + long));
    fc.assert(
      fc.property(fc.array(anyLoad, { maxLength: 6 }), fc.array(seconds, { maxLength: 6 }), (some, openings) => {
        const events = openings.flatMap((opened, i) => history(`i${i}`, opened));
        const held = falseAlarms(ask(some, events)).reduce((sum, count) => sum + count, 0);
        expect(held).toBeLessThanOrEqual(openings.length);
      }),
    );
  });
});

describe("a traffic verdict", () => {
  test("that began before the load and was still in force counts for it", () => {
    expect(ask([load(500, 600)], history("t", 460, { verdict: "traffic" })).rows[0]?.hasTrafficVerdict).toBe(true);
    expect(ask([load(500, 600)], history("t", 430, { verdict: "traffic" })).rows[0]?.hasTrafficVerdict).toBe(false);
  });

  test("given when the next load has begun is said of that one, not of the load that settles", () => {
    const question = ask([load(500, 600), load(650, 700)], history("t", 660, { verdict: "traffic" }));
    expect(question.rows.map((row) => row.hasTrafficVerdict)).toEqual([false, true]);
  });
});

describe("runs of the grid", () => {
  const saturated = (start: number, rest: Partial<LabelledLoad> = {}) =>
    load(start, start + 100, { saturates: true, bottleneck: "stock", ...rest });

  test("a load counts by what is known of its saturation, when it has a minute of data and no fault in it", () => {
    const below = { saturates: false };
    const question = ask(
      [
        load(100, 159.9, below),
        load(300, 359, below),
        load(500, 600, below),
        load(3570, 3700, below),
        load(900, 1000),
        saturated(1300),
      ],
      [...history("a", 150), ...history("b", 950)],
      [fault(510, 590)],
    );
    expect(question.belowSaturation).toMatchObject({ runs: 1, falseAlarms: 1, silent: { value: 0 } });
    expect(question.saturationUnknown).toMatchObject({ runs: 1, falseAlarms: 1 });
    expect(question.aboveSaturation).toMatchObject({ runs: 1, falseAlarms: 0, silent: { value: 1 } });
    expect(question.all.runs).toBe(5);
  });

  test.each([
    { said: "traffic at the right station", events: history("t", 520, traffic("stock")), right: 1 },
    { said: "traffic at another station", events: history("t", 520, traffic("cart")), right: 0 },
    { said: "traffic without a station", events: history("t", 520, { verdict: "traffic" as const }), right: 0 },
    { said: "nothing", events: [], right: 0 },
    { said: "both", events: [...history("t", 520, traffic("stock")), ...history("a", 530)], right: 0 },
  ])("above saturation, $said is right in $right of 1", ({ events, right }) => {
    expect(ask([saturated(500)], events).rightVerdict.value).toBe(right);
  });

  test("without a labelled bottleneck nobody can tell the right station: no verdict is right or wrong", () => {
    const { bottleneck: _, ...unnamed } = saturated(500);
    const question = ask([unnamed], history("t", 520, traffic("stock")));
    expect(question.aboveSaturation.runs).toBe(1);
    expect(question.rightVerdict.value).toBeNull();
  });
});

function traffic(bottleneck: string) {
  return { verdict: "traffic", bottleneck } as const;
}

describe("faults by load", () => {
  const steady = { shape: "steady", bottleneckUtilization: 0.87 };
  const loads = [load(1900, 2400, { shape: "ramp" }), load(2500, 3000, steady)];
  const all = labels(
    [
      fault(2000, 2100),
      fault(2200, 2300),
      fault(2600, 2700),
      fault(3300, 3400, { fault: "solar-flare" }),
      fault(3410, 3490, { fault: "cpu_hog" }),
    ],
    { loads },
  );
  const cases = casesOf(all, all.covered, RULES);
  const events = [
    ...history("a", 2010),
    ...history("b", 2240, { kindAtEnd: "pause", atEnd: ["ads", "cart"] }),
    ...history("c", 3310),
    ...history("d", 3420, { kindAtEnd: "cpu" }),
  ];
  const matching = matchEvents(cases, alarmsOf(events), RULES);

  test("a load is named by what it asks of the bottleneck when that is known", () => {
    expect(loads.map(nameOfLoad)).toEqual(["ramp ×2", "steady at 0.9"]);
  });

  test("a fault belongs to the load that holds at least half of it", () => {
    expect(loadLevelOf(fault(2350, 2450), loads)).toBe("ramp ×2");
    expect(loadLevelOf(fault(2351, 2451), loads)).toBe("usual load");
  });

  test("recall is told apart by the load at which the fault came", () => {
    expect(recallByLoad(cases.performance, matching).map((row) => [row.load, row.faults, row.recall.value])).toEqual([
      ["ramp ×2", 2, 1],
      ["steady at 0.9", 1, 0],
      ["usual load", 2, 1],
    ]);
  });

  test("each cell has its own cases, and a kind that no verdict can name has no share", () => {
    const cells = gridCells(cases.performance, matching, 1).map((cell) => [
      cell.fault,
      cell.load,
      cell.cases,
      cell.found.value,
      cell.rightNode.value,
      cell.rightKind.value,
      cell.delayMedianSeconds.value,
    ]);
    expect(cells).toEqual([
      ["cpu_hog", "usual load", 1, 1, 1, 1, 10],
      ["slow-code", "ramp ×2", 2, 1, 0.5, 0.5, 25],
      ["slow-code", "steady at 0.9", 1, 0, 0, null, null],
      ["solar-flare", "usual load", 1, 1, 1, null, 10],
    ]);
  });
});
