// Goal: a visit does what `spec.ts` says. Method: small networks whose every time can be worked out by hand.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { Arrivals, NetworkSpec } from "../../twin/kernel/spec.ts";
import {
  arrivalsAt,
  delay,
  edge,
  fifo,
  operation,
  poissonArrivals,
  program,
  ps,
  type Row,
  rowsOf,
  single,
} from "./networks.ts";

function run(spec: NetworkSpec, arrivals: Arrivals, seed = 1): Row[] {
  const visits = simulate(compileNetwork(spec), arrivals, { seed });
  expect(visits.isTruncated).toBe(false);
  return rowsOf(visits);
}

/** A caller that works 1 s, calls for 2 s over a gap of ½ s, and works 1 s. */
function callerOn(station: NetworkSpec["stations"][number]): NetworkSpec {
  return {
    stations: [station, delay()],
    operations: [operation(0, program([1, 1], [[0]])), operation(1, program([2]))],
    edges: [edge(1, 0.5)],
  };
}

describe("stations", () => {
  test("a FIFO server is given in order of arrival", () => {
    const rows = run(single(fifo(1), [2]), arrivalsAt(0, 0.5, 1));
    expect(rows.map((row) => row.departure)).toEqual([2, 4, 6]);
    expect(rows.map((row) => row.waiting)).toEqual([0, 1.5, 3]);
    expect(rows.map((row) => row.root)).toEqual([0, 1, 2]);
  });

  test("a worker is held over the call it waits for: the next visit waits until it is back and done", () => {
    const callers = run(callerOn(fifo(1)), arrivalsAt(0, 1)).filter((row) => row.operation === 0);
    // 1 s of work, ¼ there, 2 s, ¼ back, 1 s of work.
    expect(callers.map((row) => row.departure)).toEqual([4.5, 9]);
    expect(callers.map((row) => row.waiting)).toEqual([0, 3.5]);
  });

  test("a CPU is free while its visit waits for a call: the next visit works meanwhile", () => {
    const callers = run(callerOn(ps(1)), arrivalsAt(0, 1)).filter((row) => row.operation === 0);
    expect(callers.map((row) => row.departure)).toEqual([4.5, 5.5]);
    expect(callers.map((row) => row.waiting)).toEqual([0, 0]);
  });

  test("a call holds no second worker of its caller, and each replica has a queue of its own", () => {
    const spec = callerOn({ discipline: "fifo", serverCount: 1, replicaWeights: [0.5, 0.5], balancing: "round-robin" });
    const callers = run(spec, arrivalsAt(0, 0, 1)).filter((row) => row.operation === 0);
    expect(callers.map((row) => [row.replica, row.departure])).toEqual([
      [0, 4.5],
      [1, 4.5],
      [0, 9],
    ]);
  });

  test("two visits on one shared server go at half speed while both are there", () => {
    const rows = run(single(ps(1), [2]), arrivalsAt(0, 1));
    // The first has 1 s left when the second comes: 2 s at half speed. Then the second is alone with its last second.
    expect(rows.map((row) => row.departure)).toEqual([3, 4]);
    expect(rows.map((row) => row.waiting)).toEqual([1, 1]);
  });

  test("of two visits on a shared server the one with less left departs first, though the other was expected at that instant", () => {
    const spec: NetworkSpec = {
      stations: [ps(1)],
      operations: [operation(0, program([2])), operation(0, program([0.5]))],
      edges: [],
    };
    // Alone, the first would depart at 2 s. The second comes at 1 s and takes half of the server until 2 s.
    const rows = run(spec, { timeSeconds: Float64Array.of(0, 1), operation: Uint32Array.of(0, 1) });
    expect(rows.map((row) => [row.operation, row.departure])).toEqual([
      [1, 2],
      [0, 2.5],
    ]);
  });

  test("a quota of half a CPU doubles the time of a lone visit; 1½ CPUs slow two by a third", () => {
    expect(run(single(ps(0.5), [1]), arrivalsAt(0))[0]).toMatchObject({ departure: 2, waiting: 1 });
    const rows = run(single(ps(1.5), [3]), arrivalsAt(0, 0));
    expect(rows.map((row) => row.departure)).toEqual([4, 4]);
  });

  test("at a delay station nobody waits", () => {
    const rows = run(single(delay(), [2]), arrivalsAt(0, 0, 0, 0));
    expect(rows.every((row) => row.sojourn === 2 && row.waiting === 0)).toBe(true);
  });
});

