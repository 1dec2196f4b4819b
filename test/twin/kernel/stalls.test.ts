// Goal: pauses and CPU quotas make the work of a replica stand still, exactly when they say.
// Method: timelines worked out by hand from the phases drawn; a stepwise integration; the limit a quota sets.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { stream } from "../../../twin/kernel/random.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { SimulatedVisits, StationSpec } from "../../../twin/kernel/spec.ts";
import { phaseSeconds } from "../../../twin/kernel/stall-phases.ts";
import { meanSojournSecondsPs } from "../../../twin/theory/general-queues.ts";
import { meanSojourn, replicate } from "../../theory/replications.ts";
import { arrivalsAt, exponentialTable, poissonArrivals, ps, rowsOf, rowsOfOperation, single } from "../networks.ts";

const SEED = 5;

function run(station: StationSpec, workSeconds: ArrayLike<number>, timeSeconds: readonly number[]): SimulatedVisits {
  const visits = simulate(compileNetwork(single(station, workSeconds)), arrivalsAt(...timeSeconds), { seed: SEED });
  expect(visits.isTruncated).toBe(false);
  return visits;
}

/** Departures, counted from `origin`. */
function departures(station: StationSpec, workSeconds: number, origin: number, ...after: number[]): number[] {
  const times = after.map((seconds) => origin + seconds);
  const rows = rowsOfOperation(run(station, [workSeconds], times), 0);
  return rows.map((row) => Math.round((row.departure - origin) * 1e9) / 1e9);
}

describe("pauses", () => {
  const station: StationSpec = { ...ps(1), pause: { intervalSeconds: 10, durationSeconds: 2 } };
  const phase = phaseSeconds(SEED, 0, 0, "pause", 10);

  test("work before a pause goes on after it", () => {
    expect(departures(station, 5, phase, 7)).toEqual([14]);
  });

  test("a visit that comes during a pause starts when it ends; one that ends as a pause begins is not held", () => {
    expect(departures(station, 1, phase, 11)).toEqual([13]);
    expect(departures(station, 3, phase, 7)).toEqual([10]);
    expect(departures(station, 1, phase, 10)).toEqual([13]);
  });

  test("long work goes through many: eight seconds in every ten", () => {
    expect(departures(station, 100, phase, 12)).toEqual([136]);
    // Others that come and go meanwhile do not shift the pauses.
    expect(departures(station, 20, phase, 2, 30)).toEqual([26, 56]);
  });

  test("two that share go at half speed between pauses and not at all in them", () => {
    expect(departures(station, 4, phase, 3, 3)).toEqual([13, 13]);
  });

  test("replicas draw their phases: they do not stand still together", () => {
    const phases = [0, 1, 2, 3].map((replica) => phaseSeconds(SEED, 0, replica, "pause", 10));
    expect(new Set(phases.map((seconds) => seconds.toFixed(3))).size).toBe(4);
    expect(phases.every((seconds) => seconds >= 0 && seconds < 10)).toBe(true);
  });

  test("what standing still adds is waiting, and busy seconds are those worked", () => {
    const visits = run(station, [5], [phase + 7]);
    expect(visits.waitingSeconds[0]).toBeCloseTo(2, 9);
    expect(visits.busySeconds[0]).toBeCloseTo(5, 9);
  });
});

