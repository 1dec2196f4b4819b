// Goal: operations that wait on purpose are told with the reason; no operation that works is, and no fault makes it one.
// Method: windows of visits with durations as such operations have them, in the learning time, after it, and in faults.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IntentionalWait } from "../../src/contracts/api.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { IntentionalWaits } from "../../src/detection/intentional-waits.ts";
import { nodeForecast, residual, twinView } from "../models/baselines/fixtures.ts";
import {
  JOB,
  POLL,
  RECEIVE,
  RECEIVE_PAYMENT,
  type ShownVisit,
  STREAM,
  WAITING_TOPOLOGY,
  WORK,
  windowWith,
} from "./waiting-windows.ts";

const LEARNING = { isLearning: true, isSuspicious: false };
const WATCHING = { isLearning: false, isSuspicious: false };
const SUSPICIOUS = { isLearning: false, isSuspicious: true };

function waitsAfter(windows: readonly Observation[], phase = LEARNING, waits = new IntentionalWaits()) {
  for (const each of windows) waits.take(each, phase);
  return waits;
}

function listOf(waits: IntentionalWaits): readonly IntentionalWait[] {
  return waits.view(WAITING_TOPOLOGY).waits;
}

/** Windows with ten visits each, the k-th of them all as given. */
function windowsOf(count: number, visit: (k: number) => ShownVisit, from = 0, cpuUtilization?: number): Observation[] {
  return Array.from({ length: count }, (_, w) =>
    windowWith(
      from + w,
      Array.from({ length: 10 }, (_, i) => visit(10 * w + i)),
      cpuUtilization,
    ),
  );
}

/** Seven of ten polls end at the limit of 30 s, the others when something came. */
const poll = (k: number): ShownVisit => ({ operation: POLL, seconds: k % 10 < 7 ? 30 + 0.01 * (k % 7) : 3 + (k % 10) });
const work = (k: number): ShownVisit => ({ operation: WORK, seconds: 0.1 + 0.02 * (k % 9) });

describe("told as a wait is", () => {
  test("a long poll: most visits end within 2 % of one limit", () => {
    expect(listOf(waitsAfter(windowsOf(3, poll)))).toEqual([
      {
        node: "changes",
        operation: "GET /changes",
        reason: "fixed-limit",
        detail: "70 % of its visits end within 2 % of 30 s",
        visitsJudged: 30,
        visitsExcluded: 0,
        sinceSeconds: 15,
      },
    ]);
  });

  test("a gateway before a long poll, though it only waits for its call", () => {
    const waits = waitsAfter(windowsOf(3, (k) => ({ ...poll(k), selfSeconds: 0.01 })));
    expect(listOf(waits).map(({ reason }) => reason)).toEqual(["fixed-limit"]);
  });

  test("receiving messages from a queue, however long it takes", () => {
    const waits = waitsAfter(windowsOf(3, (k) => ({ operation: RECEIVE, seconds: 0.1 * (1 + (k % 13)) })));
    expect(listOf(waits).map(({ reason, operation }) => [operation, reason])).toEqual([
      ["receive orders", "messaging-receive"],
    ]);
  });

  test("a stream: many are open for long and for different times while the CPU idles", () => {
    const stream = (k: number): ShownVisit => ({ operation: STREAM, seconds: 6 + 10 * (k % 10) });
    expect(listOf(waitsAfter(windowsOf(3, stream, 0, 0.01)))[0]).toMatchObject({
      reason: "held-open",
      detail: "102 visits open at once, 46 s each, with 1.0 % of the CPU in use",
    });
  });

  test("a job that nobody calls and that begins at fixed intervals, after eight runs", () => {
    const runs = (count: number) =>
      Array.from({ length: count }, (_, k) =>
        windowWith(12 * k, [{ operation: JOB, seconds: 4 + (k % 5), arrival: 60 * k + 0.3 * (k % 2) }]),
      );
    expect(listOf(waitsAfter(runs(7)))).toEqual([]);
    expect(listOf(waitsAfter(runs(8)))[0]).toMatchObject({
      operation: "settle",
      reason: "scheduled",
      detail: "begins every 60 s, called by nobody",
    });
    // A clock is a clock, whenever it is first seen.
    expect(listOf(waitsAfter(runs(8), WATCHING))).toHaveLength(1);
  });
});

