// Goal: with a tenth of the traces the twin still knows what limits the system, stays silent in a surge, and names a fault.
// Method: the application of the other twin tests, head-sampled; clean windows at six levels of load are learned.
import { beforeAll, describe, expect, test, vi } from "vitest";
import type { Forecast, NodeForecast } from "../../src/contracts/forecast.ts";
import { isMaterial } from "../../src/detection/floors.ts";
import { Twin } from "../../twin/twin.ts";
import { ALPHA, ALPHA_SERVERS, BETA, type Change, DB, runApplication, WEB, WORK_SECONDS } from "./application.ts";
import { sampled } from "./sampling.ts";

// Some seconds of work, and more on a machine that does other things.
vi.setConfig({ testTimeout: 240_000 });

const SHARE = 0.1;
/** Standard deviations within which a residual says nothing. */
const BOUND = 4;
const RATES = [60, 10, 20, 30, 40, 50, 60, 15, 25, 35, 45, 55];
const WINDOWS_PER_RATE = 4;
const QUIET_RATE = 30;

let twin: Twin;

/** Windows under a change, sampled, with the request count that web exports. */
function judge(change: Change, count: number, seed: number): Forecast[] {
  const windows = runApplication(200 + seed * 20, count, seed, change);
  return sampled(windows, SHARE, seed, { operation: WEB, route: "/" }).map((each) => twin.forecast(each));
}

function nodeOf(forecast: Forecast, node: number): NodeForecast {
  const found = forecast.nodes.find((each) => each.node === node);
  if (found === undefined) throw new Error(`node ${node} has no forecast`);
  return found;
}

beforeAll(() => {
  twin = new Twin({ seed: 1, replicates: 6, learningWindows: RATES.length * WINDOWS_PER_RATE });
  const windows = RATES.flatMap((ratePerSecond, k) =>
    runApplication(10 + k * WINDOWS_PER_RATE, WINDOWS_PER_RATE, 3, { ratePerSecond }),
  );
  for (const window of sampled(windows, SHARE, 5, { operation: WEB, route: "/" })) twin.learn(twin.forecast(window));
}, 900_000);

describe("a twin of one trace in ten", () => {
  test("knows alpha's worker pool, and how busy it is with all the traffic", () => {
    const clean = judge({ ratePerSecond: QUIET_RATE }, 6, 1);
    const alpha = clean.map((each) => nodeOf(each, ALPHA));
    expect(alpha[0]!.structures[0]).toEqual({ discipline: "fifo", serverCount: ALPHA_SERVERS });
    const held = WORK_SECONDS[1] + 0.8 * (WORK_SECONDS[3] + 0.002);
    const utilization = alpha.slice(1).reduce((sum, each) => sum + each.utilization, 0) / (alpha.length - 1);
    expect(Math.abs(utilization / ((QUIET_RATE * held) / ALPHA_SERVERS) - 1)).toBeLessThan(0.2);
    for (const { capacity, entryRatePerSecond } of clean.slice(1)) {
      expect(Math.abs(entryRatePerSecond / QUIET_RATE - 1)).toBeLessThan(0.25);
      expect(capacity!.node).toBe(ALPHA);
      expect(Math.abs(capacity!.saturationRatePerSecond / (ALPHA_SERVERS / held) - 1)).toBeLessThan(0.15);
    }
  });

  test("claims no service time of services, and says why", () => {
    const [forecast] = judge({ ratePerSecond: QUIET_RATE }, 1, 2);
    expect([WEB, ALPHA, BETA].map((node) => nodeOf(forecast!, node).service)).toEqual([null, null, null]);
    // A database's latency is taken as it is, visit by visit: a sample of it is as good.
    expect(nodeOf(forecast!, DB).service).not.toBeNull();
    expect(forecast!.readiness[ALPHA]!.limitation).toMatch(/10 % of its visits/);
    expect(forecast!.readiness[ALPHA]!.sampledShare).toBeCloseTo(SHARE, 6);
  });

  test("is silent when nothing is wrong, and in a surge to 0.85 of what the system bears", () => {
    const clean = judge({ ratePerSecond: QUIET_RATE }, 8, 3);
    const surge = judge({ ratePerSecond: 60 }, 8, 4);
    for (const forecast of [...clean, ...surge]) {
      const loud = forecast.nodes.filter((node) => ((node.service ?? node.sojourn)?.z ?? 0) > BOUND);
      expect(loud.filter(isMaterial).map(({ node }) => node)).toEqual([]);
    }
    expect(surge.at(-1)!.entryRatePerSecond).toBeGreaterThan(1.5 * clean.at(-1)!.entryRatePerSecond);
  });

  test("finds work twice as slow at beta in every window, there and nowhere else", () => {
    for (const forecast of judge({ ratePerSecond: QUIET_RATE, slower: { [BETA]: 2 } }, 5, 5)) {
      const z = [WEB, ALPHA, BETA].map((node) => nodeOf(forecast, node).sojourn?.z ?? 0);
      expect(z.indexOf(Math.max(...z))).toBe(BETA);
      expect(z[BETA]).toBeGreaterThan(BOUND);
      expect(Math.max(z[WEB]!, z[ALPHA]!)).toBeLessThan(BOUND);
      expect(isMaterial(nodeOf(forecast, BETA))).toBe(true);
    }
  });

  test("does not blame alpha, whose servers are held, for a database three times as slow", () => {
    const forecasts = judge({ ratePerSecond: QUIET_RATE, slower: { [DB]: 3 } }, 4, 6);
    for (const forecast of forecasts) {
      expect(nodeOf(forecast, DB).service!.z).toBeGreaterThan(BOUND);
      expect(nodeOf(forecast, ALPHA).sojourn!.z).toBeLessThan(BOUND);
    }
  });
});
