// Goal: changes to how callers and stations behave have the effect they are made for, in the answer a person reads.
// Method: one change at a time on models whose answer is known beforehand, or bounded by theory.
import { describe, expect, test } from "vitest";
import type { Change, OperationAnswer, WhatIfAnswer } from "../../../src/contracts/what-if.ts";
import { whatIf } from "../../../twin/what-if/what-if.ts";
import { edge, exponentialTable, fifo, operation, program, ps } from "../networks.ts";
import { modelOf, named, only, poissonWindows } from "./models.ts";

const OPTIONS = { seed: 4, replications: 8 };

/** A front that only calls: what its callee takes is what users see. */
function front(callee = fifo(2), meanSeconds = 0.05) {
  const spec = {
    stations: [ps(16), callee],
    operations: [
      operation(0, program([0.0001, 0.0001], [[0]])),
      operation(1, program(exponentialTable(meanSeconds, 4096))),
    ],
    edges: [edge(1, 0.001)],
  };
  return named(spec, ["front", "back"], ["GET /", "work"], [0]);
}

function ask(network: ReturnType<typeof front>, ratePerSecond: number, ...changes: Change[]): WhatIfAnswer {
  return whatIf(modelOf(network, poissonWindows({ 0: ratePerSecond }, 600)), only(...changes), OPTIONS);
}

function entry(answer: WhatIfAnswer): OperationAnswer {
  return answer.operations[0]!;
}

const toBack = { from: "front", to: "back" };

