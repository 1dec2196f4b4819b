// Goal: a run that begins with visits under way goes on as the run they were taken from.
// Method: constant service times, cut by hand and continued to the same times; one queue with dice, compared in distribution.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { Arrivals, InFlightVisits, NetworkSpec } from "../../../twin/kernel/spec.ts";
import {
  arrivalsAt,
  caller,
  delay,
  edge,
  exponentialTable,
  fifo,
  operation,
  poissonArrivals,
  program,
  ps,
  type Row,
  rowsOf,
  rowsOfOperation,
  single,
} from "../networks.ts";
import { inFlight } from "./in-flight-visits.ts";

const timesOf = (rows: Row[]) =>
  rows.map(({ operation: at, arrival, waiting, departure }) => [at, arrival, waiting, departure]);

/** Rows of the whole run that depart after the cut, and those of the run that begins there. */
function cut(
  spec: NetworkSpec,
  arrivals: Arrivals,
  startSeconds: number,
  initial: InFlightVisits,
): [number[][], number[][]] {
  const network = compileNetwork(spec);
  const whole = simulate(network, arrivals, { seed: 1 });
  const first = arrivals.timeSeconds.findIndex((time) => time > startSeconds);
  const later: Arrivals = {
    timeSeconds: arrivals.timeSeconds.slice(first === -1 ? arrivals.timeSeconds.length : first),
    operation: arrivals.operation.slice(first === -1 ? arrivals.timeSeconds.length : first),
  };
  const rest = simulate(network, later, { seed: 1, initial, startSeconds });
  expect([whole.isTruncated, rest.isTruncated]).toEqual([false, false]);
  return [timesOf(rowsOf(whole).filter((row) => row.departure > startSeconds)), timesOf(rowsOf(rest))];
}

describe("a cut run goes on to the same times", () => {
  test("at a FIFO server with a queue", () => {
    const initial = inFlight({ arrival: 1, segment: 0, elapsed: 2 }, { arrival: 2, segment: -1 });
    const [whole, rest] = cut(single(fifo(1), [10]), arrivalsAt(0, 1, 2, 12.5), 12, initial);
    expect(rest).toEqual(whole);
    expect(rest.length).toBe(3);
  });

  test("at a shared server, where what has elapsed is work done", () => {
    const initial = inFlight({ arrival: 0, segment: 0, elapsed: 1.5 }, { arrival: 1, segment: 0, elapsed: 0.5 });
    const [whole, rest] = cut(single(ps(1), [4]), arrivalsAt(0, 1, 2.5), 2, initial);
    expect(rest.map((row) => row[3])).toEqual(whole.map((row) => row[3]));
  });

  const nested = (station: NetworkSpec["stations"][number]): NetworkSpec => ({
    stations: [station, fifo(1)],
    operations: [caller(0, 1, 1, 0), operation(1, program([2]))],
    edges: [edge(1)],
  });

  test.each([
    { name: "a FIFO pool", station: fifo(2) },
    { name: "workers before a CPU", station: { ...ps(4), workerCount: 2 } },
    { name: "workers before a delay", station: { ...delay(), workerCount: 2 } },
  ])("with callers that wait for callees, in $name", ({ station }) => {
    // At 2½ s two callers hold the workers, one callee is served, one waits, and a third caller waits for a worker.
    const initial = inFlight(
      { arrival: 0, segment: 0, isWaiting: true },
      { arrival: 0.5, segment: 0, isWaiting: true },
      { arrival: 0.75, segment: -1 },
      { operation: 1, parent: 0, arrival: 1, segment: 0, elapsed: 1.5 },
      { operation: 1, parent: 1, arrival: 1.5, segment: -1 },
    );
    const [whole, rest] = cut(nested(station), arrivalsAt(0, 0.5, 0.75, 3.25), 2.5, initial);
    expect(rest).toEqual(whole);
    expect(rest.length).toBe(8);
  });

  test("with calls that have a timeout, counted from when they were made", () => {
    const spec: NetworkSpec = { ...nested(delay()), edges: [{ ...edge(1, 0.5), timeoutSeconds: 4 }] };
    // The first callee comes at 1.25 s and is back at 3.5 s, the second comes at 1.75 s and would be back at 5.5 s,
    // the third comes at 2.25 s and is given up at 6 s.
    const initial = inFlight(
      { arrival: 0, segment: 0, isWaiting: true },
      { arrival: 0.5, segment: 0, isWaiting: true },
      { arrival: 1, segment: 0, isWaiting: true },
      { operation: 1, parent: 0, arrival: 1.25, segment: 0, elapsed: 1.25 },
      { operation: 1, parent: 1, arrival: 1.75, segment: -1 },
      { operation: 1, parent: 2, arrival: 2.25, segment: -1 },
    );
    const [whole, rest] = cut(spec, arrivalsAt(0, 0.5, 1), 2.5, initial);
    expect(rest).toEqual(whole);
    const visits = simulate(compileNetwork(spec), arrivalsAt(), { seed: 1, initial, startSeconds: 2.5 });
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [4.5, false],
      [6.5, false],
      [6, true],
    ]);
  });

  test("a caller whose calls are all answered goes on at once", () => {
    const initial = inFlight({ arrival: 0, segment: 0, isWaiting: true });
    const visits = simulate(compileNetwork(nested(fifo(1))), arrivalsAt(), { seed: 1, initial, startSeconds: 3 });
    expect(timesOf(rowsOf(visits))).toEqual([[0, 0, 0, 4]]);
  });
});

