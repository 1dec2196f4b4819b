// Goal: workers are held over calls, queues have limits, batches go together.
// Method: small networks whose every time can be worked out by hand; loss against the closed forms of M/M/c/K.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { NetworkSpec, SimulatedVisits, StationSpec } from "../../../twin/kernel/spec.ts";
import { boundedMeans, erlangB } from "../../../twin/theory/markov-queues.ts";
import { expectAgreement, replicate } from "../../theory/replications.ts";
import {
  arrivalsAt,
  caller,
  delay,
  edge,
  exponentialTable,
  fifo,
  lognormalTable,
  operation,
  poissonArrivals,
  program,
  ps,
  rowsOf,
  rowsOfOperation,
  single,
} from "../networks.ts";

function run(spec: NetworkSpec, ...timeSeconds: number[]): SimulatedVisits {
  const visits = simulate(compileNetwork(spec), arrivalsAt(...timeSeconds), { seed: 1 });
  expect(visits.isTruncated).toBe(false);
  return visits;
}

describe("workers in front of shared servers", () => {
  const behind = (station: StationSpec): NetworkSpec => ({
    stations: [station, delay()],
    operations: [caller(0, 1, 1, 0), operation(1, program([2]))],
    edges: [edge(1)],
  });

  test.each([
    { name: "a CPU", station: ps(2) },
    { name: "a delay", station: delay() },
  ])("one worker before $name is held over the call: the next visit starts when it is done", ({ station }) => {
    const rows = rowsOfOperation(run(behind({ ...station, workerCount: 1 }), 0, 0.5), 0);
    expect(rows.map((row) => row.departure)).toEqual([4, 8]);
    expect(rows.map((row) => row.waiting)).toEqual([0, 3.5]);
  });

  test("without a limit, or with a worker for each, nobody waits", () => {
    for (const workers of [{}, { workerCount: 2 }]) {
      const rows = rowsOfOperation(run(behind({ ...ps(2), ...workers }), 0, 0.5), 0);
      expect(rows.map((row) => row.departure)).toEqual([4, 4.5]);
    }
  });

  test("those with a worker share the CPU, and their waiting is that for the worker and that of sharing", () => {
    const rows = rowsOf(run(single({ ...ps(1), workerCount: 2 }, [2]), 0, 0, 0));
    // Two share until 4 s, then the third has the server for itself.
    expect(rows.map((row) => row.departure)).toEqual([4, 4, 6]);
    expect(rows.map((row) => row.waiting)).toEqual([2, 2, 4]);
  });

  test("busy seconds are those the CPU worked, not those the workers were held", () => {
    const visits = run(behind({ ...ps(2), workerCount: 1 }), 0, 0.5);
    expect(visits.busySeconds[0]).toBeCloseTo(4, 12);
    expect(visits.busySeconds[1]).toBeCloseTo(4, 12);
  });
});