describe("calls", () => {
  test("calls of one group run at once and the slowest is waited for; the next group starts then", () => {
    const rows = run(
      {
        stations: [delay()],
        operations: [
          operation(0, program([1, 1, 1], [[0, 1], [0]])),
          operation(0, program([2])),
          operation(0, program([5])),
        ],
        edges: [edge(1), edge(2)],
      },
      arrivalsAt(0),
    );
    expect(rows.map((row) => [row.operation, row.arrival, row.departure])).toEqual([
      [1, 1, 3],
      [2, 1, 6],
      [1, 7, 9],
      [0, 0, 10],
    ]);
  });

  test("a join waits for the answer that is last to be back, not for the callee that is last to depart", () => {
    const rows = run(
      {
        stations: [delay()],
        operations: [operation(0, program([0, 0], [[0, 1]])), operation(0, program([1])), operation(0, program([7]))],
        edges: [edge(1, 8), edge(2, 0)],
      },
      arrivalsAt(0),
    );
    // One: 4 s there, 1 s, 4 s back. The other departs later, at 7 s, and is back at once.
    expect(rows.map((row) => row.departure)).toEqual([5, 7, 9]);
  });

  test("an asynchronous call is not waited for, and all of its gap passes before the callee", () => {
    const rows = run(
      {
        stations: [fifo(1), fifo(1)],
        operations: [operation(0, program([1, 1], [[0]])), operation(1, program([3]))],
        edges: [edge(1, 4, true)],
      },
      arrivalsAt(0),
    );
    expect(rows.map((row) => [row.operation, row.arrival, row.departure, row.isRoot, row.root])).toEqual([
      [0, 0, 2, true, 0],
      [1, 5, 8, false, 0],
    ]);
  });

  test("a program is run as often as its probability says", () => {
    const spec: NetworkSpec = {
      stations: [delay()],
      operations: [
        operation(0, { ...program([1]), probability: 0.75 }, { ...program([1, 0], [[0]]), probability: 0.25 }),
        operation(0, program([1])),
      ],
      edges: [edge(1)],
    };
    const rows = run(spec, poissonArrivals(10, 20_000, 1));
    const calls = rows.filter((row) => row.operation === 1).length;
    // Four standard deviations.
    expect(Math.abs(calls - 5000)).toBeLessThan(245);
  });

  test("replicas get their shares when they are drawn", () => {
    const spec = single(
      {
        discipline: "delay",
        serverCount: Number.POSITIVE_INFINITY,
        replicaWeights: [0.7, 0.2, 0.1],
        balancing: "random",
      },
      [1],
    );
    const counts = [0, 0, 0];
    for (const row of run(spec, poissonArrivals(10, 20_000, 1))) counts[row.replica]!++;
    expect(Math.abs(counts[0]! - 14_000)).toBeLessThan(260);
    expect(Math.abs(counts[1]! - 4_000)).toBeLessThan(230);
    expect(Math.abs(counts[2]! - 2_000)).toBeLessThan(170);
  });
});

describe("samples", () => {
  test("the segments of one visit come from one row", () => {
    const spec: NetworkSpec = {
      stations: [delay()],
      operations: [operation(0, program([1, 10, 2, 20, 3, 30], [[0]])), operation(0, program([0]))],
      edges: [edge(1)],
    };
    const sums = new Set(
      run(spec, poissonArrivals(1, 200, 1))
        .filter((row) => row.operation === 0)
        .map((row) => Math.round(row.sojourn)),
    );
    expect([...sums].sort((a, b) => a - b)).toEqual([11, 22, 33]);
  });

  test.each([
    { blockLength: 1, least: -0.1, most: 0.1 },
    { blockLength: 50, least: 0.9, most: 1 },
  ])(
    "blocks of $blockLength rows keep the correlation of neighbours between $least and $most",
    ({ blockLength, least, most }) => {
      // A slow wave: neighbours are nearly equal.
      const wave = Float64Array.from({ length: 4000 }, (_, row) => 2 + Math.sin(row / 40));
      const spec: NetworkSpec = {
        ...single(delay(), wave),
        operations: [operation(0, program(wave, [], blockLength))],
      };
      const seconds = run(spec, poissonArrivals(1, 4000, 1))
        .sort((a, b) => a.root - b.root)
        .map((row) => row.sojourn - 2);
      let neighbours = 0;
      let squares = 0;
      for (let i = 1; i < seconds.length; i++) {
        neighbours += seconds[i]! * seconds[i - 1]!;
        squares += seconds[i]! * seconds[i]!;
      }
      expect(neighbours / squares).toBeGreaterThan(least);
      expect(neighbours / squares).toBeLessThan(most);
    },
  );
});
