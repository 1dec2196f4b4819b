// Goal: the simulator that makes the truth for benchmarks is true itself: it agrees with queueing theory and obeys its laws.
// Method: independent replications; theory must lie inside the 99.9 % interval, and that be narrow.
import { describe, expect, test } from "vitest";
import type { Application, Station } from "../../datasets/synthetic/application.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { simulateApplication } from "../../datasets/synthetic/simulate-application.ts";
import type { SyntheticSpan } from "../../datasets/synthetic/span.ts";
import { SPAN_KIND } from "../../src/contracts/telemetry.ts";
import { meanWaitingSecondsFifo } from "../../twin/theory/general-queues.ts";
import { meanSojournSeconds } from "../../twin/theory/markov-queues.ts";
import { expectAgreement } from "../theory/replications.ts";
import { chain, EXPONENTIAL } from "./synthetic-applications.ts";

const WORK_SECONDS = 0.1;
const REQUESTS = 12_000;
const REPLICATIONS = 20;
const T_999 = 3.883;

/** Mean sojourn time of the entry, the first fifth left out. */
function meanSojourn(application: Application, ratePerSecond: number, seed: number): number {
  const requests = drawRequests(application, [steady(ratePerSecond, REQUESTS / ratePerSecond)], seed);
  const warmUp = requests.timeSeconds.length / 5;
  let sum = 0;
  let count = 0;
  simulateApplication(application, requests, {
    seed,
    onSpan: (span) => {
      if (span.parent !== 0 || span.trace <= warmUp) return;
      sum += span.endSeconds - span.startSeconds;
      count++;
    },
  });
  return sum / count;
}

function replicated(measure: (seed: number) => number): { mean: number; halfWidth: number } {
  const values = Array.from({ length: REPLICATIONS }, (_, run) => measure(5000 + run));
  const mean = values.reduce((sum, value) => sum + value, 0) / REPLICATIONS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (REPLICATIONS - 1);
  return { mean, halfWidth: T_999 * Math.sqrt(variance / REPLICATIONS) };
}

const single = (station: Station, cv = 1, shape: "gamma" | "lognormal" | "bimodal" = "gamma"): Application =>
  chain([{ station, work: { shape, meanSeconds: WORK_SECONDS, cv } }]);

describe("a single station", { timeout: 60_000 }, () => {
  test.each([1, 4])("M/M/%i: workers agree with Erlang C", (workerCount) => {
    const rate = (0.7 * workerCount) / WORK_SECONDS;
    const found = replicated((seed) => meanSojourn(single({ discipline: "fifo", workerCount }), rate, seed));
    const theory = meanSojournSeconds({
      arrivalRatePerSecond: rate,
      meanServiceSeconds: WORK_SECONDS,
      serverCount: workerCount,
    });
    expectAgreement(found, theory, 5000);
  });

  test.each(["gamma", "lognormal", "bimodal"] as const)(
    "M/G/1 with %s work agrees with Pollaczek and Khinchine",
    (shape) => {
      const cv = 0.8;
      const found = replicated((seed) =>
        meanSojourn(single({ discipline: "fifo", workerCount: 1 }, cv, shape), 6, seed),
      );
      const waiting = meanWaitingSecondsFifo({
        arrivalRatePerSecond: 6,
        meanServiceSeconds: WORK_SECONDS,
        serviceVariation: cv,
      });
      expectAgreement(found, waiting + WORK_SECONDS, 5000);
    },
  );

  test.each(["gamma", "bimodal"] as const)(
    "half a shared processor with %s work is one at half speed: E[S] / (½ − ρ)",
    (shape) => {
      const application = single({ discipline: "ps", processorCount: 0.5, threadCount: 10_000 }, 1.5, shape);
      const found = replicated((seed) => meanSojourn(application, 3, seed));
      expectAgreement(found, (2 * WORK_SECONDS) / (1 - 3 * 2 * WORK_SECONDS), 5000);
    },
  );

  test("autocorrelated work keeps its mean and lengthens the queue", () => {
    const [correlated, independent] = [0.7, 0].map((autocorrelation) =>
      replicated((seed) =>
        meanSojourn(
          chain([
            {
              station: { discipline: "fifo", workerCount: 1 },
              work: { shape: "lognormal", meanSeconds: WORK_SECONDS, cv: 1 },
              autocorrelation,
            },
          ]),
          6,
          seed,
        ),
      ),
    );
    expect(correlated!.mean - correlated!.halfWidth).toBeGreaterThan(independent!.mean + independent!.halfWidth);
  });
});

