// Goal: laws hold whatever stations and edges are made of, all of it together.
// Method: random networks with every feature; the laws are checked from the rows and counts of the run.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { NetworkSpec, SimulatedVisits } from "../../../twin/kernel/spec.ts";
import { byReplica, integrate } from "../laws.ts";
import { type Row, rowsOf } from "../networks.ts";
import { everyFeatureCase, type RandomCase, sideBySide } from "../random-networks.ts";

const RUNS = { numRuns: 150, seed: 11 };
const anyCase = fc.integer({ min: 1, max: 1_000_000 });

function run({ spec, arrivals, seed }: RandomCase): SimulatedVisits {
  return simulate(compileNetwork(spec), arrivals, { seed });
}

function makesCalls(spec: NetworkSpec, row: Row): boolean {
  return spec.operations[row.operation]!.programs[0]!.groups.length > 0;
}

function replicaIndex(spec: NetworkSpec, key: string): number {
  const [station, replica] = key.split("/").map(Number);
  return spec.stations.slice(0, station).reduce((sum, each) => sum + each.replicaWeights.length, 0) + replica!;
}

describe("laws over random networks with every feature", () => {
  test("every arrival ends exactly once, and every attempt that is sent is one visit", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = everyFeatureCase(number);
        const { spec, arrivals } = random;
        const visits = run(random);
        const rows = rowsOf(visits);
        expect(visits.isTruncated).toBe(false);
        const roots = rows.filter((row) => row.isRoot).map((row) => row.root);
        expect(roots.sort((a, b) => a - b)).toEqual(Array.from(arrivals.timeSeconds, (_, i) => i));
        const called = new Float64Array(spec.operations.length);
        for (const row of rows) if (!row.isRoot) called[row.operation]! += 1;
        const attempts = new Float64Array(spec.operations.length);
        const unsent = new Float64Array(spec.operations.length);
        spec.edges.forEach((edge, index) => {
          attempts[edge.calleeOperation]! += visits.edgeAttempts[index]!;
          // Only who waits for a connection can give up before the call is sent.
          if (edge.pool !== undefined) unsent[edge.calleeOperation]! += visits.edgeAttempts[index]!;
        });
        called.forEach((count, operation) => {
          expect(count).toBeLessThanOrEqual(attempts[operation]!);
          expect(count).toBeGreaterThanOrEqual(attempts[operation]! - unsent[operation]!);
        });
      }),
      RUNS,
    );
  });

  test("no edge is tried more often than its retries allow, and what fails has failed for a reason", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = everyFeatureCase(number);
        const { spec } = random;
        const visits = run(random);
        const rows = rowsOf(visits);
        spec.edges.forEach((edge, index) => {
          const caller = spec.operations.findIndex((each) =>
            each.programs[0]!.groups.flat().some((call) => call.edge === index),
          );
          const callers = rows.filter((row) => row.operation === caller).length;
          expect(visits.edgeAttempts[index]).toBeLessThanOrEqual(callers * (edge.retry?.attemptsMax ?? 1));
          const unsuccessful = visits.edgeTimeouts[index]! + visits.edgeFailures[index]!;
          expect(unsuccessful).toBeLessThanOrEqual(visits.edgeAttempts[index]!);
          if (edge.timeoutSeconds === undefined) expect(visits.edgeTimeouts[index]).toBe(0);
          if (edge.lossProbability === undefined) expect(visits.edgeLosses[index]).toBe(0);
        });
        const leaf = rows.filter((row) => row.isFailed && !makesCalls(spec, row));
        // Who makes no calls fails by being refused, or with the first of its batch.
        for (const row of leaf) {
          const station = spec.stations[spec.operations[row.operation]!.station]!;
          expect((row.sojourn === 0 && station.queueCapacity !== undefined) || station.batch !== undefined).toBe(true);
        }
      }),
      RUNS,
    );
  });

  test("Little's law: the mean number at a replica is its throughput times the mean sojourn time", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = everyFeatureCase(number);
        const visits = run(random);
        for (const rows of byReplica(rowsOf(visits), random.spec).values()) {
          const present = integrate(
            rows.map((row) => [row.arrival, row.departure]),
            (count) => count,
          );
          expect(present).toBeCloseTo(
            rows.reduce((sum, row) => sum + row.sojourn, 0),
            6,
          );
          for (const row of rows) expect(row.waiting).toBeLessThanOrEqual(row.sojourn + 1e-9);
        }
      }),
      RUNS,
    );
  });

  test("utilization law: busy seconds are the service of the visits, and servers and queues keep their limits", () => {
    fc.assert(
      fc.property(anyCase, (number) => {
        const random = everyFeatureCase(number);
        const visits = run(random);
        for (const [key, rows] of byReplica(rowsOf(visits), random.spec)) {
          const station = random.spec.stations[Number(key.split("/")[0])]!;
          const busy = visits.busySeconds[replicaIndex(random.spec, key)]!;
          const isHeld = station.discipline === "fifo";
          const service = rows.reduce((sum, row) => sum + row.sojourn - row.waiting, 0);
          // A batch is served once; calls take no work of shared servers.
          if (station.batch !== undefined || (!isHeld && rows.some((row) => makesCalls(random.spec, row))))
            expect(busy).toBeLessThanOrEqual(service + 1e-6);
          else expect(busy).toBeCloseTo(service, 6);
          if (!isHeld) continue;
          const waiting = rows.map((row) => [row.arrival, row.arrival + row.waiting] as const);
          const capacity = station.queueCapacity ?? Number.POSITIVE_INFINITY;
          expect(integrate(waiting, (count) => Math.max(0, count - capacity))).toBeLessThan(1e-9);
          if (station.batch !== undefined) continue;
          const held = rows.map((row) => [row.arrival + row.waiting, row.departure] as const);
          expect(integrate(held, (count) => Math.max(0, count - station.serverCount))).toBeLessThan(1e-9);
        }
      }),
      RUNS,
    );
  });

  test("the same seed gives the same bytes, and a network nobody knows of changes none", () => {
    fc.assert(
      fc.property(anyCase, anyCase, (number, otherNumber) => {
        const random = everyFeatureCase(number);
        const alone = run(random);
        expect(run(random)).toEqual(alone);
        const together = run(sideBySide(random, everyFeatureCase(otherNumber)));
        const bare = ({ root: _, ...row }: Row) => row;
        const operationCount = random.spec.operations.length;
        expect(
          rowsOf(together)
            .filter((row) => row.operation < operationCount)
            .map(bare),
        ).toEqual(rowsOf(alone).map(bare));
        expect(together.busySeconds.slice(0, alone.busySeconds.length)).toEqual(alone.busySeconds);
        expect(together.edgeTimeouts.slice(0, alone.edgeTimeouts.length)).toEqual(alone.edgeTimeouts);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });

  test("a run that is cut at any time has used no more than it would have, and reports what had departed", () => {
    fc.assert(
      fc.property(anyCase, fc.double({ min: 0, max: 25, noNaN: true }), (number, untilSeconds) => {
        const random = everyFeatureCase(number);
        const whole = run(random);
        const cut = simulate(compileNetwork(random.spec), random.arrivals, { seed: random.seed, untilSeconds });
        const departed = rowsOf(whole).filter((row) => row.departure <= untilSeconds);
        expect(rowsOf(cut).length).toBeGreaterThanOrEqual(departed.length - 1);
        expect(rowsOf(cut).slice(0, departed.length - 1)).toEqual(departed.slice(0, -1));
        cut.busySeconds.forEach((seconds, replica) => {
          expect(seconds).toBeGreaterThanOrEqual(-1e-9);
          expect(seconds).toBeLessThanOrEqual(whole.busySeconds[replica]! + 1e-9);
        });
        expect(cut.endSeconds).toBeLessThanOrEqual(untilSeconds);
      }),
      { ...RUNS, numRuns: 60 },
    );
  });
});
