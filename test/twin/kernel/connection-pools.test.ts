// Goal: a call along an edge with a pool holds a connection of its caller's replica until it is answered or given up.
// Method: timelines worked out by hand; a pool before servers enough is a queue M/M/c.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { EdgeSpec, NetworkSpec, SimulatedVisits, StationSpec } from "../../../twin/kernel/spec.ts";
import { meanSojournSeconds } from "../../../twin/theory/markov-queues.ts";
import { expectAgreement, meanSojourn, replicate } from "../../theory/replications.ts";
import {
  arrivalsAt,
  caller,
  delay,
  edge,
  exponentialTable,
  operation,
  poissonArrivals,
  program,
  rowsOfOperation,
} from "../networks.ts";

/** A caller that does nothing but call, with its share of `connectionCount` connections. */
function pooled(
  connectionCount: number,
  edgeSpec: EdgeSpec,
  samples: ArrayLike<number>,
  station: StationSpec = delay(),
): NetworkSpec {
  return {
    stations: [station, delay()],
    operations: [caller(0, 0, 0, 0), operation(1, program(samples))],
    edges: [{ ...edgeSpec, pool: 0 }],
    pools: [{ station: 0, connectionCount }],
  };
}

function run(spec: NetworkSpec, ...timeSeconds: number[]): SimulatedVisits {
  const visits = simulate(compileNetwork(spec), arrivalsAt(...timeSeconds), { seed: 1 });
  expect(visits.isTruncated).toBe(false);
  return visits;
}

describe("connection pools", () => {
  test("a connection is held from before the way there until after the way back; who finds none waits in order", () => {
    const visits = run(pooled(1, edge(1, 1), [2]), 0, 0.25, 0.5);
    expect(rowsOfOperation(visits, 1).map((row) => row.arrival)).toEqual([0.5, 3.5, 6.5]);
    expect(rowsOfOperation(visits, 0).map((row) => row.departure)).toEqual([3, 6, 9]);
  });

  test("each replica has connections of its own", () => {
    const station: StationSpec = { ...delay(), replicaWeights: [0.5, 0.5], balancing: "round-robin" };
    const visits = run(pooled(1, edge(1, 1), [2], station), 0, 0.25, 0.5);
    expect(rowsOfOperation(visits, 0).map((row) => row.departure)).toEqual([3, 3.25, 6]);
  });

  test("edges that name one pool share it", () => {
    const spec: NetworkSpec = {
      ...pooled(1, edge(1), [2]),
      operations: [caller(0, 0, 0, 0, 1), operation(1, program([2]))],
      edges: [
        { ...edge(1), pool: 0 },
        { ...edge(1), pool: 0 },
      ],
    };
    expect(rowsOfOperation(run(spec, 0), 0).map((row) => row.departure)).toEqual([4]);
  });

  test("waiting for a connection counts towards the timeout, and a call given up there is never sent", () => {
    const visits = run(pooled(1, { ...edge(1, 1), timeoutSeconds: 4 }, [2]), 0, 0.5, 1);
    // Answered at 3 s. The second is sent then and gives up at 4.5 s, which leaves the third half a second.
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [3, false],
      [4.5, true],
      [5, true],
    ]);
    expect(rowsOfOperation(visits, 1).map((row) => row.arrival)).toEqual([0.5, 3.5, 5]);
    const early = run(pooled(1, { ...edge(1, 1), timeoutSeconds: 3 }, [9]), 0, 0, 0);
    expect(rowsOfOperation(early, 0).map((row) => row.departure)).toEqual([3, 3, 3]);
  });

  test("a retry asks for a connection anew, and has none while it backs off", () => {
    const retry = { attemptsMax: 2, backoffSeconds: 5, backoffFactor: 1 };
    const visits = run(pooled(1, { ...edge(1), timeoutSeconds: 3, retry }, [10]), 0, 2);
    // 0 to 3 s the first; 3 to 5 s the second; 8 to 11 s the first again; 11 to 13 s the second, asking since 10 s.
    expect(rowsOfOperation(visits, 1).map((row) => row.arrival)).toEqual([0, 3, 8, 11]);
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [11, true],
      [13, true],
    ]);
  });

  test("a caller that fails gives back its connection and its place in the queue", () => {
    const spec: NetworkSpec = {
      stations: [delay(), delay()],
      operations: [caller(0, 0, 0, 0, 1), operation(1, program([10])), caller(0, 0, 0, 0)],
      edges: [
        { ...edge(1), pool: 0 },
        { ...edge(1), timeoutSeconds: 2 },
      ],
      pools: [{ station: 0, connectionCount: 1 }],
    };
    // Two callers of both kinds of call fail at 2 and 3 s: one had the connection, one waited for it. Then the third has it.
    const arrivals = { timeSeconds: Float64Array.of(0, 1, 1.5), operation: Uint32Array.of(0, 0, 2) };
    const visits = simulate(compileNetwork(spec), arrivals, { seed: 1 });
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [2, true],
      [3, true],
    ]);
    // At 2 s the connection goes to the second caller, at 3 s to the third.
    expect(rowsOfOperation(visits, 2).map((row) => [row.departure, row.isFailed])).toEqual([[13, false]]);
    expect(visits.isTruncated).toBe(false);
  });

  test("with servers enough behind it a pool of c connections is a queue M/M/c", () => {
    const seed = 41;
    const spec = pooled(3, edge(1), exponentialTable(0.1));
    const found = replicate(spec, seed, (s) => poissonArrivals(24, 20_000, s), meanSojourn);
    const theory = meanSojournSeconds({ arrivalRatePerSecond: 24, meanServiceSeconds: 0.1, serverCount: 3 });
    expectAgreement(found, theory, seed);
  });
});