describe("a chain of services", () => {
  const application = chain([
    { station: { discipline: "fifo", workerCount: 30 }, work: { ...EXPONENTIAL, meanSeconds: 0.01 } },
    {
      station: { discipline: "ps", processorCount: 1.5, threadCount: 32 },
      work: { ...EXPONENTIAL, meanSeconds: 0.02 },
    },
  ]);
  const requests = drawRequests(application, [steady(50, 400)], 3);

  function run(seed: number): { spans: SyntheticSpan[]; utilization: readonly Float64Array[] } {
    const spans: SyntheticSpan[] = [];
    const { utilization } = simulateApplication(application, requests, { seed, onSpan: (span) => spans.push(span) });
    return { spans, utilization };
  }
  const { spans, utilization } = run(3);
  const mean = (windows: Float64Array): number => windows.reduce((sum, each) => sum + each, 0) / windows.length;

  test("makes three spans a request, each inside its parent, in order of their ends", () => {
    expect(spans).toHaveLength(3 * requests.timeSeconds.length);
    const byId = new Map(spans.map((span) => [span.id, span]));
    for (const span of spans) {
      const parent = byId.get(span.parent);
      expect(parent === undefined).toBe(span.parent === 0);
      if (parent === undefined) continue;
      expect(parent.trace).toBe(span.trace);
      expect(parent.startSeconds).toBeLessThanOrEqual(span.startSeconds);
      expect(parent.endSeconds).toBeGreaterThanOrEqual(span.endSeconds);
    }
    for (let i = 1; i < spans.length; i++)
      expect(spans[i]!.endSeconds).toBeGreaterThanOrEqual(spans[i - 1]!.endSeconds);
  });

  test("obeys the utilization law: processors are busy for the work, workers for the whole stay", () => {
    const rate = requests.timeSeconds.length / 400;
    expect(mean(utilization[1]!)).toBeCloseTo((rate * 0.02) / 1.5, 1);
    const root = spans.filter((span) => span.parent === 0);
    const staySeconds = root.reduce((sum, span) => sum + span.endSeconds - span.startSeconds, 0) / 400;
    // So many workers that none ever waits for one.
    expect(mean(utilization[0]!)).toBeCloseTo(staySeconds / 30, 3);
  });

  test("gives the same spans for the same seed, and others for another", () => {
    const ends = (seed: number): number[] => run(seed).spans.map((span) => span.endSeconds);
    expect(ends(3)).toEqual(spans.map((span) => span.endSeconds));
    expect(ends(4)).not.toEqual(spans.map((span) => span.endSeconds));
  });

  test("shows a fault while it lasts and no longer", () => {
    const meanStay = (kind: "slow-code" | "capacity" | "network-delay", size: number): number[] => {
      const fault = { kind, service: 1, size, fromSeconds: 100, untilSeconds: 200 };
      const stays = [0, 0, 0];
      const counts = [0, 0, 0];
      simulateApplication(application, requests, {
        seed: 3,
        faults: [fault],
        onSpan: (span) => {
          if (span.kind !== SPAN_KIND.client) return;
          const part = span.startSeconds < 100 ? 0 : span.startSeconds < 200 ? 1 : span.startSeconds < 220 ? -1 : 2;
          if (part < 0) return;
          stays[part]! += span.endSeconds - span.startSeconds;
          counts[part]!++;
        },
      });
      return stays.map((sum, part) => sum / counts[part]!);
    };
    for (const [kind, size] of [
      ["slow-code", 1.4],
      ["capacity", 0.75],
      ["network-delay", 0.05],
    ] as const) {
      const [before, during, after] = meanStay(kind, size);
      expect(during, kind).toBeGreaterThan(1.4 * before!);
      expect(after, kind).toBeLessThan(1.2 * before!);
    }
  });
});