describe("visits under way", () => {
  test("are told from arrivals by their root, and callees have that of their caller", () => {
    const spec: NetworkSpec = {
      stations: [fifo(2)],
      operations: [caller(0, 1, 1, 0), operation(0, program([2]))],
      edges: [edge(1)],
    };
    const initial = inFlight(
      { arrival: 0, segment: 0, isWaiting: true },
      { operation: 1, arrival: 0.5, parent: 0, segment: 0 },
    );
    const arrivals = { timeSeconds: Float64Array.of(1, 2), operation: Uint32Array.of(1, 1) };
    const rows = rowsOf(simulate(compileNetwork(spec), arrivals, { seed: 1, initial }));
    expect(rows.map((row) => [row.operation, row.root, row.isRoot])).toEqual([
      [1, 2, false],
      [0, 2, true],
      [1, 0, true],
      [1, 1, true],
    ]);
  });

  test("what is left of a segment comes from the samples longer than what has elapsed", () => {
    const table = Array.from({ length: 100 }, (_, i) => i + 1);
    const visits = Array.from({ length: 2000 }, () => ({ arrival: 0, segment: 0, elapsed: 90 }));
    const initial = inFlight(...visits);
    const network = compileNetwork(single(delay(), table));
    const found = simulate(network, arrivalsAt(), { seed: 1, initial, startSeconds: 90 });
    const sojourns = Array.from(found.sojournSeconds, (seconds) => Math.round(seconds));
    const counts = new Map<number, number>();
    for (const seconds of sojourns) counts.set(seconds, (counts.get(seconds) ?? 0) + 1);
    expect([...counts.keys()].sort((a, b) => a - b)).toEqual([91, 92, 93, 94, 95, 96, 97, 98, 99, 100]);
    // Ten values, equally likely; four standard deviations.
    for (const count of counts.values()) expect(Math.abs(count - 200)).toBeLessThan(54);
    // One that is over time ends now.
    const over = simulate(network, arrivalsAt(), {
      seed: 1,
      initial: inFlight({ arrival: 0, segment: 0, elapsed: 500 }),
      startSeconds: 500,
    });
    expect(over.sojournSeconds[0]).toBe(500);
  });

  test("more of them than there are servers, or places to wait, keep what they have", () => {
    const initial = inFlight(
      { arrival: 0, segment: 0 },
      { arrival: 0, segment: 0 },
      { arrival: 0, segment: -1 },
      { arrival: 0, segment: -1 },
    );
    const spec = single({ ...fifo(1), queueCapacity: 1 }, [1]);
    const visits = simulate(compileNetwork(spec), arrivalsAt(0.5), { seed: 1, initial, startSeconds: 0 });
    // The last one finds two waiting where one may.
    expect(rowsOf(visits).map((row) => [row.root, row.departure, row.isFailed])).toEqual([
      [0, 0.5, true],
      [1, 1, false],
      [2, 1, false],
      [3, 2, false],
      [4, 3, false],
    ]);
  });

  test("busy seconds are those of the run", () => {
    for (const station of [fifo(1), ps(1), delay()]) {
      const initial = inFlight({ arrival: 0, segment: 0, elapsed: 3 });
      const visits = simulate(compileNetwork(single(station, [10])), arrivalsAt(), {
        seed: 1,
        initial,
        startSeconds: 3,
      });
      expect(visits.busySeconds[0]).toBeCloseTo(7, 12);
      const early = simulate(compileNetwork(single(station, [10])), arrivalsAt(), {
        seed: 1,
        initial,
        startSeconds: 3,
        untilSeconds: 5,
      });
      expect([early.busySeconds[0], early.endSeconds, early.isTruncated]).toEqual([2, 5, false]);
    }
  });

  test("change nothing when there are none", () => {
    const network = compileNetwork(single(fifo(2), exponentialTable(0.1)));
    const arrivals = poissonArrivals(15, 500, 1);
    expect(simulate(network, arrivals, { seed: 1, initial: inFlight() })).toEqual(
      simulate(network, arrivals, { seed: 1 }),
    );
  });
});

