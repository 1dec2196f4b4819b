// Goal: timeouts, retries, failures and losses do to caller and callee what `spec.ts` says.
// Method: timelines worked out by hand; where dice decide, the expected number with four standard deviations.
import { describe, expect, test } from "vitest";
import { compileNetwork } from "../../../twin/kernel/compile-network.ts";
import { simulate } from "../../../twin/kernel/simulate.ts";
import type { EdgeSpec, NetworkSpec, SimulatedVisits } from "../../../twin/kernel/spec.ts";
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
  rowsOf,
  rowsOfOperation,
} from "../networks.ts";

function run(spec: NetworkSpec, ...timeSeconds: number[]): SimulatedVisits {
  const visits = simulate(compileNetwork(spec), arrivalsAt(...timeSeconds), { seed: 1 });
  expect(visits.isTruncated).toBe(false);
  return visits;
}

/** A caller that works 1 s before and after one call, which takes `serviceSeconds` on the only server of its callee. */
function oneCall(edgeSpec: EdgeSpec, serviceSeconds: number, callee = fifo(1)): NetworkSpec {
  return {
    stations: [delay(), callee],
    operations: [caller(0, 1, 1, 0), operation(1, program([serviceSeconds]))],
    edges: [edgeSpec],
  };
}

describe("timeouts", () => {
  test("the caller fails when its time is up; the callee works on for nobody and holds its server", () => {
    const visits = run(oneCall({ ...edge(1, 1), timeoutSeconds: 3 }, 5), 0, 4.25);
    // Called at 1 s: a visit from 1.5 to 6.5 s. Called at 5.25 s: it comes at 5.75 s and has to wait for that.
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [4, true],
      [8.25, true],
    ]);
    expect(rowsOfOperation(visits, 1).map((row) => [row.arrival, row.waiting, row.departure, row.isFailed])).toEqual([
      [1.5, 0, 6.5, false],
      [5.75, 0.75, 11.5, false],
    ]);
    expect([visits.edgeAttempts[0], visits.edgeTimeouts[0], visits.edgeFailures[0]]).toEqual([2, 2, 0]);
  });

  test("an answer that is there in time, or at the very last instant, is as good as without a limit", () => {
    for (const timeoutSeconds of [3, 3.5, 1000]) {
      const visits = run(oneCall({ ...edge(1, 1), timeoutSeconds }, 2), 0, 10);
      expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
        [5, false],
        [15, false],
      ]);
      expect(visits.edgeTimeouts[0]).toBe(0);
    }
  });

  test("an answer on its way when time is up comes too late", () => {
    // The callee departs at 3.5 s, the answer would be back at 4 s.
    const visits = run(oneCall({ ...edge(1, 1), timeoutSeconds: 2.75 }, 2), 0);
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([[3.75, true]]);
  });

  test("a caller that can do without goes on when time is up", () => {
    const visits = run(oneCall({ ...edge(1), timeoutSeconds: 3, isRequired: false }, 50), 0);
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([[5, false]]);
    expect(rowsOfOperation(visits, 1).map((row) => row.departure)).toEqual([51]);
  });

  test("when one call of a group fails the caller departs at once, and the others work on for nobody", () => {
    const spec: NetworkSpec = {
      stations: [fifo(1), delay(), fifo(1)],
      operations: [caller(0, 1, 1, 0, 1), operation(1, program([50])), operation(2, program([4]))],
      edges: [{ ...edge(1), timeoutSeconds: 2 }, edge(2)],
    };
    const visits = run(spec, 0, 0);
    // The worker falls free at 3 s; the second caller's call of operation 2 finds the orphan's server taken until 5 s.
    expect(rowsOfOperation(visits, 0).map((row) => [row.waiting, row.departure, row.isFailed])).toEqual([
      [0, 3, true],
      [3, 6, true],
    ]);
    expect(rowsOfOperation(visits, 2).map((row) => [row.arrival, row.waiting, row.departure])).toEqual([
      [1, 0, 5],
      [4, 1, 9],
    ]);
    expect(visits.count).toBe(6);
  });
});

