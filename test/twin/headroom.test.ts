// Goal: the load a network can take is what the utilisation law says, and the first to be used up is named.
// Method: networks whose limit is known by hand; then the limit against the simulator, below it and above.
import { describe, expect, test } from "vitest";
import { headroom, resourceLoads } from "../../twin/forecast/headroom.ts";
import { compileNetwork, simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../twin/kernel/spec.ts";
import { delay, edge, exponentialTable, fifo, operation, poissonArrivals, program, ps } from "./networks.ts";

/** api (workers) calls store (a CPU); requests enter at api. */
function twoLayers(workerCount: number, cpuCount: number): NetworkSpec {
  return {
    stations: [fifo(workerCount), ps(cpuCount)],
    operations: [operation(0, program([0.002, 0.002], [[0]])), operation(1, program(exponentialTable(0.02, 4096)))],
    edges: [edge(1, 0.001)],
  };
}

describe("headroom", () => {
  test("of a CPU counts own work only, of a pool of workers what it waits for too", () => {
    const loads = resourceLoads(twoLayers(4, 1), Float64Array.of(10, 0));
    expect(
      loads.map(({ resource, utilization }) => [resource.kind, resource.station, Number(utilization.toFixed(9))]),
    ).toEqual([
      ["servers", 0, Number(((10 * 0.025) / 4).toFixed(9))],
      ["servers", 1, 0.2],
    ]);
  });

  test("names the CPU when workers abound, and the workers when they are few", () => {
    const cpuBound = headroom(twoLayers(64, 1), Float64Array.of(10, 0));
    expect(cpuBound.bottleneck).toMatchObject({ kind: "servers", station: 1 });
    expect(cpuBound.factor).toBeCloseTo(5, 6);
    const workerBound = headroom(twoLayers(1, 4), Float64Array.of(10, 0));
    expect(workerBound.bottleneck).toMatchObject({ kind: "servers", station: 0 });
    expect(workerBound.factor).toBeCloseTo(4, 6);
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
    const spec: NetworkSpec = {
      stations: [fifo(10), fifo(1)],
      operations: [
        operation(0, { ...program([0.01, 0], [[0]]), probability: 0.25 }, { ...program([0.01]), probability: 0.75 }),
        operation(1, program([0.04])),
      ],
      edges: [edge(1, 0, true)],
    };
    const loads = resourceLoads(spec, Float64Array.of(20, 0));
    expect(loads.map((load) => load.utilization)).toEqual([expect.closeTo(0.02, 9), expect.closeTo(0.2, 9)]);
  });

  test("is that of the busiest replica when visits go by chance, of all when they are spread evenly", () => {
    const base = { ...fifo(1), replicaWeights: [0.75, 0.25] };
    const of = (balancing: "random" | "least-outstanding") =>
      headroom(
        { stations: [{ ...base, balancing }], operations: [operation(0, program([0.1]))], edges: [] },
        Float64Array.of(10),
      ).factor;
    expect(of("random")).toBeCloseTo(1 / 0.75, 9);
    expect(of("least-outstanding")).toBeCloseTo(2, 9);
  });

  test("of a CPU shrinks with what quota and pauses leave of it", () => {
    const of = (more: object) =>
      headroom(
        { stations: [{ ...ps(2), ...more }], operations: [operation(0, program([0.1]))], edges: [] },
        Float64Array.of(1),
      ).factor;
    expect(of({})).toBeCloseTo(20, 9);
    expect(of({ throttle: { periodSeconds: 0.1, quotaSeconds: 0.05 } })).toBeCloseTo(5, 9);
    expect(of({ pause: { intervalSeconds: 1, durationSeconds: 0.25 } })).toBeCloseTo(15, 9);
  });

  test("is endless where nothing limits", () => {
    const spec = { stations: [delay()], operations: [operation(0, program([1]))], edges: [] };
    expect(headroom(spec, Float64Array.of(1000))).toEqual({ factor: Number.POSITIVE_INFINITY, bottleneck: null });
    expect(headroom(twoLayers(1, 1), new Float64Array(2)).bottleneck).toBeNull();
  });

  test.each([
    { workers: 64, cpus: 1 },
    { workers: 2, cpus: 4 },
  ])("of $workers workers before $cpus CPUs is where the simulator's queue begins to grow", ({ workers, cpus }) => {
    const spec = twoLayers(workers, cpus);
    const limit = headroom(spec, Float64Array.of(1, 0)).factor;
    const medianLast = (rate: number): number => {
      const visits = simulate(compileNetwork(spec), poissonArrivals(rate, 20_000, 5), { seed: 5 });
      const last = Array.from(visits.sojournSeconds.filter((_, row) => visits.isRoot[row] === 1)).slice(-500);
      return last.sort((a, b) => a - b)[250]!;
    };
    expect(medianLast(0.85 * limit)).toBeLessThan(1);
    expect(medianLast(1.1 * limit)).toBeGreaterThan(5);
  });
});