describe("not told as a wait is", () => {
  test.each([
    ["work", work],
    [
      "work that takes about a round time, as work does",
      (k: number) => ({ operation: WORK, seconds: 5 + 0.1 * ((k % 11) - 5) }),
    ],
    ["a request that is called like receiving a message", (k: number) => ({ ...work(k), operation: RECEIVE_PAYMENT })],
    ["a timeout of something broken, which ends in errors", (k: number) => ({ ...poll(k), isError: k % 3 === 0 })],
    ["a stream whose CPU use nobody measures", (k: number) => ({ operation: STREAM, seconds: 6 + 10 * (k % 10) })],
    ["a poll of less than a second", (k: number) => ({ ...poll(k), seconds: 0.5 })],
  ] as const)("%s", (_, visit) => {
    const waits = waitsAfter(windowsOf(8, visit));
    expect(listOf(waits)).toEqual([]);
    expect(waits.view(WAITING_TOPOLOGY).workingOperations).toBe(1);
  });

  test("long computing that uses the CPU", () => {
    const stream = (k: number): ShownVisit => ({ operation: STREAM, seconds: 6 + 10 * (k % 10) });
    expect(listOf(waitsAfter(windowsOf(3, stream, 0, 0.4)))).toEqual([]);
  });

  test("a job that others call, or one that is done in no time: a probe tells of health", () => {
    const runs = (visit: Partial<ShownVisit>) =>
      Array.from({ length: 9 }, (_, k) =>
        windowWith(12 * k, [{ operation: JOB, seconds: 4, arrival: 60 * k, ...visit }]),
      );
    expect(listOf(waitsAfter(runs({ isRoot: false })))).toEqual([]);
    expect(listOf(waitsAfter(runs({ seconds: 0.2 })))).toEqual([]);
  });

  test("what only one window shows: it takes three", () => {
    const crowd = windowWith(
      0,
      Array.from({ length: 200 }, (_, k) => poll(k)),
    );
    expect(listOf(waitsAfter([crowd]))).toEqual([]);
  });
});

describe("a fault makes no wait:", () => {
  /** What a dead dependency does to its caller: every visit ends at the timeout, as a success with a default answer. */
  const timingOut = (operation: number) => (): ShownVisit => ({ operation, seconds: 5 });

  test("an operation that has worked works for ever", () => {
    const waits = waitsAfter(windowsOf(3, work));
    waitsAfter(windowsOf(500, timingOut(WORK), 3), WATCHING, waits);
    expect(listOf(waits)).toEqual([]);
  });

  test("an operation that is first seen in a fault is none", () => {
    expect(listOf(waitsAfter(windowsOf(500, timingOut(WORK)), WATCHING))).toEqual([]);
    expect(listOf(waitsAfter(windowsOf(500, timingOut(WORK)), SUSPICIOUS))).toEqual([]);
  });

  test("an operation seen too seldom in the learning time to be judged is not judged by the fault alone", () => {
    const seldom = Array.from({ length: 12 }, (_, k) => windowWith(k, [work(k)]));
    const waits = waitsAfter(seldom);
    waitsAfter(windowsOf(50, timingOut(WORK), 20), WATCHING, waits);
    expect(listOf(waits)).toEqual([]);
  });

  test("a long poll too seldom to be judged in the learning time is told once nothing was suspected for ten minutes", () => {
    const seldom = (count: number, from: number) =>
      Array.from({ length: count }, (_, k) =>
        windowWith(from + 6 * k, [{ ...poll(0), arrival: 37 * k + (k % 3) * 9 }]),
      );
    const waits = waitsAfter(seldom(2, 0));
    waitsAfter(seldom(98, 12), WATCHING, waits);
    expect(listOf(waits).map(({ reason, sinceSeconds }) => [reason, sinceSeconds])).toEqual([["fixed-limit", 875]]);
    const dense = waitsAfter(seldom(2, 0));
    waitsAfter(windowsOf(100, timingOut(POLL), 12), WATCHING, dense);
    expect(listOf(dense)).toEqual([]);
  });

  test("not for any mixture of normal visits before, whatever limit the timeouts have, until ten minutes have passed", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 0.9, noNaN: true }), { minLength: 1, maxLength: 40 }),
        fc.constantFrom(1, 2, 5, 10, 30, 60),
        (normal, timeout) => {
          const waits = new IntentionalWaits();
          for (const [k, seconds] of normal.entries()) {
            waits.take(windowWith(k, [{ operation: WORK, seconds }]), LEARNING);
          }
          waitsAfter(
            windowsOf(40, () => ({ operation: WORK, seconds: timeout }), 60),
            WATCHING,
            waits,
          );
          return listOf(waits).length === 0;
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe("a forecast without waits", () => {
  const waits = waitsAfter([...windowsOf(3, poll), ...windowsOf(3, work)]);
  const slow = { service: residual(9), sojourn: residual(9), burstiness: 0.4, impactShare: 0.5 };

  function forecastOf() {
    const view = twinView();
    const observation = windowWith(9, windowsOf(1, poll)[0] === undefined ? [] : [poll(0), poll(1), work(0)]);
    const node = (index: number) => nodeForecast(index, { ...slow, errorExcess: 0.3, programShift: 0.2 });
    return { ...view, observation, nodes: [0, 1].map(node) };
  }

  test("has no evidence from how long a node of waits takes, and still from its failures", () => {
    const [, changes] = waits.withoutWaits(forecastOf()).nodes;
    expect(changes).toMatchObject({ service: null, sojourn: null, burstiness: 0, impactShare: 0 });
    expect(changes).toMatchObject({ errorExcess: 0.3, programShift: 0.2, visitCount: 30 });
  });

  test("is the same for nodes that work", () => {
    const forecast = forecastOf();
    expect(waits.withoutWaits(forecast).nodes[0]).toBe(forecast.nodes[0]);
  });

  test("is the very same when nothing waits", () => {
    const forecast = forecastOf();
    expect(new IntentionalWaits().withoutWaits(forecast)).toBe(forecast);
  });

  test("counts the visits that were excluded", () => {
    const counted = waitsAfter(windowsOf(3, poll));
    waitsAfter(windowsOf(2, poll, 3), WATCHING, counted);
    expect(listOf(counted)[0]!.visitsExcluded).toBe(20);
  });
});
