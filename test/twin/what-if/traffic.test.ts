// Goal: scaled traffic has the rate and the mix that were asked for, and is otherwise the traffic that was seen.
// Method: properties over random windows and factors; sampled windows stand for what was left out.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stream } from "../../../twin/kernel/random.ts";
import { BaseTraffic } from "../../../twin/what-if/base-traffic.ts";
import { levelTraffic } from "../../../twin/what-if/level-traffic.ts";
import { drawTraffic, scaleTraffic, trafficFactors } from "../../../twin/what-if/scale-traffic.ts";
import { ScenarioError } from "../../../twin/what-if/scenario-error.ts";
import { trafficRates } from "../../../twin/what-if/traffic-rates.ts";
import { runApplication } from "../application.ts";
import { GET_PAGE, only, POST_ORDER, poissonWindows, shop } from "./models.ts";

const network = shop();
const rates = Float64Array.of(12, 4, 0, 0, 0, 0);

describe("factors", () => {
  test("apply to every entry operation, and a named one overrules them", () => {
    const factors = trafficFactors(
      network,
      only(
        { verb: "traffic", operation: "web POST /order", to: { factor: 3 } },
        { verb: "traffic", operation: null, to: { factor: 2 } },
      ),
      rates,
    );
    expect([factors[GET_PAGE], factors[POST_ORDER]]).toEqual([2, 3]);
  });

  test("of a rate make it the rate of all, or of the one named", () => {
    const all = trafficFactors(network, only({ verb: "traffic", operation: null, to: { ratePerSecond: 40 } }), rates);
    expect(rates[GET_PAGE]! * all[GET_PAGE]! + rates[POST_ORDER]! * all[POST_ORDER]!).toBeCloseTo(40, 9);
    const one = trafficFactors(
      network,
      only({ verb: "traffic", operation: "GET /page", to: { ratePerSecond: 6 } }),
      rates,
    );
    expect([one[GET_PAGE], one[POST_ORDER]]).toEqual([0.5, 1]);
  });

  test("of a mix keep the rate of all, whatever the shares", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (share) => {
        const factors = trafficFactors(network, only({ verb: "mix", operation: "POST /order", share }), rates);
        const after = rates.map((rate, operation) => rate * factors[operation]!);
        expect(after[GET_PAGE]! + after[POST_ORDER]!).toBeCloseTo(16, 9);
        expect(after[POST_ORDER]! / 16).toBeCloseTo(share, 9);
      }),
    );
  });

  test("multiply a mix", () => {
    const factors = trafficFactors(
      network,
      only(
        { verb: "mix", operation: "POST /order", share: 0.5 },
        { verb: "traffic", operation: null, to: { ratePerSecond: 32 } },
      ),
      rates,
    );
    expect(rates[POST_ORDER]! * factors[POST_ORDER]!).toBeCloseTo(16, 9);
  });

  test("are refused for shares above everything and for operations that nobody enters", () => {
    const shares = only(
      { verb: "mix", operation: "GET /page", share: 0.7 },
      { verb: "mix", operation: "POST /order", share: 0.4 },
    );
    expect(() => trafficFactors(network, shares, rates)).toThrow("more than 1");
    const inner = only({ verb: "traffic", operation: "LIST", to: { factor: 2 } });
    expect(() => trafficFactors(network, inner, rates)).toThrow(ScenarioError);
    const silent = only({ verb: "traffic", operation: "GET /page", to: { factor: 2 } });
    expect(() => trafficFactors(network, silent, new Float64Array(6))).toThrow("no requests in the recording");
  });
});

