// Goal: rates, completeness and load levels are of the real traffic, however little of it was kept, with an honest error.
// Method: windows of a simulated application thinned as a sampler would; counts exported beside them; spans taken away.
import { describe, expect, test } from "vitest";
import type { Observation } from "../../src/contracts/observation.ts";
import type { MetricPoint } from "../../src/contracts/telemetry.ts";
import { normalQuantile } from "../../twin/identification/normal-quantile.ts";
import { Completeness } from "../../twin/learning/completeness.ts";
import type { LearnedVisit } from "../../twin/learning/learned-visit.ts";
import { limitationOf } from "../../twin/learning/limitation.ts";
import { loadLevels } from "../../twin/learning/load-levels.ts";
import { RequestCounts } from "../../twin/learning/request-counts.ts";
import { estimateTraffic, totalRate } from "../../twin/learning/traffic-estimate.ts";
import { ALPHA, BETA, DB, runApplication, TOPOLOGY, WEB, WINDOW_SECONDS } from "./application.ts";
import { sampled } from "./sampling.ts";

const windows = runApplication(10, 30, 3);
const ROUTE = "/";

function rootsOf({ visits }: Observation): number {
  return visits.isRoot.reduce((sum, each) => sum + each, 0);
}

describe("the adjusted count", () => {
  test("is unbiased, and strays from the truth as its variance says", () => {
    const errors = [0.1, 0.3].flatMap((p) =>
      sampled(windows, p, 5).map((window, k) => {
        const { entries } = estimateTraffic(window, new RequestCounts());
        const { ratePerSecond, variance } = totalRate(entries.values());
        return (ratePerSecond - rootsOf(windows[k]!) / WINDOW_SECONDS) / Math.sqrt(variance);
      }),
    );
    const mean = errors.reduce((sum, each) => sum + each, 0) / errors.length;
    const square = errors.reduce((sum, each) => sum + each * each, 0) / errors.length;
    expect(Math.abs(mean)).toBeLessThan(3.3 / Math.sqrt(errors.length));
    expect(square).toBeGreaterThan(0.5);
    expect(square).toBeLessThan(1.7);
  });

  test("of complete traces is their count, with no error and no word of sampling", () => {
    const { entries, isSampled } = estimateTraffic(windows[0]!, new RequestCounts());
    expect(totalRate(entries.values())).toEqual({ ratePerSecond: rootsOf(windows[0]!) / WINDOW_SECONDS, variance: 0 });
    expect(isSampled).toBe(false);
  });
});

describe("a request count that a service exports", () => {
  const point = (timeSeconds: number, count: number, rest: Partial<MetricPoint> = {}): MetricPoint => ({
    name: "http.server.request.duration",
    unit: "s",
    service: "web",
    instance: "web-0",
    attributes: `http.request.method=GET,http.route=${ROUTE}`,
    timeSeconds,
    value: 0,
    count,
    cumulative: true,
    ...rest,
  });
  const ratesOf = (points: readonly MetricPoint[], from = 100, until = 110): Map<number, number> => {
    const counts = new RequestCounts();
    counts.take(points);
    return counts.rates(TOPOLOGY, from, until);
  };

  test("gives the rate of its operation from what it grew by", () => {
    expect(ratesOf([point(100, 1000), point(110, 1250)])).toEqual(new Map([[WEB, 25]]));
  });

  test("adds up over instances and status codes", () => {
    const other = { attributes: `http.request.method=GET,http.response.status_code=500,http.route=${ROUTE}` };
    const points = [
      point(100, 10),
      point(110, 60),
      point(100, 0, { instance: "web-1" }),
      point(110, 30, { instance: "web-1" }),
      point(100, 5, other),
      point(110, 10, other),
    ];
    expect(ratesOf(points).get(WEB)).toBeCloseTo(8.5, 9);
  });

  test("that fell has begun anew, and one of deltas is what it says", () => {
    expect(ratesOf([point(100, 1000), point(110, 40)]).get(WEB)).toBe(4);
    const delta = { cumulative: false };
    expect(ratesOf([point(100, 70, delta), point(110, 90, delta)]).get(WEB)).toBe(9);
  });

  test("says nothing of a window it does not cover, with one point, or without a known operation", () => {
    expect(ratesOf([point(100, 1000), point(110, 1250)], 120, 130).size).toBe(0);
    expect(ratesOf([point(105, 1000)]).size).toBe(0);
    const unknown = { attributes: "http.request.method=POST,http.route=/else" };
    expect(ratesOf([point(100, 0, unknown), point(110, 10, unknown)]).size).toBe(0);
    expect(ratesOf([point(100, 0, { attributes: "" }), point(110, 10, { attributes: "" })]).size).toBe(0);
  });

  test("stands in for the sample: the rate of a 5 % sampled window is exact", () => {
    const counts = new RequestCounts();
    for (const [k, window] of sampled(windows.slice(0, 5), 0.05, 7, { operation: WEB, route: ROUTE }).entries()) {
      counts.take(window.metrics);
      const { entries } = estimateTraffic(window, counts);
      const { ratePerSecond, variance } = totalRate(entries.values());
      // The first export has no interval yet.
      if (k > 0) expect(ratePerSecond).toBeCloseTo(rootsOf(windows[k]!) / WINDOW_SECONDS, 1);
      expect(variance > 0).toBe(k === 0);
    }
  });
});

