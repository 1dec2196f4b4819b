// Goal: training sees windows that are wholly faulty or wholly clean, and the twin learns from the clean ones only.
// Method: a recording of 30 windows with labels written by hand; windows are 5 s long.
import { describe, expect, test } from "vitest";
import type { LabelledFault, Labels } from "../../src/contracts/labels.ts";
import type { Settings } from "../../src/contracts/settings.ts";
import type { TelemetrySource } from "../../src/contracts/telemetry.ts";
import { labelledWindows } from "../../src/pipeline/labelled-windows.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { NotingTwin, requests, settings } from "./windows.ts";

const recording: TelemetrySource = {
  name: "by hand",
  async read(take) {
    for (let at = 0; at < 150; at += 10) await take(requests(at, 10));
  },
};

function fault(start: number, end: number, service = "back"): LabelledFault {
  return { start, end, service, fault: "slow-code", performance: true };
}

const DELAY_SECONDS = 10;

async function label(
  faults: readonly LabelledFault[],
  readyAfter = 4,
  exclude: Settings["exclude"] = [],
  covered: Labels["covered"] = [[1000, 1150]],
) {
  const labels: Labels = { unit: "unix seconds, UTC", settleSeconds: 0, covered, faults };
  const twin = new NotingTwin(readyAfter);
  const windows = await labelledWindows({
    source: recording,
    labels,
    settings: settings({ learningDelaySeconds: DELAY_SECONDS, exclude }),
    twin,
    ledger: new CountingLedger(),
    signal: new AbortController().signal,
  });
  const starts = (of: typeof windows) => of.map(({ forecast }) => forecast.observation.startSeconds);
  return {
    faulty: starts(windows.filter((window) => window.fault !== null)),
    clean: starts(windows.filter((window) => window.fault === null)),
    learned: twin.learned,
    windows,
  };
}

describe("windows of a labelled recording", () => {
  test("inside a fault carry its label; on its border and in its aftermath they are left out", async () => {
    const { faulty, clean, windows } = await label([fault(1062, 1083)]);
    expect(faulty).toEqual([1065, 1070, 1075]);
    expect(clean.filter((start) => start >= 1050 && start <= 1085)).toEqual([1050, 1055]);
    expect(clean).toContain(1110);
    expect(windows.find((window) => window.fault !== null)!.fault!.service).toBe("back");
  });

  test("that are faulty, on a border or in the aftermath are not learned from", async () => {
    const { learned, clean } = await label([fault(1062, 1083)]);
    expect(learned.filter((start) => start >= 1060 && start <= 1085)).toEqual([]);
    expect(learned.filter((start) => start >= 1030)).toEqual(clean.filter((start) => start >= 1030 && start <= 1135));
  });

  test("are learned from no sooner than they would be in life", async () => {
    const { learned } = await label([]);
    // The last window ends at 1150; what ended less than the delay before that still waits.
    expect(Math.max(...learned)).toBe(1150 - DELAY_SECONDS - 5);
  });

  test("that the settings exclude are neither learned from nor trained on, faulty or not", async () => {
    const exclude = [{ fromSeconds: 1072, toSeconds: 1110 }];
    const { learned, clean, faulty } = await label([fault(1062, 1083)], 4, exclude);
    expect(faulty).toEqual([1065]);
    expect(clean.filter((start) => start > 1060)).toEqual([1110, 1115, 1120, 1125, 1130, 1135, 1140, 1145]);
    expect(learned.filter((start) => start > 1060)).toEqual([1110, 1115, 1120, 1125, 1130, 1135]);
  });

  test("that the labels do not cover, wholly or in part, are neither clean nor faulty and not learned from", async () => {
    // Two intervals that touch are one.
    const covered: Labels["covered"] = [
      [1000, 1050],
      [1050, 1072],
      [1108, 1150],
    ];
    const { clean, faulty, learned } = await label([fault(1062, 1083)], 4, [], covered);
    expect(faulty).toEqual([1065]);
    expect(clean.filter((start) => start >= 1040)).toEqual([
      1040, 1045, 1050, 1055, 1110, 1115, 1120, 1125, 1130, 1135, 1140, 1145,
    ]);
    expect(learned.filter((start) => start >= 1050)).toEqual([1050, 1055, 1110, 1115, 1120, 1125, 1130, 1135]);
    const nothing = await label([fault(1062, 1083)], 4, [], []);
    expect([nothing.clean, nothing.faulty, nothing.learned]).toEqual([[], [], []]);
  });

  test("before the twin is ready are learned from, but nobody is trained on them", async () => {
    const { clean, learned } = await label([], 10);
    expect(Math.min(...clean)).toBe(1050);
    // The first two are noise of the start.
    expect(Math.min(...learned)).toBe(1010);
  });

  test("that two faults touch are left out: nobody can say which it was", async () => {
    const { faulty } = await label([fault(1060, 1110), fault(1075, 1109, "front")]);
    expect(faulty).toEqual([1065, 1070]);
  });
});
