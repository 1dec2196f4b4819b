// Goal: the load a network can take is known, and what is used up first is named.
// Method: networks whose limit is known by hand; then the limit against what the simulator lets through.
import { describe, expect, test } from "vitest";
import { headroom } from "../../twin/forecast/headroom.ts";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../twin/kernel/spec.ts";
import { delay, edge, exponentialTable, fifo, operation, poissonArrivals, program, ps } from "./networks.ts";

/** api (workers) calls store (a CPU); requests enter at api. */
function twoLayers(workerCount: number, cpuCount: number, ownSeconds = 0.004): NetworkSpec {
  return {
    stations: [fifo(workerCount), ps(cpuCount)],
    operations: [
      operation(0, program([ownSeconds / 2, ownSeconds / 2], [[0]])),
      operation(1, program(exponentialTable(0.02, 4096))),
    ],
    edges: [edge(1, 0.001)],
  };
}

describe("headroom", () => {
  test("of a CPU counts own work only, of a pool of workers what it waits for too", () => {
    const limitOf = (caller: NetworkSpec["stations"][number]): number => {
      const spec = { ...twoLayers(1, 1000), stations: [caller, ps(1000)] };
      return headroom(spec, Float64Array.of(10, 0)).factor * 10;
    };
    expect(limitOf(ps(1)) * 0.004).toBeCloseTo(1, 3);
    expect(limitOf(fifo(1)) * 0.025).toBeCloseTo(1, 2);
  });

  test("names the CPU when workers abound, and the workers when they are few", () => {
    const cpuBound = headroom(twoLayers(64, 1), Float64Array.of(10, 0));
    expect(cpuBound.bottleneck).toMatchObject({ kind: "servers", station: 1 });
    expect(cpuBound.factor / 5).toBeCloseTo(1, 3);
    const workerBound = headroom(twoLayers(1, 4), Float64Array.of(10, 0));
    expect(workerBound.bottleneck).toMatchObject({ kind: "servers", station: 0 });
    expect(workerBound.factor).toBeGreaterThan(3.9);
    expect(workerBound.factor).toBeLessThan(4.001);
  });

  test("blames the callee, not the caller who is full only because it waits for it", () => {
    const spec: NetworkSpec = {
      stations: [fifo(1), fifo(1)],
      operations: [operation(0, program([0.0005, 0], [[0]])), operation(1, program([0.05]))],
      edges: [edge(1)],
    };
    expect(headroom(spec, Float64Array.of(10, 0)).bottleneck).toMatchObject({ station: 1 });
  });

  test("counts calls by the share of the programs that make them, and asynchronous ones as work but not as waiting", () => {
    const limitOf = (callers: number, callees: number): number => {
      const spec: NetworkSpec = {
        stations: [fifo(callers), fifo(callees)],
        operations: [
          operation(0, { ...program([0.01, 0], [[0]]), probability: 0.25 }, { ...program([0.01]), probability: 0.75 }),
          operation(1, program([0.04])),
        ],
        edges: [edge(1, 0, true)],
      };
      return headroom(spec, Float64Array.of(20, 0)).factor * 20;
    };
    // A quarter of the visits brings 40 ms of work to the callee, and none of it holds the caller's 10 ms up.
    expect(limitOf(10, 1) / 100).toBeCloseTo(1, 3);
    expect(limitOf(1, 100) / 100).toBeCloseTo(1, 3);
  });

  test("is that of the busiest replica when visits go by chance, of all when they are spread evenly", () => {
    const base = { ...fifo(1), replicaWeights: [0.75, 0.25] };
    const of = (balancing: "random" | "least-outstanding") =>
      headroom(
        { stations: [{ ...base, balancing }], operations: [operation(0, program([0.1]))], edges: [] },
        Float64Array.of(10),
      ).factor;
    expect(of("random") * 0.75).toBeCloseTo(1, 3);
    expect(of("least-outstanding") / 2).toBeCloseTo(1, 3);
  });

  test("of a CPU shrinks with what quota and pauses leave of it", () => {
    const of = (more: object) =>
      headroom(
        { stations: [{ ...ps(2), ...more }], operations: [operation(0, program([0.1]))], edges: [] },
        Float64Array.of(1),
      ).factor;
    expect(of({}) / 20).toBeCloseTo(1, 3);
    expect(of({ throttle: { periodSeconds: 0.1, quotaSeconds: 0.05 } }) / 5).toBeCloseTo(1, 3);
    expect(of({ pause: { intervalSeconds: 1, durationSeconds: 0.25 } }) / 15).toBeCloseTo(1, 3);
  });

  test("is endless where nothing limits", () => {
    const spec = { stations: [delay()], operations: [operation(0, program([1]))], edges: [] };
    expect(headroom(spec, Float64Array.of(1000))).toEqual({ factor: Number.POSITIVE_INFINITY, bottleneck: null });
    expect(headroom(twoLayers(1, 1), new Float64Array(2)).bottleneck).toBeNull();
  });

  test.each([
    { workers: 64, cpus: 1 },
    { workers: 2, cpus: 4 },
    { workers: 3, cpus: 1 },
  ])(
    "of $workers workers before $cpus CPUs is what the simulator lets through when too many come",
    ({ workers, cpus }) => {
      const spec = twoLayers(workers, cpus);
      const limit = headroom(spec, Float64Array.of(1, 0)).factor;
      const arrivals = poissonArrivals(1.5 * limit, 20_000, 5);
      const visits = simulate(compileNetwork(spec), arrivals, { seed: 5 });
      const lastArrival = arrivals.timeSeconds.at(-1)!;
      const answered = visits.sojournSeconds.filter(
        (sojourn, row) => visits.isRoot[row] === 1 && visits.arrivalSeconds[row]! + sojourn <= lastArrival,
      );
      expect(answered.length / lastArrival / limit).toBeGreaterThan(0.95);
      expect(answered.length / lastArrival / limit).toBeLessThan(1.05);
    },
  );

  test("of few workers above a busy CPU is less than either has alone: they wait for each other there", () => {
    const of = (workers: number, cpus: number): number =>
      headroom(twoLayers(workers, cpus, 0.02), Float64Array.of(1, 0)).factor;
    // Two workers, 21 ms away from a CPU that each then wants for 20: mean value analysis gives 39.4 a second.
    expect(of(2, 1)).toBeGreaterThan(0.95 * 39.4);
    expect(of(2, 1)).toBeLessThan(1.05 * 39.4);
    expect(of(64, 1)).toBeGreaterThan(49);
    expect(of(2, 64)).toBeGreaterThan(48);
  });
});