describe("retries", () => {
  test("attempts follow each other after waits that grow, and the last failure fails the caller", () => {
    const retry = { attemptsMax: 3, backoffSeconds: 1, backoffFactor: 2 };
    const visits = run(oneCall({ ...edge(1), timeoutSeconds: 2, retry }, 100, delay()), 0);
    // 1 to 3 s, 4 to 6 s, 8 to 10 s.
    expect(rowsOfOperation(visits, 1).map((row) => row.arrival)).toEqual([1, 4, 8]);
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([[10, true]]);
    expect([visits.edgeAttempts[0], visits.edgeTimeouts[0]]).toEqual([3, 3]);
  });

  test("a refused call is attempted again, and the caller goes on when that is answered", () => {
    const spec = oneCall({ ...edge(1), retry: { attemptsMax: 2, backoffSeconds: 2.5, backoffFactor: 1 } }, 2, {
      ...fifo(1),
      queueCapacity: 0,
    });
    const visits = run(spec, 0, 0.5);
    // Taken from 1 to 3 s; refused at 1.5 s, tried again at 4 s.
    expect(rowsOfOperation(visits, 0).map((row) => [row.departure, row.isFailed])).toEqual([
      [4, false],
      [7, false],
    ]);
    expect([visits.edgeAttempts[0], visits.edgeFailures[0]]).toEqual([3, 1]);
    expect(
      rowsOfOperation(visits, 1)
        .filter((row) => row.isFailed)
        .map((row) => row.sojourn),
    ).toEqual([0]);
  });

  test("each attempt is a visit: a storm of retries multiplies the load by the expected factor", () => {
    const attemptsMax = 4;
    const edgeSpec = { ...edge(1), timeoutSeconds: 1, retry: { attemptsMax, backoffSeconds: 0, backoffFactor: 1 } };
    const spec: NetworkSpec = {
      stations: [delay(), delay()],
      operations: [caller(0, 0, 0, 0), operation(1, program(exponentialTable(1)))],
      edges: [edgeSpec],
    };
    const count = 20_000;
    const visits = simulate(compileNetwork(spec), poissonArrivals(10, count, 1), { seed: 1 });
    const lateShare = Math.exp(-1);
    const factor = (1 - lateShare ** attemptsMax) / (1 - lateShare);
    expect(Math.abs(visits.edgeAttempts[0]! / count - factor)).toBeLessThan(0.03);
    expect(rowsOfOperation(visits, 1).length).toBe(visits.edgeAttempts[0]);
    const failed = rowsOfOperation(visits, 0).filter((row) => row.isFailed).length;
    expect(Math.abs(failed / count - lateShare ** attemptsMax)).toBeLessThan(0.004);
  });

  test("timeouts and retries turn an overload that would pass into one that stays", () => {
    // A burst fills a server that is half loaded otherwise.
    const times = [...Array.from({ length: 60 }, (_, i) => i / 1000), ...Array.from({ length: 500 }, (_, i) => 1 + i)];
    const failedLate = (retry: EdgeSpec["retry"]) => {
      const visits = run(oneCall({ ...edge(1), timeoutSeconds: 4, ...(retry && { retry }) }, 0.5), ...times);
      return rowsOfOperation(visits, 0).filter((row) => row.arrival > 200 && row.isFailed).length;
    };
    expect(failedLate(undefined)).toBe(0);
    expect(failedLate({ attemptsMax: 4, backoffSeconds: 0.1, backoffFactor: 1 })).toBeGreaterThan(250);
  });
});

describe("lost messages", () => {
  const spec = (lossProbability: number, isAsync: boolean): NetworkSpec => ({
    stations: [delay(), ps(1)],
    operations: [caller(0, 0, 0, 0), operation(1, program([0]))],
    edges: [{ ...edge(1, 0, isAsync), lossProbability, retransmitSeconds: 1 }],
  });
  const count = 20_000;
  const lost = (isAsync: boolean) =>
    simulate(compileNetwork(spec(0.1, isAsync)), arrivalsAt(...Array.from({ length: count }, (_, i) => 4096 * i)), {
      seed: 3,
    });
  const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

  test("a message that nobody waits for comes 2^k − 1 waits late after k losses", () => {
    const visits = lost(true);
    const delays = rowsOfOperation(visits, 1).map((row) => row.arrival - 4096 * row.root);
    expect(delays.every((seconds) => isPowerOfTwo(seconds + 1))).toBe(true);
    // Four standard deviations.
    expect(Math.abs(delays.filter((seconds) => seconds === 0).length - 18_000)).toBeLessThan(170);
    expect(Math.abs(delays.filter((seconds) => seconds === 1).length - 1800)).toBeLessThan(162);
    const losses = delays.reduce((sum, seconds) => sum + Math.log2(seconds + 1), 0);
    expect(visits.edgeLosses[0]).toBe(losses);
  });

  test("a call can lose its request and its answer", () => {
    const visits = lost(false);
    const there = rowsOfOperation(visits, 1).map((row) => row.arrival - 4096 * row.root);
    const both = rowsOfOperation(visits, 0).map((row) => row.sojourn);
    expect(there.every((seconds, i) => isPowerOfTwo(both[i]! - seconds + 1))).toBe(true);
    expect(Math.abs(both.filter((seconds) => seconds === 0).length - 16_200)).toBeLessThan(222);
    expect(Math.abs(visits.edgeLosses[0]! - (2 * count) / 9)).toBeLessThan(282);
  });

  test("no chance of loss is as good as no word of it", () => {
    const bare: NetworkSpec = { ...spec(0, false), edges: [edge(1)] };
    const arrivals = poissonArrivals(1, 100, 1);
    const rows = (network: NetworkSpec) => rowsOf(simulate(compileNetwork(network), arrivals, { seed: 1 }));
    expect(rows(spec(0, false))).toEqual(rows(bare));
  });
});

test("calls that are guarded but never lost, late or refused take exactly the times of plain ones", () => {
  const network = (extra: Partial<EdgeSpec>): NetworkSpec => ({
    stations: [fifo(3), ps(1), delay()],
    operations: [
      operation(0, program(Array.from(exponentialTable(0.01, 300)), [[0, 1], [2]])),
      operation(1, program(exponentialTable(0.05, 100))),
      operation(2, program(exponentialTable(0.03, 100))),
    ],
    edges: [
      { ...edge(1, 0.002), ...extra },
      { ...edge(2, 0.001), ...extra },
      { ...edge(1, 0.003), ...extra },
    ],
  });
  const arrivals = poissonArrivals(6, 2000, 4);
  const rows = (spec: NetworkSpec) => rowsOf(simulate(compileNetwork(spec), arrivals, { seed: 2 }));
  const plain = rows(network({}));
  expect(rows(network({ timeoutSeconds: 1e6 }))).toEqual(plain);
  expect(plain.length).toBe(8000);
});