describe("full queues", () => {
  test("who finds the queue full is refused: a failed row that takes no time", () => {
    const rows = rowsOf(run(single({ ...fifo(1), queueCapacity: 1 }, [2]), 0, 0.5, 1, 2.5));
    expect(rows.map((row) => [row.root, row.departure, row.waiting, row.isFailed])).toEqual([
      [2, 1, 0, true],
      [0, 2, 0, false],
      [1, 4, 1.5, false],
      [3, 6, 1.5, false],
    ]);
  });

  test("a refused call is answered at once, after the way back, and fails the caller that needs it", () => {
    const spec = (isRequired: boolean): NetworkSpec => ({
      stations: [delay(), { ...fifo(1), queueCapacity: 0 }],
      operations: [caller(0, 1, 1, 0), operation(1, program([10]))],
      edges: [{ ...edge(1, 1), isRequired }],
    });
    const needed = run(spec(true), 0, 0.25);
    // Called at 1.25 s, refused at 1.75 s, known at 2.25 s.
    expect(rowsOfOperation(needed, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [13, false],
      [2.25, true],
    ]);
    expect([needed.edgeAttempts[0], needed.edgeFailures[0], needed.edgeTimeouts[0]]).toEqual([2, 1, 0]);
    const optional = rowsOfOperation(run(spec(false), 0, 0.25), 0);
    expect(optional.map((row) => [row.departure, row.isFailed])).toEqual([
      [13, false],
      [3.25, false],
    ]);
  });

  test("a failure goes up through callers that need each other, and each gives back its worker at once", () => {
    const spec: NetworkSpec = {
      stations: [fifo(1), fifo(1), { ...fifo(1), queueCapacity: 0 }],
      operations: [caller(0, 1, 5, 0), caller(1, 1, 5, 1), operation(2, program([100])), operation(2, program([100]))],
      edges: [edge(1), edge(2)],
    };
    // Operation 3 holds the last station's only server.
    const arrivals = { timeSeconds: Float64Array.of(0, 1, 1), operation: Uint32Array.of(3, 0, 0) };
    const visits = simulate(compileNetwork(spec), arrivals, { seed: 1 });
    expect(rowsOfOperation(visits, 0).map((row) => [row.waiting, row.departure, row.isFailed])).toEqual([
      [0, 3, true],
      [2, 5, true],
    ]);
  });

  const LOAD = { arrivalRatePerSecond: 40, meanServiceSeconds: 0.1, serverCount: 3, capacity: 7 };
  const lossShare = (visits: SimulatedVisits) =>
    visits.isFailed.reduce((sum, failed) => sum + failed, 0) / visits.count;
  const sojournOfServed = (visits: SimulatedVisits) => {
    const served = rowsOf(visits).filter((row) => !row.isFailed);
    return served.reduce((sum, row) => sum + row.sojourn, 0) / served.length;
  };

  test.each([
    { name: "M/M/3/7", station: { ...fifo(3), queueCapacity: 4 } },
    {
      name: "three CPUs shared by five workers with two places to wait",
      station: { ...ps(3), workerCount: 5, queueCapacity: 2 },
    },
  ])("$name: loss, sojourn time and utilisation agree with the closed form", ({ station }) => {
    const seed = 21;
    const spec = single(station, exponentialTable(LOAD.meanServiceSeconds));
    const theory = boundedMeans(LOAD);
    const of = (measure: (visits: SimulatedVisits) => number) =>
      replicate(spec, seed, (s) => poissonArrivals(LOAD.arrivalRatePerSecond, 15_000, s), measure);
    expectAgreement(of(lossShare), theory.lossShare, seed);
    expectAgreement(of(sojournOfServed), theory.sojournSeconds, seed);
    expectAgreement(
      of((visits) => visits.busySeconds[0]! / (3 * visits.endSeconds)),
      theory.utilization,
      seed,
    );
  });

  test("without a place to wait the loss is Erlang's B, whatever the service distribution", () => {
    const seed = 22;
    const spec = single({ ...fifo(4), queueCapacity: 0 }, lognormalTable(0.1, 2, 1));
    const found = replicate(spec, seed, (s) => poissonArrivals(30, 20_000, s), lossShare);
    expectAgreement(found, erlangB(4, 3), seed, 0.08);
  });
});

describe("batch consumers", () => {
  test("a server that falls free takes as many as it may; they depart together and hold one server", () => {
    const visits = run(single({ ...fifo(1), batch: { sizeMax: 3 } }, [2]), 0, 0.1, 0.2, 0.3, 0.4);
    expect(rowsOf(visits).map((row) => row.departure)).toEqual([2, 4, 4, 4, 6]);
    expect(Array.from(visits.waitingSeconds)).toEqual([0, 1.9, 1.8, 1.7, 3.6]);
    expect(visits.busySeconds[0]).toBeCloseTo(6, 12);
  });

  test("the program of the first serves all of its batch, calls included", () => {
    const spec: NetworkSpec = {
      stations: [{ ...fifo(1), batch: { sizeMax: 10 } }, delay()],
      operations: [operation(0, program([2])), caller(0, 2, 3, 0), operation(1, program([1]))],
      edges: [edge(2)],
    };
    const arrivals = { timeSeconds: Float64Array.of(0, 0.5, 1, 1.5), operation: Uint32Array.of(0, 1, 0, 1) };
    const visits = simulate(compileNetwork(spec), arrivals, { seed: 1 });
    expect(rowsOf(visits).map((row) => [row.operation, row.departure])).toEqual([
      [0, 2],
      [2, 5],
      [1, 8],
      [0, 8],
      [1, 8],
    ]);
  });

  test("a batch is answered to all who wait for it, and fails as one", () => {
    const spec: NetworkSpec = {
      stations: [delay(), { ...fifo(1), batch: { sizeMax: 2 } }, { ...fifo(1), queueCapacity: 0 }],
      operations: [caller(0, 0, 0, 0), caller(1, 1, 1, 1), operation(2, program([3]))],
      edges: [edge(1), edge(2)],
    };
    // Alone: 0 to 5. The two that waited: from 5, refused at 6, as another one holds the last server from 5.5.
    const arrivals = { timeSeconds: Float64Array.of(0, 1, 2, 5.5), operation: Uint32Array.of(0, 0, 0, 2) };
    const rows = rowsOfOperation(simulate(compileNetwork(spec), arrivals, { seed: 1 }), 0);
    expect(rows.map((row) => [row.departure, row.isFailed])).toEqual([
      [5, false],
      [6, true],
      [6, true],
    ]);
  });
});
