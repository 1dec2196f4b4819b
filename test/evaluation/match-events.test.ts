// Goal: every rule of event matching decides at least one case here, at its very edge.
// Method: one fault in [1000, 1180] with slack 120 s and settling time 180 s, alarms around its edges; then properties.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { alarmsOf, trafficVerdictsOf } from "../../src/evaluation/alarms.ts";
import { type Matching, matchEvents } from "../../src/evaluation/match-events.ts";
import { detectionRates } from "../../src/evaluation/rates.ts";
import { cases, fault, history, incident, RULES } from "./fixtures.ts";

function outcomeOf(matching: Matching): string {
  if (matching.detections.length > 0) return "detection";
  if (matching.falseAlarms.length > 0) return "false alarm";
  return matching.ignored[0]?.reason ?? "nothing";
}

describe("one alarm and one fault", () => {
  test.each([
    { opened: 999, outcome: "false alarm" },
    { opened: 1000, outcome: "detection" },
    { opened: 1180, outcome: "detection" },
    { opened: 1300, outcome: "detection" },
    { opened: 1301, outcome: "settling" },
    { opened: 1360, outcome: "settling" },
    { opened: 1361, outcome: "false alarm" },
  ])("an alarm at $opened s is: $outcome", ({ opened, outcome }) => {
    expect(outcomeOf(matchEvents(cases([fault(1000, 1180)]), alarmsOf(history("a", opened)), RULES))).toBe(outcome);
  });

  test.each([
    { opened: 199, outcome: "uncovered" },
    { opened: 200, outcome: "false alarm" },
    { opened: 310, outcome: "false alarm" },
    { opened: 311, outcome: "uncovered" },
    { opened: 1050, outcome: "detection" },
  ])("when the labels cover 200 to 300 s only, an alarm at $opened s is: $outcome", ({ opened, outcome }) => {
    const judged = cases([fault(1000, 1180)], {
      covered: [
        [200, 300],
        [1000, 1180],
      ],
    });
    expect(outcomeOf(matchEvents(judged, alarmsOf(history("a", opened)), RULES))).toBe(outcome);
  });

  test("the detection window counts before the settling time, even when settling is shorter", () => {
    const rules = { ...RULES, settleSeconds: 30 };
    expect(outcomeOf(matchEvents(cases([fault(1000, 1180)]), alarmsOf(history("a", 1250)), rules))).toBe("detection");
  });

  test("an alarm that was open before the fault began has not found it", () => {
    const matching = matchEvents(cases([fault(1000, 1180)]), alarmsOf(history("a", 990)), RULES);
    expect(matching.missed.map((row) => row.name)).toEqual(["slow-code@cart"]);
  });
});

test("the second alarm in one interval is a duplicate, not a second detection and not false", () => {
  const events = [...history("a", 1010), ...history("b", 1250)];
  const matching = matchEvents(cases([fault(1000, 1180)]), alarmsOf(events), RULES);
  expect(matching.detections.map((row) => row.alarm.id)).toEqual(["a"]);
  expect(matching.duplicates.map((row) => row.alarm.id)).toEqual(["b"]);
  expect(matching.falseAlarms).toEqual([]);
});

test("an alarm in a code defect's interval is neither true nor false, and kept apart", () => {
  const defect = fault(1000, 1180, { performance: false, fault: "exception" });
  const matching = matchEvents(cases([defect]), alarmsOf(history("a", 1050)), RULES);
  expect(outcomeOf(matching)).toBe("code-defect");
  expect(matching.codeDefectAlarms.map((row) => row.fault.name)).toEqual(["exception@cart"]);
  expect(detectionRates(matching, cases([defect])).faults).toBe(0);
});

test("an alarm in the interval of a fault left out for want of data is neither true nor false", () => {
  const withHole = cases([fault(1000, 1180)], { covered: [[0, 1050]] });
  expect(withHole.leftOut.map((row) => row.name)).toEqual(["slow-code@cart"]);
  const matching = matchEvents(withHole, alarmsOf(history("a", 1020)), RULES);
  expect(outcomeOf(matching)).toBe("left-out");
  expect(matching.missed).toEqual([]);
});

test("a fault that is running goes before one whose slack it is", () => {
  const two = cases([fault(1000, 1180, { service: "cart" }), fault(1200, 1400, { service: "ads" })]);
  const matching = matchEvents(two, alarmsOf(history("a", 1210)), RULES);
  expect(matching.detections.map((row) => row.fault.fault.service)).toEqual(["ads"]);
});

test("of two faults at once, each alarm finds the one it names, and two alarms are no duplicate", () => {
  const two = cases([fault(1000, 1180, { service: "cart" }), fault(1000, 1180, { service: "ads" })]);
  const events = [...history("a", 1020, { atOpening: ["ads"] }), ...history("b", 1030, { atOpening: ["cart"] })];
  const matching = matchEvents(two, alarmsOf(events), RULES);
  expect(matching.detections.map((row) => `${row.alarm.id}:${row.fault.fault.service}`).toSorted()).toEqual([
    "a:ads",
    "b:cart",
  ]);
  expect(matching.duplicates).toEqual([]);
});