describe("arrivals", () => {
  const windows = poissonWindows({ [GET_PAGE]: 12, [POST_ORDER]: 4 }, 400);

  test("drawn are whole windows, in order of time, at the rate that was seen", () => {
    const drawn = drawTraffic(windows, 2000, stream(7, "traffic", "windows"));
    expect([...drawn.timeSeconds]).toEqual([...drawn.timeSeconds].sort((a, b) => a - b));
    expect(drawn.timeSeconds.length / 2000).toBeCloseTo(
      trafficRates(windows, 6).ratePerSecond.reduce((a, b) => a + b),
      -0.5,
    );
    expect(drawn.timeSeconds.every((time) => time >= 0 && time < 2000)).toBe(true);
  });

  test("scaled by one are the same, and by f are the first of f times as many, each at its time / f", () => {
    const drawn = drawTraffic(windows, 300, stream(7, "traffic", "windows"));
    expect(scaleTraffic(drawn, new Float64Array(6).fill(1), 300)).toEqual(drawn);
    fc.assert(
      fc.property(fc.double({ min: 0.2, max: 3, noNaN: true }), (factor) => {
        const scaled = scaleTraffic(drawn, Float64Array.of(factor, 1, 1, 1, 1, 1), 100);
        const pages = scaled.timeSeconds.filter((_, row) => scaled.operation[row] === GET_PAGE);
        const expected = drawn.timeSeconds
          .filter((_, row) => drawn.operation[row] === GET_PAGE)
          .map((time) => time / factor)
          .filter((time) => time < 100);
        expect(pages).toEqual(expected);
      }),
    );
  });

  test("before the window they ended in are not lost", () => {
    const early = {
      startSeconds: 0,
      durationSeconds: 5,
      timeSeconds: Float64Array.of(-0.5, 2),
      operation: Uint32Array.of(0, 0),
      latencySeconds: Float64Array.of(1, 1),
      weight: Float64Array.of(1, 1),
    };
    const drawn = drawTraffic([early], 5, stream(1, "traffic", "windows"));
    expect([...drawn.timeSeconds]).toEqual([2, 4.5]);
  });

  test("of sampled traces stand for those left out", () => {
    const sampled = windows.map((window) => ({ ...window, weight: window.weight.map(() => 10) }));
    const { ratePerSecond, requestsPerSeen } = trafficRates(sampled, 6);
    expect(ratePerSecond[GET_PAGE]).toBeCloseTo(10 * trafficRates(windows, 6).ratePerSecond[GET_PAGE]!, 9);
    expect([...requestsPerSeen]).toEqual([10, 10, 1, 1, 1, 1]);
  });
});

describe("the traffic remembered", () => {
  test("is that of the requests from outside, less the times left out", () => {
    const traffic = new BaseTraffic();
    const windows = runApplication(10, 6, 3);
    for (const observation of windows) {
      traffic.add(observation);
    }
    const roots = windows.map(({ visits }) => visits.isRoot.reduce((sum, each) => sum + each, 0));
    expect(traffic.windows.map((each) => each.operation.length)).toEqual(roots);
    traffic.leaveOut([{ fromSeconds: windows[2]!.startSeconds + 1, toSeconds: windows[3]!.endSeconds }]);
    expect(traffic.windows.map((each) => each.startSeconds)).toEqual([0, 1, 4, 5].map((k) => windows[k]!.startSeconds));
    traffic.leaveOut([{ fromSeconds: 0, toSeconds: 1e9 }]);
    expect(traffic.windows).toHaveLength(4);
    const first = traffic.windows[0]!;
    expect(first.latencySeconds.every((each) => each > 0)).toBe(true);
    expect(first.timeSeconds.every((time) => time < first.durationSeconds)).toBe(true);
  });
});

describe("levelled traffic", () => {
  const quiet = poissonWindows({ [GET_PAGE]: 10 }, 600, 1);
  const busy = poissonWindows({ [GET_PAGE]: 30 }, 600, 2);

  /** Variance of the requests in stretches of 10 s / their mean: 1 for Poisson requests at one rate. */
  function dispersion(windows: ReturnType<typeof levelTraffic>): number {
    const { timeSeconds } = drawTraffic(windows, 4000, stream(3, "traffic", "windows"));
    const counts = new Float64Array(400);
    for (const time of timeSeconds) counts[Math.floor(time / 10)]! += 1;
    const mean = counts.reduce((sum, each) => sum + each, 0) / 400;
    return counts.reduce((sum, each) => sum + (each - mean) ** 2, 0) / 400 / mean;
  }

  test("of a quiet and a busy time comes at their mean rate, as Poisson requests as they were", () => {
    const windows = levelTraffic([...quiet, ...busy]);
    expect(trafficRates(windows, 6).ratePerSecond[GET_PAGE]! / 20).toBeCloseTo(1, 1);
    expect(dispersion(windows)).toBeLessThan(1.4);
    expect(dispersion(windows)).toBeGreaterThan(0.7);
    expect(dispersion([...quiet, ...busy])).toBeGreaterThan(3);
  });

  test("of one level is hardly touched", () => {
    const levels = levelTraffic(busy).map((window, k) => window.durationSeconds / busy[k]!.durationSeconds);
    expect(Math.min(...levels)).toBeGreaterThan(0.85);
    expect(Math.max(...levels)).toBeLessThan(1.15);
  });

  test("keeps bursts that are shorter than a minute", () => {
    const bursts = busy.map((window, k) => (k % 4 === 0 ? window : quiet[k]!));
    expect(dispersion(levelTraffic(bursts))).toBeGreaterThan(2);
  });
});
