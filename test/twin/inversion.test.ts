// Goal: queue inversion gives back the service times that made the departures.
// Method: the simulator makes departures out of known service times; clean clocks, so equality is exact but for rounding.
import { describe, expect, test } from "vitest";
import { invertDelay, invertFifo, invertPs, invertPsIntervals } from "../../twin/identification/inversion.ts";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec, StationSpec } from "../../twin/kernel/spec.ts";
import {
  delay,
  edge,
  fifo,
  lognormalTable,
  moments,
  operation,
  poissonArrivals,
  program,
  ps,
  rowsOf,
  seenBy,
  single,
} from "./networks.ts";

const VISITS = 5000;

function observe(station: StationSpec, seed: number) {
  const samples = lognormalTable(0.1, 1, seed, 3000);
  const servers = Number.isFinite(station.serverCount) ? station.serverCount : 3;
  const arrivals = poissonArrivals(7 * servers, VISITS, seed);
  const visits = simulate(compileNetwork(single(station, samples)), arrivals, { seed });
  const rows = rowsOf(visits).sort((a, b) => a.arrival - b.arrival);
  return {
    ...seenBy(visits),
    service: rows.map((row) => row.sojourn - row.waiting),
    waiting: rows.map((row) => row.waiting),
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = Math.abs(a.length - b.length);
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]! - b[i]!));
  return largest;
}

describe("exactly the true service times come back", () => {
  test.each([1, 2, 3, 8, 16])("from FIFO(%i), with the time each visit started", (serverCount) => {
    const seen = observe(fifo(serverCount), serverCount);
    const { startSeconds, holdSeconds, serviceSeconds, violationShare } = invertFifo(
      seen.arrivals,
      seen.departures,
      null,
      serverCount,
    );
    expect(largestDifference(serviceSeconds, seen.service)).toBeLessThan(1e-9);
    expect(largestDifference(holdSeconds, serviceSeconds)).toBe(0);
    expect(
      largestDifference(
        startSeconds,
        seen.arrivals.map((arrival, i) => arrival + seen.waiting[i]!),
      ),
    ).toBeLessThan(1e-9);
    expect(violationShare).toBe(0);
    expect(Math.max(...seen.waiting)).toBeGreaterThan(0);
  });

  test.each([0.5, 1, 1.5, 4])("from PS(%d)", (serverCount) => {
    const seen = observe(ps(serverCount), 100 + serverCount * 2);
    const { serviceSeconds, violationShare } = invertPs(seen.arrivals, seen.departures, serverCount);
    expect(largestDifference(serviceSeconds, seen.service)).toBeLessThan(1e-8);
    expect(violationShare).toBe(0);
  });

  test("from a delay station", () => {
    const seen = observe(delay(), 5);
    expect(
      largestDifference(invertDelay(seen.arrivals, seen.departures, null).serviceSeconds, seen.service),
    ).toBeLessThan(1e-9);
  });
});

