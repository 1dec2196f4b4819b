// Goal: limits and use of CPUs and workers are read from metrics as they are exported, and held against what visits explain.
// Method: metric points by semantic conventions, of values chosen so that the right reading is known.
import { describe, expect, test } from "vitest";
import type { Observation } from "../../../src/contracts/observation.ts";
import type { MetricPoint } from "../../../src/contracts/telemetry.ts";
import {
  checkUtilization,
  ResourceReadings,
  suggestedStructures,
} from "../../../twin/identification/resource-hints.ts";

function point(name: string, value: number, more: Partial<MetricPoint> = {}): MetricPoint {
  return {
    name,
    unit: "",
    service: "cart",
    instance: "cart-1",
    attributes: "",
    timeSeconds: 100,
    value,
    count: 1,
    cumulative: false,
    ...more,
  };
}

function learned(...windows: readonly (readonly MetricPoint[])[]): ResourceReadings {
  const readings = new ResourceReadings();
  // Only the metrics of an observation are read.
  for (const metrics of windows) readings.learn({ metrics } as unknown as Observation);
  return readings;
}

describe("limits", () => {
  test("of CPUs and workers are those of the instances asked for", () => {
    const readings = learned([
      point("k8s.container.cpu.limit", 1.5),
      point("executor.pool.max", 8),
      point("k8s.container.cpu.limit", 4, { service: "shop", instance: "shop-1" }),
    ]);
    expect(readings.hints("cart", ["cart-1"])).toEqual({ cpuLimit: 1.5, workerLimit: 8 });
    expect(readings.hints("shop", ["shop-1"])).toEqual({ cpuLimit: 4, workerLimit: null });
  });

  test("where copies differ are the least, and an unlimited one (0) limits nothing", () => {
    const of = (instance: string, value: number) => point("container.cpu.limit", value, { instance });
    const readings = learned([of("cart-1", 2), of("cart-2", 1), of("cart-3", 0)]);
    expect(readings.hints("cart", ["cart-1", "cart-2", "cart-3"])!.cpuLimit).toBe(1);
  });

  test("that change are the latest", () => {
    const readings = learned([point("container.cpu.limit", 2)], [point("container.cpu.limit", 3)]);
    expect(readings.hints("cart", ["cart-1"])!.cpuLimit).toBe(3);
  });

  test("nobody told are none, however much else was", () => {
    const readings = learned([point("process.cpu.utilization", 0.5), point("process.memory.usage", 1e9)]);
    expect(readings.hints("cart", ["cart-1"])).toBeNull();
    expect(readings.hints("nobody", ["nobody-1"])).toBeNull();
  });

  test("suggest pools of workers and shared processors, of which less than one CPU is as one", () => {
    expect(suggestedStructures({ cpuLimit: 0.5, workerLimit: 8 })).toEqual([
      { discipline: "fifo", serverCount: 8 },
      { discipline: "ps", serverCount: 1 },
    ]);
    expect(suggestedStructures({ cpuLimit: 2.5, workerLimit: null })).toEqual([{ discipline: "ps", serverCount: 2.5 }]);
    expect(suggestedStructures(null)).toEqual([]);
  });
});

describe("use of CPU", () => {
  test("is the growth of user and system time together, idle time left out", () => {
    const at = (timeSeconds: number, user: number, system: number) => [
      point("process.cpu.time", user, { timeSeconds, cumulative: true, attributes: "cpu.mode=user" }),
      point("process.cpu.time", system, { timeSeconds, cumulative: true, attributes: "cpu.mode=system" }),
      point("process.cpu.time", 5 * timeSeconds, { timeSeconds, cumulative: true, attributes: "cpu.mode=wait" }),
    ];
    const readings = learned(at(100, 50, 10), at(110, 56, 12), at(120, 62, 14));
    expect(readings.cpusUsed("cart", "cart-1", 100, 120)).toBeCloseTo(0.8, 9);
  });

  test("of a process that began anew is not negative", () => {
    const at = (timeSeconds: number, value: number) => [
      point("container.cpu.time", value, { timeSeconds, cumulative: true }),
    ];
    const readings = learned(at(100, 500), at(110, 505), at(120, 1), at(130, 6));
    expect(readings.cpusUsed("cart", "cart-1", 0, 1000)).toBeCloseTo(0.5, 9);
  });

  test("as a share is one of all CPUs where their number is told, and of one where it is not", () => {
    const share = point("process.cpu.utilization", 0.25);
    expect(learned([share]).cpusUsed("cart", "cart-1", 0, 1000)).toBe(0.25);
    expect(learned([point("system.cpu.logical.count", 8), share]).cpusUsed("cart", "cart-1", 0, 1000)).toBe(2);
  });

  test("is that of the time asked for, and unknown outside", () => {
    const at = (timeSeconds: number, value: number) => [point("container.cpu.usage", value, { timeSeconds })];
    const readings = learned(at(100, 0.2), at(110, 0.4), at(200, 3));
    expect(readings.cpusUsed("cart", "cart-1", 95, 115)).toBeCloseTo(0.3, 9);
    expect(readings.cpusUsed("cart", "cart-1", 300, 400)).toBeNaN();
    expect(readings.cpusUsed("cart", "cart-2", 95, 115)).toBeNaN();
  });

  test("is forgotten with time: memory is bounded", () => {
    const readings = new ResourceReadings();
    for (let timeSeconds = 0; timeSeconds < 1000; timeSeconds++) {
      readings.learn({ metrics: [point("container.cpu.usage", 1, { timeSeconds })] } as unknown as Observation);
    }
    expect(readings.cpusUsed("cart", "cart-1", 0, 600)).toBeNaN();
    expect(readings.cpusUsed("cart", "cart-1", 700, 999)).toBe(1);
  });
});

describe("the utilization law", () => {
  const shared = { discipline: "ps", serverCount: 2 } as const;
  const workers = { discipline: "fifo", serverCount: 2 } as const;

  test("holds of a shared processor when as much is measured as visits explain", () => {
    expect(checkUtilization(shared, 0.8, 0.8)!.modelDiscrepancy).toBe(0);
    expect(checkUtilization(shared, 0.8, 1.6)!.modelDiscrepancy).toBeCloseTo(Math.log(2), 12);
    expect(checkUtilization(shared, 0.8, 0.4)!.modelDiscrepancy).toBeCloseTo(-Math.log(2), 12);
  });

  test("is not broken by workers that wait, but by work outside of any visit", () => {
    expect(checkUtilization(workers, 0.8, 0.1)!.modelDiscrepancy).toBe(0);
    expect(checkUtilization(workers, 0.8, 1.6)!.modelDiscrepancy).toBeCloseTo(Math.log(2), 12);
  });

  test("says nothing of what was not measured or not visited", () => {
    expect(checkUtilization(shared, 0.8, Number.NaN)).toBeNull();
    expect(checkUtilization(shared, 0, 0.5)).toBeNull();
  });
});
