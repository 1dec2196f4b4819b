// Goal: no network and no arrivals can keep the simulator running for ever or fill the memory, and it says when it stopped.
// Method: networks that would do just that.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../twin/kernel/spec.ts";
import { arrivalsAt, delay, edge, fifo, operation, poissonArrivals, program, ps, rowsOf, single } from "./networks.ts";

describe("limits", () => {
  const loop = (calls: number[], isAsync: boolean): NetworkSpec => ({
    stations: [delay()],
    operations: [operation(0, program([0, 0], [calls]))],
    edges: [edge(0, 0, isAsync)],
  });

  test.each([
    { name: "one that calls itself", spec: loop([0], false) },
    { name: "one that calls itself twice", spec: loop([0, 0], false) },
    { name: "one that forks itself", spec: loop([0], true) },
    { name: "one that forks itself twice", spec: loop([0, 0], true) },
  ])("an endless call graph, $name, ends truncated", ({ spec }) => {
    const visits = simulate(compileNetwork(spec), arrivalsAt(0, 1), {
      seed: 1,
      maxOpenVisits: 1000,
      maxEvents: 20_000,
    });
    expect(visits.isTruncated).toBe(true);
    expect(visits.count).toBeLessThanOrEqual(20_000);
  });

  test("callers that time out and try again for ever deeper end truncated", () => {
    const spec: NetworkSpec = {
      stations: [delay()],
      operations: [operation(0, program([0.5, 0], [[0]]))],
      edges: [{ ...edge(0), timeoutSeconds: 1, retry: { attemptsMax: 3, backoffSeconds: 0, backoffFactor: 1 } }],
    };
    for (const limits of [{ maxOpenVisits: 20 }, { maxEvents: 5000 }, {}]) {
      const visits = simulate(compileNetwork(spec), arrivalsAt(0), { seed: 1, maxEvents: 20_000, ...limits });
      expect(visits.isTruncated).toBe(true);
    }
  });

  test("a chain of calls is followed a hundred deep and no deeper", () => {
    for (const isAsync of [true, false]) {
      const visits = simulate(compileNetwork(loop([0], isAsync)), arrivalsAt(0), { seed: 1, maxEvents: 20_000 });
      expect([visits.isTruncated, visits.count]).toEqual([true, 101]);
    }
  });

  test("more open visits than allowed cut the run short; what had departed is still there", () => {
    const visits = simulate(compileNetwork(single(fifo(1), [10])), poissonArrivals(1, 1000, 1), {
      seed: 1,
      maxOpenVisits: 50,
    });
    expect(visits.isTruncated).toBe(true);
    expect(visits.count).toBeGreaterThan(0);
    expect(visits.count).toBeLessThan(20);
  });

  test("as many open visits as allowed do not", () => {
    const visits = simulate(compileNetwork(single(fifo(1), [1])), arrivalsAt(0, 0, 0), { seed: 1, maxOpenVisits: 3 });
    expect([visits.isTruncated, visits.count]).toEqual([false, 3]);
  });

  test("worker pools that call in a circle and block each other for ever end truncated", () => {
    const spec: NetworkSpec = {
      stations: [fifo(1), fifo(1)],
      operations: [
        operation(0, program([1, 0], [[0]])),
        operation(1, program([1, 0], [[1]])),
        operation(0, program([1])),
      ],
      edges: [edge(1), edge(2)],
    };
    expect(simulate(compileNetwork(spec), arrivalsAt(0), { seed: 1 })).toMatchObject({ isTruncated: true, count: 0 });
  });

  test("what departs after the end of time is not reported, and that is no truncation", () => {
    const visits = simulate(compileNetwork(single(fifo(1), [1])), arrivalsAt(0, 0, 0), { seed: 1, untilSeconds: 2 });
    expect([visits.isTruncated, visits.count]).toEqual([false, 2]);
  });

  test("a shared server with a long visit among many short ones keeps few events", () => {
    // Two open visits at most: were an event left behind by each short visit, the calendar would fill up.
    const spec: NetworkSpec = {
      stations: [ps(1)],
      operations: [operation(0, program([500])), operation(0, program([0.1]))],
      edges: [],
    };
    const timeSeconds = Float64Array.from({ length: 1000 }, (_, i) => i / 2);
    const visits = simulate(
      compileNetwork(spec),
      { timeSeconds, operation: Uint32Array.from(timeSeconds, (_, i) => (i === 0 ? 0 : 1)) },
      { seed: 1, maxOpenVisits: 2 },
    );
    expect([visits.isTruncated, visits.count]).toEqual([false, 1000]);
    expect(rowsOf(visits).at(-1)).toMatchObject({ operation: 0 });
    expect(visits.sojournSeconds[999]).toBeCloseTo(500 + 99.9, 6);
  });

  test.each([
    { name: "unsorted", arrivals: arrivalsAt(1, 0), message: /timeSeconds\[1\]: 0 is before/ },
    { name: "not a number", arrivals: arrivalsAt(0, Number.NaN), message: /timeSeconds\[1\]: NaN/ },
    {
      name: "of an unknown operation",
      arrivals: { timeSeconds: Float64Array.of(0), operation: Uint32Array.of(4) },
      message: /operation\[0\]: 4/,
    },
  ])("arrivals that are $name are refused", ({ arrivals, message }) => {
    expect(() => simulate(compileNetwork(single(fifo(1), [1])), arrivals, { seed: 1 })).toThrow(message);
  });
});