describe("callers", () => {
  test("that wait no longer than a timeout fail as often as the callee takes longer", () => {
    // M/M/∞ in effect: at 2 requests/s nobody waits at two servers, so P(S > 0.1 − gap) = e^(−0.099/0.05).
    const answer = ask(front(), 2, { verb: "timeout", edge: toBack, seconds: 0.1 });
    const failed = entry(answer).failureShare.after!;
    expect(failed[0]).toBeLessThan(Math.exp(-1.98) + 0.02);
    expect(failed[2]).toBeGreaterThan(Math.exp(-1.98) - 0.01);
    expect(entry(answer).failureShare.before).toEqual([0, 0, 0]);
    expect(entry(answer).p99Seconds.after![1]).toBeLessThanOrEqual(0.1003);
    expect(answer.verdict).toContain("% of its requests fail");
  });

  test("that try again fail less, at the price of latency and of load on the callee", () => {
    const once = ask(front(), 4, { verb: "timeout", edge: toBack, seconds: 0.1 });
    const retry = { verb: "retry", edge: toBack, attemptsMax: 3, backoffSeconds: 0.02, backoffFactor: 2 } as const;
    const thrice = ask(front(), 4, { verb: "timeout", edge: toBack, seconds: 0.1 }, retry);
    expect(entry(thrice).failureShare.after![1]).toBeLessThan(0.25 * entry(once).failureShare.after![1]);
    expect(entry(thrice).p99Seconds.after![1]).toBeGreaterThan(0.1);
    const busy = (answer: WhatIfAnswer): number => answer.stations[1]!.utilization.after![1];
    expect(busy(thrice)).toBeGreaterThan(1.08 * busy(once));
  });

  test("with one connection serve one call at a time", () => {
    const rate = 12;
    const answer = ask(front(fifo(8)), rate, { verb: "pool", edge: toBack, connectionCount: 1 });
    // A connection is held for 51 ms on average.
    expect(answer.saturation.after.bottleneck).toEqual({
      service: "front",
      resource: "connections",
      to: "back",
      isAwaited: true,
    });
    expect(answer.saturation.after.ratePerSecond[1]! / (1 / 0.0511)).toBeCloseTo(1, 1);
    expect(entry(answer).p50Seconds.difference![1]).toBeGreaterThan(0.02);
    expect(answer.remedy).toMatchObject({ verb: "pool", service: "front", to: "back" });
  });

  test("that lose messages wait for them to be sent again", () => {
    const answer = ask(front(), 2, { verb: "edgeLoss", edge: toBack, probability: 0.1, retransmitSeconds: 1 });
    // A call is lost at least once with chance 0.1 or, if both ways can fail, some 0.19: p95 has the delay, p50 has not.
    expect(entry(answer).p95Seconds.difference![0]).toBeGreaterThan(0.8);
    expect(entry(answer).p50Seconds.difference![2]).toBeLessThan(0.1);
  });

  test("further away wait so much longer, and nothing else is different", () => {
    const answer = ask(front(), 2, { verb: "placement", service: "back", addedSeconds: 0.025 });
    for (const end of entry(answer).p50Seconds.difference!) expect(end).toBeCloseTo(0.025, 6);
    expect(answer.stations[1]!.utilization.difference!.map((each) => Math.abs(each) < 1e-9)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe("stations", () => {
  test("with a short queue refuse what they cannot take, and answer the rest in time", () => {
    const overload = { verb: "traffic", operation: null, to: { factor: 2 } } as const;
    const answer = ask(front(), 30, overload, { verb: "queueCapacity", service: "back", count: 4 });
    // 60 come in a second, two servers of 50 ms do 40.
    expect(entry(answer).failureShare.after![1]).toBeGreaterThan(0.3);
    expect(entry(answer).throughputPerSecond.after![1]).toBeGreaterThan(35);
    expect(entry(answer).p99Seconds.after![1]).toBeLessThan(0.5);
  });

  test("with half a CPU of quota are twice as busy, and saturate there", () => {
    const answer = ask(front(ps(1), 0.01), 20, {
      verb: "throttle",
      service: "back",
      quotaSeconds: 0.05,
      periodSeconds: 0.1,
    });
    expect(answer.saturation.before.ratePerSecond[1]! / answer.saturation.after.ratePerSecond[1]!).toBeCloseTo(2, 6);
    expect(entry(answer).p99Seconds.difference![1]).toBeGreaterThan(0);
  });

  test("that pause show it in the tail", () => {
    const answer = ask(front(ps(2), 0.01), 20, {
      verb: "pause",
      service: "back",
      durationSeconds: 0.2,
      intervalSeconds: 2,
    });
    // One request in ten falls into a pause.
    expect(entry(answer).p99Seconds.difference![1]).toBeGreaterThan(0.12);
    expect(entry(answer).p50Seconds.difference![1]).toBeLessThan(0.02);
  });

  test("with few workers make others wait while their calls are under way", () => {
    const answer = ask(front(fifo(50)), 30, { verb: "workers", service: "front", count: 2 });
    // Each holds a worker for 51 ms: 39 a second is all two can do.
    expect(answer.saturation.after.bottleneck).toEqual({
      service: "front",
      resource: "workers",
      to: null,
      isAwaited: true,
    });
    expect(answer.saturation.after.ratePerSecond[1]! / (2 / 0.0512)).toBeCloseTo(1, 1);
    expect(entry(answer).p95Seconds.difference![0]).toBeGreaterThan(0.05);
  });

  test("with more copies wait less, and least when the one with the fewest visits is taken", () => {
    const replicas = { verb: "replicas", service: "back", count: 2 } as const;
    const random = entry(ask(front(fifo(1)), 15, replicas));
    const least = entry(
      ask(front(fifo(1)), 15, replicas, { verb: "balancing", service: "back", policy: "least-outstanding" }),
    );
    expect(random.p95Seconds.difference![2]).toBeLessThan(0);
    expect(least.p95Seconds.after![1]).toBeLessThan(random.p95Seconds.after![1]);
  });

  test("whose device is another take what it takes", () => {
    const answer = ask(front(fifo(40)), 5, {
      verb: "device",
      service: "back",
      distribution: { family: "constant", meanSeconds: 0.004 },
    });
    // Two segments of 0.1 ms and 1 ms of gap come on top.
    for (const end of entry(answer).p95Seconds.after!) expect(end).toBeCloseTo(0.0052, 6);
  });
});