test("of two faults at once, a second alarm finds the one not yet found, whatever it names", () => {
  const two = cases([fault(1000, 1180, { service: "cart" }), fault(1000, 1180, { service: "ads" })]);
  const events = [...history("a", 1020, { atOpening: ["cart"] }), ...history("b", 1030, { atOpening: ["cart"] })];
  const matching = matchEvents(two, alarmsOf(events), RULES);
  expect(matching.missed).toEqual([]);
  expect(matching.duplicates).toEqual([]);
});

test("a traffic verdict is no alarm", () => {
  const events = history("t", 1010, { verdict: "traffic", bottleneck: "stock" });
  expect(alarmsOf(events)).toEqual([]);
  expect(trafficVerdictsOf(events)).toEqual([{ openedSeconds: 1010, resolvedSeconds: 1070, bottleneckNode: "stock" }]);
});

test("a traffic verdict that turns into a fault is an alarm from then on", () => {
  const traffic = incident("t", 1010, { verdict: "traffic" });
  const events = [
    { type: "opened", atSeconds: 1010, incident: traffic },
    { type: "updated", atSeconds: 1055, incident: { ...traffic, verdict: "fault", kind: "cpu" } },
  ] as const;
  expect(alarmsOf(events).map((alarm) => alarm.openedSeconds)).toEqual([1055]);
});

test("an alarm counts from when it was raised, not from the onset it claims", () => {
  const [opened] = history("a", 1400);
  const claimed = { ...opened!, incident: { ...opened!.incident, onsetSeconds: 1000, openedSeconds: 1000 } };
  expect(outcomeOf(matchEvents(cases([fault(1000, 1180)]), alarmsOf([claimed]), RULES))).toBe("false alarm");
});

describe("properties", () => {
  const faults = fc.array(
    fc.record({
      start: fc.integer({ min: 0, max: 3000 }),
      length: fc.integer({ min: 1, max: 300 }),
      service: fc.constantFrom("cart", "ads", "stock"),
      performance: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  const opened = fc.uniqueArray(fc.integer({ min: 0, max: 3600 }), { maxLength: 10 });
  const casesFrom = (rows: readonly { start: number; length: number; service: string; performance: boolean }[]) =>
    cases(
      rows.map((row) => fault(row.start, row.start + row.length, row)),
      { covered: [[0, 9000]] },
    );
  const eventsFrom = (times: readonly number[]) => times.flatMap((time, i) => history(`i${i}`, time));

  test("the order in which incidents are handed over does not matter", () => {
    fc.assert(
      fc.property(faults, opened, fc.infiniteStream(fc.nat()), (rows, times, keys) => {
        const events = eventsFrom(times);
        const shuffled = events
          .map((event) => ({ event, key: keys.next().value ?? 0 }))
          .toSorted((a, b) => a.key - b.key)
          .map((row) => row.event);
        const judged = casesFrom(rows);
        expect(matchEvents(judged, alarmsOf(shuffled), RULES)).toEqual(matchEvents(judged, alarmsOf(events), RULES));
      }),
    );
  });

  test("every alarm ends in exactly one list, and every fault is found or missed", () => {
    fc.assert(
      fc.property(faults, opened, (rows, times) => {
        const judged = casesFrom(rows);
        const matching = matchEvents(judged, alarmsOf(eventsFrom(times)), RULES);
        const { detections, duplicates, falseAlarms, ignored, missed } = matching;
        const ids = [
          ...[...detections, ...duplicates, ...ignored].map((row) => row.alarm.id),
          ...falseAlarms.map((alarm) => alarm.id),
        ];
        expect(ids.toSorted()).toEqual(times.map((_, i) => `i${i}`).toSorted());
        expect(detections.length + missed.length).toBe(judged.performance.length);
      }),
    );
  });

  test("recall, precision and F1 lie in [0, 1] inside their intervals", () => {
    fc.assert(
      fc.property(faults, opened, (rows, times) => {
        const judged = casesFrom(rows);
        const rates = detectionRates(matchEvents(judged, alarmsOf(eventsFrom(times)), RULES), judged);
        for (const { value, low, high } of [rates.recall, rates.precision, rates.f1]) {
          if (value === null) continue;
          expect(low).toBeGreaterThanOrEqual(0);
          expect(value).toBeGreaterThanOrEqual(low!);
          expect(high).toBeGreaterThanOrEqual(value);
          expect(high).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test("an incident outside all intervals adds one false alarm and changes nothing else", () => {
    fc.assert(
      fc.property(faults, opened, fc.integer({ min: 4000, max: 9000 }), (rows, times, outside) => {
        const judged = casesFrom(rows);
        const before = matchEvents(judged, alarmsOf(eventsFrom(times)), RULES);
        const after = matchEvents(judged, alarmsOf([...eventsFrom(times), ...history("x", outside)]), RULES);
        expect(after.falseAlarms.length).toBe(before.falseAlarms.length + 1);
        expect({ ...after, falseAlarms: [] }).toEqual({ ...before, falseAlarms: [] });
      }),
    );
  });
});
