// Goal: the two baselines that do not look at nodes one by one: a fixed objective with burn rates, and plain guessing.
import { describe, expect, test } from "vitest";
import { createDummy } from "../../../models/baselines/dummy.ts";
import { createSloBurn } from "../../../models/baselines/slo-burn.ts";
import { CART, feedNormal, probabilities, STOCK, WEB, type WindowShape, window } from "./fixtures.ts";

const SLOW_CART: WindowShape = { selfSeconds: [0.004, 0.06, 0.01] };

describe("slo-burn", () => {
  const SLOW_STOCK: WindowShape = { selfSeconds: [0.004, 0.006, 0.7] };

  test("is quiet while requests are slow but within the objective", () => {
    const scorer = createSloBurn();
    feedNormal(scorer, 0, 40);
    for (let i = 40; i < 60; i++) expect(probabilities(scorer.score(window(i, SLOW_CART)))).toEqual([0, 0, 0]);
  });

  test("fires within two minutes of requests over 500 ms and names the callee that rose most, not the entry", () => {
    const scorer = createSloBurn();
    feedNormal(scorer, 0, 40);
    let named = probabilities(scorer.score(window(40, SLOW_STOCK)));
    for (let i = 41; i < 52; i++) named = probabilities(scorer.score(window(i, { selfSeconds: [0.004, 0.005, 0.7] })));
    expect(named[STOCK]).toBeGreaterThan(0.5);
    expect(named[WEB]).toBe(0);
    expect(named[CART]).toBeLessThan(0.5);
  });

  test("names a callee that rose even when the entry itself rose more", () => {
    const scorer = createSloBurn();
    feedNormal(scorer, 0, 40);
    let named: number[] = [];
    for (let i = 40; i < 52; i++) named = probabilities(scorer.score(window(i, { selfSeconds: [0.9, 0.05, 0.01] })));
    expect(named.map((p) => p > 0.5)).toEqual([false, true, false]);
  });

  test("counts requests that enter the system only, not the visits they cause", () => {
    const scorer = createSloBurn();
    for (let i = 0; i < 20; i++) {
      const { observation, ...forecast } = window(i, SLOW_STOCK);
      const visits = { ...observation.visits, isRoot: new Uint8Array(observation.visits.count) };
      expect(probabilities(scorer.score({ ...forecast, observation: { ...observation, visits } }))).toEqual([0, 0, 0]);
    }
  });

  test("names the entry's own node when no callee rose", () => {
    const scorer = createSloBurn();
    feedNormal(scorer, 0, 40);
    let named: number[] = [];
    for (let i = 40; i < 52; i++) named = probabilities(scorer.score(window(i, { selfSeconds: [0.7, 0.003, 0.005] })));
    expect(named.map((p) => p > 0.5)).toEqual([true, false, false]);
  });

  test("counts a failed request as bad, needs both spans of time, and forgets", () => {
    const rules = [{ longSeconds: 100, shortSeconds: 20, burn: 14.4 }];
    const scorer = createSloBurn({ rules });
    feedNormal(scorer, 0, 10);
    const failing = (i: number) => Math.max(...probabilities(scorer.score(window(i, { failing: 20 }))));
    // One window of ten bad: 10 % of 1 % allowed = burn 10 over the long span; two: 20.
    expect(failing(10)).toBeLessThan(0.5);
    expect(failing(11)).toBeGreaterThan(0.5);
    // The short span is clean after two windows, whatever the long one says.
    expect(Math.max(...probabilities(feedNormal(scorer, 12, 14)))).toBe(0);
  });
});

describe("dummy", () => {
  test("raises about as many alarms as chosen beforehand, whatever it is shown", () => {
    const scorer = createDummy({ seed: 11, alarmsPerHour: 6, alarmSeconds: 10 });
    let alarms = 0;
    const guilty = [0, 0, 0];
    for (let i = 0; i < 36_000; i++) {
      const at = probabilities(scorer.score({ ...window(0, { requests: 0 }), ...timeOnly(i) })).findIndex(
        (p) => p > 0.5,
      );
      if (at < 0) continue;
      alarms += 1;
      guilty[at]! += 1;
    }
    // 100 h at 6 an hour, less 1 − exp: Poisson(595); ± 4σ.
    expect(alarms).toBeGreaterThan(498);
    expect(alarms).toBeLessThan(692);
    for (const count of guilty) expect(count).toBeGreaterThan(alarms / 3 - 50);
  });

  test("ranks each node first equally often while it is quiet", () => {
    const scorer = createDummy({ seed: 5, alarmsPerHour: 0 });
    const firsts = [0, 0, 0];
    for (let i = 0; i < 3000; i++) {
      const ranked = probabilities(scorer.score({ ...window(0, { requests: 0 }), ...timeOnly(i) }));
      expect(Math.max(...ranked)).toBeLessThan(0.5);
      firsts[ranked.indexOf(Math.max(...ranked))]! += 1;
    }
    for (const count of firsts) expect(Math.abs(count - 1000)).toBeLessThan(110);
  });

  test("keeps naming the same node while an alarm lasts", () => {
    const scorer = createDummy({ seed: 2, alarmsPerHour: 1e6, alarmSeconds: 60 });
    const named = Array.from({ length: 60 }, (_, i) =>
      probabilities(scorer.score(window(i))).findIndex((p) => p > 0.5),
    );
    for (const [i, node] of named.entries()) expect(node).toBe(named[i - (i % 6)]);
    expect(new Set(named).size).toBeGreaterThan(1);
  });

  test("depends on its seed", () => {
    const first = (seed: number) => probabilities(createDummy({ seed }).score(window(0)));
    expect(first(1)).not.toEqual(first(2));
  });
});

function timeOnly(index: number) {
  return { observation: window(index, { requests: 0 }).observation };
}
