// Goal: the two figures that make a run valid or not are right. Method: snapshots written by hand.
import { describe, expect, test } from "vitest";
import { type UsageSnapshot, usageBetween } from "../../datasets/testbed/usage.ts";
import { judgeValidity } from "../../datasets/testbed/validity.ts";

const ENTRY = { sent: 0, answered: 0, failed: 0, dropped: 0 };

function snapshot(
  atSeconds: number,
  hostBusyMilliseconds: number,
  hostIdleMilliseconds: number,
  pools: readonly (readonly [string, number, number, number])[],
  cpu: { readonly waitSeconds: number; readonly turns: number } | null = null,
): UsageSnapshot {
  const members = pools.map(([member, pid, busySeconds, offeredSeconds]) => ({
    member,
    pid,
    counters: {
      cpuSeconds: 0,
      cpuWaitSeconds: cpu === null ? null : cpu.waitSeconds,
      timesliceCount: cpu?.turns ?? 0,
      pools: [
        { name: "workers", serverCount: 2, busySeconds, offeredSeconds, served: 10, refused: 0, held: 0, waiting: 0 },
      ],
    },
  }));
  return { atSeconds, hostBusyMilliseconds, hostIdleMilliseconds, members, entry: ENTRY };
}

describe("usage between two snapshots", () => {
  test("is busy over offered time, pooled over replicas, and busy over all of the machine", () => {
    const before = snapshot(0, 1000, 1000, [
      ["catalog-1", 1, 5, 10],
      ["catalog-2", 2, 0, 10],
    ]);
    const after = snapshot(10, 4000, 8000, [
      ["catalog-1", 1, 15, 30],
      ["catalog-2", 2, 5, 30],
    ]);
    const usage = usageBetween(before, after);
    expect(usage.utilization["catalog/workers"]).toBeCloseTo(15 / 40);
    expect(usage.hostCpuShare).toBeCloseTo(0.3);
  });

  test("counts a process that was started anew from its own start", () => {
    const usage = usageBetween(
      snapshot(0, 0, 0, [["cart-1", 1, 500, 1000]]),
      snapshot(10, 1, 1, [["cart-1", 9, 2, 8]]),
    );
    expect(usage.utilization["cart/workers"]).toBeCloseTo(0.25);
  });
});

describe("a run is valid", () => {
  const usage = (hostShare: number, bottleneckShare: number, dropped = 0) => {
    const measured = usageBetween(
      snapshot(0, 0, 0, [["pricing-1", 1, 0, 0]]),
      snapshot(1, hostShare, 1 - hostShare, [["pricing-1", 1, bottleneckShare, 1]]),
    );
    return { ...measured, entry: { ...ENTRY, dropped } };
  };
  test.each([
    { host: 0.5, bottleneck: 0.85, isSurge: true, isValid: true },
    { host: 0.5, bottleneck: 0.42, isSurge: false, isValid: true },
    { host: 0.5, bottleneck: 0.6, isSurge: true, isValid: false },
    { host: 0.75, bottleneck: 0.9, isSurge: true, isValid: false },
    { host: 0.75, bottleneck: 0.4, isSurge: false, isValid: false },
  ])("machine $host, bottleneck $bottleneck, surge $isSurge: $isValid", ({ host, bottleneck, isSurge, isValid }) => {
    const verdict = judgeValidity(usage(host, bottleneck), "pricing/workers", isSurge);
    expect(verdict.isValid).toBe(isValid);
    expect(verdict.hostCpuShare).toBeCloseTo(host);
    expect(verdict.bottleneckUtilization).toBeCloseTo(bottleneck);
    expect(verdict.reasons.length > 0).toBe(!isValid);
  });

  test.each([
    { waitSeconds: 0.0002, isValid: true },
    { waitSeconds: 0.002, isValid: false },
  ])(
    "on a busy machine only when the shop was served first: $waitSeconds s a turn: $isValid",
    ({ waitSeconds, isValid }) => {
      const measured = usageBetween(
        snapshot(0, 0, 0, [["pricing-1", 1, 0, 0]], { waitSeconds: 5, turns: 1000 }),
        snapshot(1, 0.99, 0.01, [["pricing-1", 1, 0.4, 1]], { waitSeconds: 5 + 100 * waitSeconds, turns: 1100 }),
      );
      expect(measured.cpuWaitSeconds).toBeCloseTo(waitSeconds);
      expect(judgeValidity(measured, "pricing/workers", false).isValid).toBe(isValid);
    },
  );

  test("only when no arrival was dropped", () => {
    expect(judgeValidity(usage(0.2, 0.4, 3), "pricing/workers", false).isValid).toBe(false);
  });
});
