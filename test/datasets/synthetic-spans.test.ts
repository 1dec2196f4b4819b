// Goal: what the simulator makes is taken in by the product as from a real system, and each disturbance does what it says.
// Method: recordings are run through the real Observer, whose windows are held against the truth.
import { describe, expect, test } from "vitest";
import { type Application, stationTruths, visitsPerRequest } from "../../datasets/synthetic/application.ts";
import { measureCapacity } from "../../datasets/synthetic/capacity.ts";
import { drawApplication } from "../../datasets/synthetic/draw-application.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { observe } from "./synthetic-applications.ts";

const visitCount = (windows: readonly Observation[]): number =>
  windows.reduce((sum, each) => sum + each.visits.count, 0);

function lossesOf(ledger: ReturnType<typeof observe>["ledger"]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of ledger.rows())
    for (const [reason, count] of Object.entries(row.lost)) sums[reason] = (sums[reason] ?? 0) + count;
  return sums;
}

describe("drawn applications", () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])("number %i: every service is visited and call programs sum to 1", (seed) => {
    const application = drawApplication(seed);
    const visits = visitsPerRequest(application);
    for (const truth of stationTruths(application)) {
      expect(truth.meanServiceSeconds, truth.name).toBeGreaterThan(0);
      expect(truth.serverCount).toBeGreaterThan(0);
    }
    expect(Math.min(...visits)).toBeGreaterThan(0);
    for (const operation of application.operations) {
      expect(operation.programs.reduce((sum, each) => sum + each.probability, 0)).toBeCloseTo(1, 12);
      for (const program of operation.programs) {
        expect(program.workShares).toHaveLength(program.groups.length + 1);
        expect(program.workShares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      }
    }
  });

  test("have from 5 to 60 services, and both disciplines", () => {
    const drawn = Array.from({ length: 60 }, (_, seed) => drawApplication(seed));
    const counts = drawn.map((each) => each.services.filter((service) => !service.isLeaf).length);
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...counts)).toBeLessThanOrEqual(60);
    expect(Math.max(...counts)).toBeGreaterThan(40);
    const disciplines = drawn.flatMap((each) => each.services.map((service) => service.station.discipline));
    expect(new Set(disciplines)).toEqual(new Set(["fifo", "ps", "delay"]));
  });

  test("the rate for a utilization makes the busiest station that busy", () => {
    const application = drawApplication(7);
    const capacity = measureCapacity(application, 1, 3000);
    for (const utilization of [0.4, 0.8]) {
      const requests = drawRequests(application, [steady(capacity.rateAt(utilization), 200)], 2);
      const truth = recordApplication(application, requests, { seed: 2, take: () => {} });
      const windows = truth.utilization[capacity.bottleneck]!.subarray(2);
      const mean = windows.reduce((sum, each) => sum + each, 0) / windows.length;
      expect(Math.abs(mean / utilization - 1)).toBeLessThan(0.06);
    }
  });
});

describe("a recording of a drawn application", () => {
  const application = drawApplication(2);
  const requests = drawRequests(application, [steady(40, 30)], 1);
  const record = (disturbances = {}) => observe(application, requests, { seed: 1, disturbances });
  const clean = record();

  test("is seen with all services, databases, instances and operations, and nothing is lost", () => {
    const { topology } = clean.windows[0]!;
    expect(topology.nodes.map((node) => node.name).sort()).toEqual(
      application.services.map((each) => each.name).sort(),
    );
    expect(topology.instances).toHaveLength(application.services.reduce((sum, each) => sum + each.replicaCount, 0));
    expect(topology.operations).toHaveLength(application.operations.length);
    const entries = topology.operations.filter((operation) => operation.isEntry).map((operation) => operation.name);
    expect(entries.sort()).toEqual(
      application.entries.map((each) => application.operations[each.operation]!.name).sort(),
    );
    expect(lossesOf(clean.ledger)).toEqual({});
  });

  test("has the visits that the call programs ask for, and gaps as drawn", () => {
    const perRequest = visitsPerRequest(application).reduce((sum, each) => sum + each, 0);
    expect(visitCount(clean.windows) / requests.timeSeconds.length / perRequest).toBeCloseTo(1, 1);
    for (const { calls } of clean.windows)
      for (const gap of calls.gapSeconds) if (!Number.isNaN(gap)) expect(gap).toBeGreaterThan(0);
  });

  test("call programs are recovered: no more of them than were drawn, short calls apart", () => {
    const drawn = application.operations.reduce((sum, operation) => sum + operation.programs.length, 0);
    expect(clean.windows[0]!.topology.programs.length).toBeLessThanOrEqual(2 * drawn);
  });

  test("lost spans leave orphans and calls without an answer", () => {
    const { ledger, windows } = record({ lossProbability: 0.05 });
    const losses = lossesOf(ledger);
    expect(losses["orphan"]).toBeGreaterThan(0);
    expect(losses["missing-callee"]).toBeGreaterThan(0);
    expect(windows[0]!.topology.nodes).toHaveLength(application.services.length);
  });

  test("head sampling keeps whole traces, and says with what probability", () => {
    const { ledger, windows } = record({ samplingProbability: 0.25 });
    expect(visitCount(windows) / visitCount(clean.windows)).toBeCloseTo(0.25, 1);
    expect(lossesOf(ledger)).toEqual({});
  });

  test("clocks apart are seen as such, and change no duration", () => {
    const { ledger, windows } = record({ skewSeconds: 0.05 });
    expect(lossesOf(ledger)["skewed"]).toBeGreaterThan(0);
    const sum = (all: readonly Observation[]): number =>
      all.reduce((total, { visits }) => total + visits.sojournSeconds.reduce((a, b) => a + b, 0), 0);
    expect(sum(windows) / sum(clean.windows)).toBeCloseTo(1, 2);
  });

  test("coarse clocks read whole milliseconds", () => {
    const batches = batchesOf(application, { grainSeconds: 0.001 });
    for (const { spans } of batches)
      for (const seconds of spans.durationSeconds)
        expect(Math.abs(1000 * seconds - Math.round(1000 * seconds))).toBeLessThan(1e-6);
  });

  test("noise moves both ends of every span by a share of the work, and of nothing else", () => {
    const spans = (disturbances: object) =>
      batchesOf(application, disturbances).flatMap(({ spans }) => [...spans.startSeconds]);
    const [still, moved] = [spans({}), spans({ noiseShare: 0.1 })];
    const shifts = moved.map((time, i) => Math.abs(time - still[i]!));
    const longest = Math.max(...stationTruths(application).map((truth) => truth.meanServiceSeconds));
    expect(shifts.filter((shift) => shift === 0).length).toBeLessThan(0.01 * shifts.length);
    expect(Math.max(...shifts)).toBeLessThan(longest);
  });

  function batchesOf(of: Application, disturbances: object): TelemetryBatch[] {
    const batches: TelemetryBatch[] = [];
    recordApplication(of, requests, { seed: 1, disturbances, take: (batch) => batches.push(batch) });
    return batches;
  }
});
