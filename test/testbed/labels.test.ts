// Goal: `labels.json` says what was injected, in the format the evaluation reads, at every moment of a run.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseFault } from "../../datasets/testbed/faults.ts";
import { type LabelContext, LabelRecorder } from "../../datasets/testbed/label-recorder.ts";
import { SHOP } from "../../datasets/testbed/shop.ts";
import type { Labels } from "../../src/contracts/labels.ts";

const context = (settleSeconds: number): LabelContext => ({
  application: "shop",
  settleSeconds,
  bottleneck: "pricing",
  baseUtilization: 0.45,
});

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spantwin-labels-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("faults and unusual loads are written with their times; base load is not", () => {
  const file = join(folder, "labels.json");
  const read = () => JSON.parse(readFileSync(file, "utf8")) as Labels;
  const recorder = new LabelRecorder(file, context(45), 1000);
  recorder.load({ shape: "poisson", factor: 1 }, 1000);
  recorder.load({ shape: "ramp", from: 1, to: 1.9 }, 1060);
  recorder.load({ shape: "poisson", factor: 1 }, 1100);
  recorder.beginFault(1, parseFault({ kind: "slow-dependency", service: "sqlite/inventory", factor: 4 }, SHOP), 1120);
  expect(read().faults[0]).toMatchObject({ start: 1120, end: 1120 });
  expect(recorder.labels(1130).faults[0]?.end).toBe(1130);
  recorder.endFault(1, 1150);
  recorder.close(1200);
  expect(read()).toEqual({
    unit: "unix seconds, UTC",
    application: "shop",
    settleSeconds: 45,
    covered: [[1000, 1200]],
    faults: [
      {
        start: 1120,
        end: 1150,
        service: "sqlite/inventory",
        fault: "slow-dependency",
        performance: true,
        detail: { factor: 4 },
      },
    ],
    loads: [
      {
        start: 1060,
        end: 1100,
        shape: "ramp",
        factor: 1.9,
        bottleneckUtilization: 0.855,
        saturates: false,
        bottleneck: "pricing",
      },
    ],
  });
});

test("nothing changes what was written once the run has ended", () => {
  const recorder = new LabelRecorder(null, context(60), 0);
  recorder.load({ shape: "surge", factor: 2 }, 10);
  recorder.close(20);
  recorder.close(30);
  expect(recorder.labels(40)).toMatchObject({ covered: [[0, 20]], loads: [{ start: 10, end: 20 }] });
});

test("a plateau is written at any factor, and a load beyond the bottleneck's capacity as one that saturates it", () => {
  const recorder = new LabelRecorder(null, context(60), 0);
  recorder.load({ shape: "plateau", factor: 1 }, 10);
  recorder.load({ shape: "poisson", factor: 1 }, 70);
  recorder.load({ shape: "surge", factor: 5 }, 80);
  expect(recorder.labels(90).loads).toMatchObject([
    { start: 10, end: 70, shape: "plateau", factor: 1, bottleneckUtilization: 0.45, saturates: false },
    { start: 80, end: 90, shape: "surge", factor: 5, bottleneckUtilization: 2.25, saturates: true },
  ]);
});