test("a queue that starts from its visits under way is the queue that went on; one that starts empty is not", () => {
  const network = compileNetwork(single(fifo(1), exponentialTable(0.1)));
  const startSeconds = 20;
  const went: number[] = [];
  const started: number[] = [];
  const empty: number[] = [];
  for (let seed = 0; seed < 400; seed++) {
    const arrivals = poissonArrivals(9, 230, seed);
    const first = arrivals.timeSeconds.findIndex((time) => time > startSeconds);
    const later = { timeSeconds: arrivals.timeSeconds.slice(first), operation: arrivals.operation.slice(first) };
    const whole = rowsOf(simulate(network, arrivals, { seed }));
    const present = whole
      .filter((row) => row.arrival <= startSeconds && row.departure > startSeconds)
      .sort((a, b) => a.arrival - b.arrival)
      .map(({ arrival, waiting }) => {
        const begun = arrival + waiting;
        return begun <= startSeconds
          ? { arrival, segment: 0, elapsed: startSeconds - begun }
          : { arrival, segment: -1 };
      });
    const mean = (rows: Row[], from: number) => {
      const next = rows.filter((row) => row.root >= from && row.root < from + 30);
      return next.reduce((sum, row) => sum + row.sojourn, 0) / next.length;
    };
    went.push(mean(whole, first));
    const options = { seed: seed + 1000, startSeconds };
    started.push(mean(rowsOf(simulate(network, later, { ...options, initial: inFlight(...present) })), 0));
    empty.push(mean(rowsOf(simulate(network, later, options)), 0));
  }
  const difference = (values: number[]) => {
    const apart = values.map((value, i) => value - went[i]!);
    const average = apart.reduce((sum, value) => sum + value, 0) / apart.length;
    const variance = apart.reduce((sum, value) => sum + (value - average) ** 2, 0) / (apart.length - 1);
    return { average, halfWidth: 3.3 * Math.sqrt(variance / apart.length) };
  };
  const ofStarted = difference(started);
  expect(Math.abs(ofStarted.average)).toBeLessThan(ofStarted.halfWidth);
  const ofEmpty = difference(empty);
  expect(ofEmpty.average).toBeLessThan(-3 * ofEmpty.halfWidth);
});