describe("throttling", () => {
  const phase = phaseSeconds(SEED, 0, 0, "throttle", 1);
  const quota = (serverCount: number): StationSpec => ({
    ...ps(serverCount),
    throttle: { periodSeconds: 1, quotaSeconds: 0.25 },
  });

  test("a lone visit gets its quota at the start of each period", () => {
    expect(departures(quota(1), 1, phase, 10)).toEqual([13.25]);
    expect(departures(quota(1), 0.6, phase, 10)).toEqual([12.1]);
    // Half a CPU uses the quota up in half a period.
    expect(departures(quota(0.5), 1, phase, 10)).toEqual([13.5]);
  });

  test("two on two CPUs use it up twice as fast", () => {
    expect(departures(quota(2), 0.5, phase, 10, 10)).toEqual([13.125, 13.125]);
  });

  test("what is left of a quota is left to the next visit of the period, and is gone in the next period", () => {
    expect(departures(quota(1), 0.15, phase, 10, 10.5)).toEqual([10.15, 11.05]);
    expect(departures(quota(1), 0.3, phase, 10.95, 12)).toEqual([11.25, 13.05]);
  });

  test("a quota that all CPUs together cannot use up changes nothing", () => {
    const free = { ...ps(2), throttle: { periodSeconds: 0.1, quotaSeconds: 0.2 } };
    const times = [0, 0.3, 0.31, 0.32, 2];
    expect(run(free, [0.4], times)).toEqual(run(ps(2), [0.4], times));
  });

  test("no more work is done than the quota allows, however much there is, and no less", () => {
    const station = { ...ps(4), throttle: { periodSeconds: 0.1, quotaSeconds: 0.07 } };
    const visits = run(station, exponentialTable(0.02, 500), [...poissonArrivals(100, 2000, 1).timeSeconds]);
    // Twice as much is asked for: two seconds of work a second, where 0.7 can be had.
    expect(visits.busySeconds[0]! / visits.endSeconds).toBeLessThanOrEqual(0.7 + 1e-3);
    expect(visits.busySeconds[0]! / visits.endSeconds).toBeGreaterThan(0.69);
  });

  test("a quota of many short periods is a slower CPU", () => {
    const seed = 51;
    const station = { ...ps(1), throttle: { periodSeconds: 0.001, quotaSeconds: 0.0005 } };
    const found = replicate(
      single(station, exponentialTable(0.1)),
      seed,
      (s) => poissonArrivals(3, 6000, s),
      meanSojourn,
    );
    const theory = meanSojournSecondsPs({ arrivalRatePerSecond: 3, meanServiceSeconds: 0.2 });
    expect(Math.abs(found.mean - theory)).toBeLessThan(found.halfWidth + 0.001);
  });
});

const STEP_SECONDS = 2e-4;

/** When visits of equal work end under processor sharing in small steps: what the closed form must come near. */
function stepped({ serverCount, pause, throttle }: StationSpec, arrivals: readonly number[], work: number): number[] {
  const left = arrivals.map(() => work);
  const ends = arrivals.map(() => 0);
  const pausePhase = pause ? phaseSeconds(SEED, 0, 0, "pause", pause.intervalSeconds) : 0;
  const periodPhase = throttle ? phaseSeconds(SEED, 0, 0, "throttle", throttle.periodSeconds) : 0;
  let quotaLeft = throttle?.quotaSeconds ?? Number.POSITIVE_INFINITY;
  let period = 0;
  for (let step = 0; left.some((seconds) => seconds > 0); step++) {
    const now = step * STEP_SECONDS;
    const nowPeriod = throttle ? Math.floor((now - periodPhase) / throttle.periodSeconds) : 0;
    if (throttle && nowPeriod !== period) quotaLeft = throttle.quotaSeconds;
    period = nowPeriod;
    if (pause) {
      const intoInterval = (now - pausePhase + pause.intervalSeconds) % pause.intervalSeconds;
      if (intoInterval < pause.durationSeconds) continue;
    }
    const present = arrivals.filter((arrival, i) => arrival <= now && left[i]! > 0).length;
    const rate = Math.min(1, serverCount / present, quotaLeft / (present * STEP_SECONDS));
    arrivals.forEach((arrival, i) => {
      if (arrival > now || left[i]! <= 0) return;
      left[i]! -= rate * STEP_SECONDS;
      ends[i] = now + STEP_SECONDS;
    });
    quotaLeft -= present * rate * STEP_SECONDS;
  }
  return ends;
}

test("random pauses, quotas and visits end when an integration in small steps says", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000_000 }), (number) => {
      const random = stream(number, "case", "stalls");
      const station: StationSpec = {
        ...ps(0.5 + 2 * random.nextUniform()),
        ...(random.nextUniform() < 0.7 && {
          pause: { intervalSeconds: 0.5 + random.nextUniform(), durationSeconds: 0.3 * random.nextUniform() },
        }),
        ...(random.nextUniform() < 0.7 && {
          throttle: { periodSeconds: 0.2 + random.nextUniform(), quotaSeconds: 0.05 + 0.3 * random.nextUniform() },
        }),
      };
      const work = 0.2 + random.nextUniform();
      const times = Array.from({ length: 4 }, () => 2 * random.nextUniform()).sort((a, b) => a - b);
      const visits = run(station, [work], times);
      // A little more work may have to wait for the next period: so the end lies between those of less and of more.
      const earliest = stepped(station, times, work - 0.008);
      const latest = stepped(station, times, work + 0.008);
      for (const row of rowsOf(visits)) {
        expect(row.departure, `case ${number}`).toBeGreaterThan(earliest[row.root]! - 0.01);
        expect(row.departure, `case ${number}`).toBeLessThan(latest[row.root]! + 0.01);
      }
      expect(visits.busySeconds[0]).toBeCloseTo(4 * work, 8);
    }),
    { numRuns: 150, seed: 7 },
  );
});