describe("completeness", () => {
  /** Windows of which a share of the visits of beta were lost on the way. */
  function withLosses(share: number): Observation[] {
    return windows.slice(0, 6).map((window) => {
      const { calls, visits } = window;
      const calleeVisit = calls.calleeVisit.map((callee, row) => {
        const isBeta = callee >= 0 && visits.operation[callee] === BETA;
        return isBeta && (row * 0.618) % 1 < share ? -1 : callee;
      });
      return { ...window, calls: { ...calls, calleeVisit } };
    });
  }

  test.each([
    [0, "inversion"],
    [0.03, "inversion"],
    [0.4, "matching"],
    [0.8, "none"],
  ] as const)(
    "with a share of %d of its spans lost, a node is learned by %s; the others by inversion",
    (share, basis) => {
      const completeness = new Completeness();
      for (const window of withLosses(share)) completeness.learn(window);
      expect(completeness.completeness(BETA)).toBeCloseTo(1 - share, 1);
      expect(completeness.basis(BETA)).toBe(basis);
      expect([WEB, ALPHA, DB].map((node) => completeness.basis(node))).toEqual(["inversion", "inversion", "inversion"]);
    },
  );

  test("of a sample is whole, while little is seen: it is matched, and the reason is given in words", () => {
    const completeness = new Completeness();
    for (const window of sampled(windows.slice(0, 6), 0.1, 11)) completeness.learn(window);
    expect(completeness.completeness(ALPHA)).toBe(1);
    expect(completeness.seenShare(ALPHA)).toBeCloseTo(0.1, 9);
    expect(completeness.basis(ALPHA)).toBe("matching");
    expect(limitationOf(completeness, ALPHA, undefined)).toMatch(/10 % of its visits are seen/);
  });

  test("of which too little arrives says why nothing is known", () => {
    const completeness = new Completeness();
    for (const window of withLosses(0.8)) completeness.learn(window);
    expect(limitationOf(completeness, BETA, undefined)).toMatch(/^not yet identifiable: only .* % of its spans arrive/);
    expect(limitationOf(completeness, ALPHA, undefined)).toBe("");
  });
});

describe("load levels", () => {
  const visit = (departureSeconds: number, own = 0.01): LearnedVisit => ({
    arrivalSeconds: departureSeconds - own,
    departureSeconds,
    childSeconds: 0,
    operation: 0,
    program: 0,
    segments: Float64Array.of(own),
    groups: new Float64Array(),
  });
  const levelsOf = (rates: readonly number[], variance: number, isCounted = false) => {
    const traffic = rates.map((ratePerSecond, k) => ({
      startSeconds: 10 * k,
      endSeconds: 10 * (k + 1),
      visits: new Map([[0, { ratePerSecond, variance, isCounted }]]),
    }));
    const visits = rates.flatMap((_, k) => Array.from({ length: 50 }, (_, i) => visit(10 * k + (i + 0.5) / 5)));
    return loadLevels(visits, traffic, { instanceCount: 2, completeness: 0.5, seenShare: 0.05 });
  };

  test("hold every visit once, in order of load, at the rate of one instance", () => {
    const { levels, spread } = levelsOf([10, 40, 20, 30, 10, 40, 20, 30, 10, 40, 20, 30], 0, true);
    expect(levels.flat().reduce((sum, work) => sum + work.ownSeconds.length, 0)).toBe(600);
    const rates = levels.map(([work]) => work!.ratePerSecond);
    expect(rates).toEqual([...rates].sort((a, b) => a - b));
    expect([rates[0], rates.at(-1)]).toEqual([5, 20]);
    expect(spread).toBe(4);
  });

  test("count what is lost on the way, unless requests were counted", () => {
    expect(levelsOf([10, 10, 10], 0).levels[0]![0]!.ratePerSecond).toBe(10);
    expect(levelsOf([10, 10, 10], 0, true).levels[0]![0]!.ratePerSecond).toBe(5);
  });

  test("are one where chance alone makes rates differ", () => {
    // Variance as of a tenth sampled: the spread of these rates is no more than that.
    expect(levelsOf([9, 12, 10, 8, 11, 10, 9, 11, 12, 8, 10, 10], 4).spread).toBe(1);
  });
});

test("normal quantiles agree with tables, and are symmetric", () => {
  for (const [p, z] of [
    [0.5, 0],
    [0.975, 1.959963985],
    [0.001, -3.090232306],
    [0.9999, 3.719016485],
  ] as const) {
    expect(normalQuantile(p)).toBeCloseTo(z, 7);
    expect(normalQuantile(1 - p)).toBeCloseTo(-z, 7);
  }
  expect(normalQuantile(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(normalQuantile(1)).toBe(Number.POSITIVE_INFINITY);
});
