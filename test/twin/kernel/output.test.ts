// Goal: what a run reports besides the times of its visits is what was asked for. Method: cases small enough to count by hand.
import { expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../../twin/kernel/spec.ts";
import {
  arrivalsAt,
  caller,
  delay,
  edge,
  fifo,
  operation,
  poissonArrivals,
  program,
  ps,
  rowsOf,
  single,
} from "../networks.ts";

const network: NetworkSpec = {
  stations: [fifo(2), { ...ps(1), replicaWeights: [0.5, 0.5], balancing: "round-robin" }, delay()],
  operations: [caller(0, 1, 1, 0, 1), operation(1, program([0.5])), operation(2, program([3]))],
  edges: [edge(1), edge(2, 0, true)],
};

test("the exogenous visits alone are reported when they are enough, with all counts and times the same", () => {
  const arrivals = poissonArrivals(0.5, 200, 1);
  const all = simulate(compileNetwork(network), arrivals, { seed: 1 });
  const roots = simulate(compileNetwork(network), arrivals, { seed: 1, recordedVisits: "roots" });
  expect(rowsOf(roots)).toEqual(rowsOf(all).filter((row) => row.isRoot));
  expect([roots.count, all.count]).toEqual([200, 600]);
  expect(roots.busySeconds).toEqual(all.busySeconds);
  expect(roots.edgeAttempts).toEqual(all.edgeAttempts);
  expect(roots.endSeconds).toBe(all.endSeconds);
});

test("busy seconds are counted by replica, attempts by edge, and the end is the last departure", () => {
  const visits = simulate(compileNetwork(network), arrivalsAt(0, 10, 20), { seed: 1 });
  // 1 + ½ + 1 s held by each of three; of three calls the first and the third go to the first replica.
  expect(Array.from(visits.busySeconds)).toEqual([7.5, 1, 0.5, 9]);
  expect(Array.from(visits.edgeAttempts)).toEqual([3, 3]);
  expect([...visits.edgeTimeouts, ...visits.edgeFailures, ...visits.edgeLosses]).toEqual([0, 0, 0, 0, 0, 0]);
  expect(visits.endSeconds).toBe(24);
});

test("what visits that are still open have used so far is counted, to the instant of the cut", () => {
  const visits = simulate(compileNetwork(network), arrivalsAt(0, 0.25), { seed: 1, untilSeconds: 1.125 });
  // Both hold a server; the first has worked for ⅛ s at the next station, and for as long at the one nobody waits for.
  expect(Array.from(visits.busySeconds)).toEqual([1.125 + 0.875, 0.125, 0, 0.125]);
  expect([visits.endSeconds, visits.count, visits.isTruncated]).toEqual([1.125, 0, false]);
});

test("a run without arrivals reports nothing and ends at 0", () => {
  const visits = simulate(compileNetwork(network), arrivalsAt(), { seed: 1 });
  expect([visits.count, visits.endSeconds, visits.isTruncated]).toEqual([0, 0, false]);
});

test("each visit says which program it ran", () => {
  const spec: NetworkSpec = {
    ...single(delay(), [1]),
    operations: [
      operation(0, program([9])),
      operation(
        0,
        { ...program([1]), probability: 0.5 },
        { ...program([2]), probability: 0.25 },
        { ...program([3]), probability: 0.25 },
      ),
    ],
  };
  const arrivals = { timeSeconds: poissonArrivals(1, 100, 1).timeSeconds, operation: new Uint32Array(100).fill(1) };
  const visits = simulate(compileNetwork(spec), arrivals, { seed: 1 });
  expect(Array.from(visits.program)).toEqual(Array.from(visits.sojournSeconds, (seconds) => Math.round(seconds) - 1));
  expect(new Set(visits.program)).toEqual(new Set([0, 1, 2]));
});