describe("visits that call", () => {
  /** A caller on `station`; its callee is a queue, so the time it waits for calls varies with load. */
  function observeCaller(station: StationSpec, seed: number) {
    const segments = lognormalTable(0.05, 0.7, seed, 4000);
    const spec: NetworkSpec = {
      stations: [station, fifo(1)],
      operations: [
        operation(0, program(segments, [[0]])),
        operation(1, program(lognormalTable(0.05, 1, seed + 1, 2000))),
      ],
      edges: [edge(1)],
    };
    const visits = simulate(compileNetwork(spec), poissonArrivals(12, VISITS, seed), { seed });
    const rows = rowsOf(visits);
    const calleeByRoot = new Map(rows.filter((row) => row.operation === 1).map((row) => [row.root, row]));
    const callers = rows.filter((row) => row.operation === 0).sort((a, b) => a.arrival - b.arrival);
    const callees = callers.map((row) => calleeByRoot.get(row.root)!);
    const childSeconds = Float64Array.from(callees, (row) => row.sojourn);
    const service = callers.map((row, i) => row.sojourn - row.waiting - childSeconds[i]!);
    return { ...seenBy(visits), callers, callees, childSeconds, service };
  }

  test("a worker pool gives back their own work, calls taken out", () => {
    const seen = observeCaller(fifo(3), 31);
    const { serviceSeconds, violationShare } = invertFifo(seen.arrivals, seen.departures, seen.childSeconds, 3);
    expect(largestDifference(serviceSeconds, seen.service)).toBeLessThan(1e-9);
    expect(violationShare).toBe(0);
  });

  test("a CPU gives back their own work exactly when their self intervals are known", () => {
    const seen = observeCaller(ps(1.5), 32);
    const intervals = seen.callers
      .flatMap((caller, visit) => {
        const callee = seen.callees[visit]!;
        return [
          { visit, start: caller.arrival, end: callee.arrival },
          { visit, start: callee.departure, end: caller.departure },
        ];
      })
      .sort((a, b) => a.start - b.start);
    const serviceSeconds = invertPsIntervals(
      {
        visit: Uint32Array.from(intervals, (each) => each.visit),
        startSeconds: Float64Array.from(intervals, (each) => each.start),
        endSeconds: Float64Array.from(intervals, (each) => each.end),
      },
      seen.callers.length,
      1.5,
    );
    expect(largestDifference(serviceSeconds, seen.service)).toBeLessThan(1e-8);
  });

  test("a CPU gives back their mean own work within 5 % when only the time in calls is known", () => {
    const seen = observeCaller(ps(1.5), 33);
    const truth = moments(seen.service).mean;
    const blind = moments(invertPs(seen.arrivals, seen.departures, 1.5, null).serviceSeconds).mean;
    const found = moments(invertPs(seen.arrivals, seen.departures, 1.5, seen.childSeconds).serviceSeconds).mean;
    expect(Math.abs(found / truth - 1)).toBeLessThan(0.05);
    expect(Math.abs(blind / truth - 1)).toBeGreaterThan(2 * Math.abs(found / truth - 1));
  });
});

describe("contradictions", () => {
  test("too few servers are contradicted by many visits", () => {
    const seen = observe(fifo(4), 41);
    expect(invertFifo(seen.arrivals, seen.departures, null, 2).violationShare).toBeGreaterThan(0.05);
    expect(invertFifo(seen.arrivals, seen.departures, null, 8).violationShare).toBe(0);
  });

  test("overtaking contradicts one server in order of arrival", () => {
    const { serviceSeconds, violationShare } = invertFifo(Float64Array.of(0, 1), Float64Array.of(10, 2), null, 1);
    expect(Array.from(serviceSeconds)).toEqual([10, -8]);
    expect(violationShare).toBe(0.5);
  });

  test("a visit that left before it came is counted at every structure", () => {
    const arrivals = Float64Array.of(0, 1);
    const departures = Float64Array.of(0.5, 0.9);
    expect(invertFifo(arrivals, departures, null, 4).violationShare).toBe(0.5);
    expect(invertPs(arrivals, departures, 4).violationShare).toBe(0.5);
    expect(invertDelay(arrivals, departures, null).violationShare).toBe(0.5);
  });

  test("arrivals out of order and impossible server counts are refused", () => {
    const up = Float64Array.of(0, 1);
    const down = Float64Array.of(1, 0);
    expect(() => invertFifo(down, up, null, 1)).toThrow("arrivals[1]: 0");
    expect(() => invertPs(down, up, 1)).toThrow("arrivals[1]: 0");
    expect(() => invertFifo(up, up, null, 1.5)).toThrow("serverCount: 1.5");
    expect(() => invertPs(up, up, 0)).toThrow("serverCount: 0");
  });

  test("no visits are no contradiction", () => {
    const none = new Float64Array();
    expect(invertFifo(none, none, null, 3)).toMatchObject({ violationShare: 0 });
    expect(invertPs(none, none, 3)).toMatchObject({ violationShare: 0 });
  });
});
