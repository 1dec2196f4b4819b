// Goal: rates and intervals agree with published values and with counting by hand.
import { describe, expect, test } from "vitest";
import { alarmsOf } from "../../src/evaluation/alarms.ts";
import { delaySummary } from "../../src/evaluation/delay.ts";
import { matchEvents } from "../../src/evaluation/match-events.ts";
import { detectionRates } from "../../src/evaluation/rates.ts";
import { bootstrap, poissonRate, proportion, quantileOf } from "../../src/evaluation/statistics.ts";
import { cases, fault, history, RULES } from "./fixtures.ts";

describe("Wilson's interval", () => {
  test.each([
    { successes: 18, trials: 20, low: 0.699, high: 0.9721 },
    { successes: 0, trials: 10, low: 0, high: 0.2775 },
    { successes: 10, trials: 10, low: 0.7225, high: 1 },
    { successes: 50, trials: 100, low: 0.4038, high: 0.5962 },
    { successes: 81, trials: 263, low: 0.2553, high: 0.3662 },
  ])("$successes of $trials lies in $low–$high", ({ successes, trials, low, high }) => {
    const interval = proportion(successes, trials);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test("nothing of nothing is no value, not 0 and not 1", () => {
    expect(proportion(0, 0).value).toBeNull();
  });
});

describe("rate of a Poisson count", () => {
  test("10 events agree with the exact interval 4.80–18.39 to 0.05", () => {
    const { low, high } = poissonRate(10, 1);
    expect(low).toBeCloseTo(4.795, 1);
    expect(high).toBeCloseTo(18.39, 1);
  });

  test("none seen still allows 3.7 an hour, half that in twice the time", () => {
    expect(poissonRate(0, 1).value).toBe(0);
    expect(poissonRate(0, 1).high).toBeCloseTo(3.67, 2);
    expect(poissonRate(0, 2).high).toBeCloseTo(3.67 / 2, 2);
  });

  test("without any time there is no rate", () => {
    expect(poissonRate(3, 0).value).toBeNull();
  });
});

test("counts by hand: 2 of 3 found, 1 duplicate, 1 settling, 1 false in 46 minutes", () => {
  // Fault-free: 3600 s − 3 × (100 + 180) s = 2760 s; faults are far enough apart not to overlap.
  const judged = cases([fault(500, 600), fault(1500, 1600), fault(2500, 2600)]);
  const events = [
    ...history("found", 520),
    ...history("again", 560),
    ...history("late", 1700),
    ...history("settling", 2750),
    ...history("false", 1200),
  ];
  const rates = detectionRates(matchEvents(judged, alarmsOf(events), RULES), judged);
  // The second was found 100 s after its end.
  expect(rates).toMatchObject({
    faults: 3,
    detected: 2,
    detectedAfterEnd: 1,
    falseAlarms: 1,
    duplicates: 1,
    ignored: 1,
  });
  expect(rates.precision.value).toBeCloseTo(2 / 3);
  expect(rates.recall.value).toBeCloseTo(2 / 3);
  expect(rates.f1.value).toBeCloseTo(2 / 3);
  expect(judged.faultFreeHours * 3600).toBeCloseTo(2760);
  expect(rates.falseAlarmsPerHour.value).toBeCloseTo(3600 / 2760);
});

test("fault-free time counts covered time only, overlapping aftermaths once, and code defects as faulty", () => {
  const judged = cases([fault(500, 600), fault(650, 700, { performance: false }), fault(2900, 3000)], {
    covered: [
      [0, 1000],
      [2000, 3100],
    ],
  });
  // [0,500] + (880,1000] + [2000,2900] = 500 + 120 + 900
  expect(judged.faultFreeHours * 3600).toBeCloseTo(1520);
});

test("with a settling time below the slack, the slack is not fault-free", () => {
  expect(cases([fault(1000, 1180)], { settleSeconds: 0 }).faultFreeHours * 3600).toBeCloseTo(3600 - 300);
});

describe("coverage", () => {
  test("a fault with 30 % of its interval covered stays, one with 29 % is left out by name", () => {
    const judged = cases([fault(0, 100, { fault: "a" }), fault(1000, 1100, { fault: "b" })], {
      covered: [
        [0, 30],
        [1000, 1029],
      ],
    });
    expect(judged.performance.map((row) => row.name)).toEqual(["a@cart"]);
    expect(judged.leftOut.map((row) => row.name)).toEqual(["b@cart"]);
  });

  test("covered intervals that overlap count once", () => {
    const judged = cases([fault(0, 100)], {
      covered: [
        [0, 20],
        [10, 29],
      ],
    });
    expect(judged.leftOut[0]?.coverage).toBeCloseTo(0.29);
  });

  test("faults of the same kind and place get names that differ", () => {
    expect(cases([fault(0, 9), fault(20, 29)]).performance.map((row) => row.name)).toEqual([
      "slow-code@cart",
      "slow-code@cart#2",
    ]);
  });
});

describe("delay", () => {
  const judged = cases([fault(500, 600), fault(1500, 1600), fault(2500, 2600)]);
  const summaryOf = (...opened: readonly number[]) =>
    delaySummary(matchEvents(judged, alarmsOf(opened.flatMap((time, i) => history(`${i}`, time))), RULES), 7);

  test("counts from the start of the fault to the opening", () => {
    const summary = summaryOf(510, 1530, 2620);
    expect(summary.medianSeconds.value).toBe(30);
    expect(summary.p90Seconds.value).toBeCloseTo(30 + 0.8 * 90);
  });

  test("a missed fault is never, and moves the median over all", () => {
    expect(summaryOf(510, 1530).medianSeconds.value).toBe(20);
    expect(summaryOf(510, 1530).medianOverAllSeconds).toBe(30);
    expect(summaryOf(510).medianOverAllSeconds).toBeNull();
  });

  test("its bootstrap interval holds the value and comes again with the same seed only", () => {
    const values = [12, 15, 18, 22, 30, 41, 70, 90];
    const median = (sample: readonly number[]) => quantileOf(sample, 0.5);
    const first = bootstrap(values, median, 1);
    expect(first).toEqual(bootstrap(values, median, 1));
    expect(first.low).toBeLessThan(first.value!);
    expect(first.high).toBeGreaterThan(first.value!);
    expect(first.low).toBeGreaterThanOrEqual(12);
    expect(first.high).toBeLessThanOrEqual(90);
  });

  test("the bootstrap interval of a median covers the truth about 19 times in 20", () => {
    // Exponential samples of 40 from a stream written down here; truth is ln 2.
    let state = 12345;
    const next = () => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return (state + 0.5) / 2 ** 32;
    };
    let covered = 0;
    for (let run = 0; run < 60; run++) {
      const sample = Array.from({ length: 40 }, () => -Math.log(next()));
      const { low, high } = bootstrap(sample, (values) => quantileOf(values, 0.5), run);
      if (low! <= Math.LN2 && Math.LN2 <= high!) covered += 1;
    }
    // Binomial(60, 0.95) is below 49 with chance under 0.001.
    expect(covered).toBeGreaterThanOrEqual(49);
  });
});
