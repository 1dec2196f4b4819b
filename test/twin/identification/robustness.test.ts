// Goal: the structure of a loaded station is found though spans are lost, clocks are noisy, the process pauses, or service
// times follow each other. Method: stations simulated by code that shares nothing with the twin's kernel, 24 a condition.
import { describe, expect, test } from "vitest";
import type { Discipline } from "../../../src/contracts/forecast.ts";
import { selectStructures } from "../../../twin/identification/structure.ts";
import { fifoTruth, psTruth, type Work } from "./truth-station.ts";
import { isStructure, type Sight, watch } from "./watched-stations.ts";

const LEVELS = [0.35, 0.55, 0.65, 0.45];
const CASES = (["fifo", "ps"] as const).flatMap((discipline) =>
  [1, 2, 4, 6].flatMap((serverCount) =>
    [0.5, 1, 1.5].map((variation) => ({ discipline, serverCount, variation, seed: 20 * serverCount + 4 * variation })),
  ),
);

function selectAll(change: Partial<Work>, sight: Sight) {
  return CASES.map(({ discipline, serverCount, variation, seed }) => {
    const station = (discipline === "fifo" ? fifoTruth : psTruth)(serverCount);
    const work: Work = { seed, count: 6000, levels: LEVELS, meanSeconds: 0.01, variation, ...change };
    const selection = selectStructures(watch(station, work, sight));
    return {
      name: `${discipline}(${serverCount}) variation ${variation}`,
      isRight: isStructure(selection.best, discipline, serverCount),
      isAmong: selection.plausible.some((each) => isStructure(each, discipline, serverCount)),
    };
  });
}

/** Autocorrelation leaves fewer independent visits: of 6000, seven stations of eight are right. */
const CONDITIONS: readonly { name: string; change: Partial<Work>; sight: Sight; wrongShareMax?: number }[] = [
  { name: "nothing is wrong", change: {}, sight: {} },
  { name: "one visit of twenty is not seen", change: {}, sight: { loss: 0.05 } },
  { name: "timestamps are off by a tenth of a service time", change: {}, sight: { noise: 0.1 } },
  {
    name: "all work stands still for 30 ms every other second",
    change: { pauses: { perSecond: 0.5, durationSeconds: 0.03 } },
    sight: {},
  },
  { name: "service times are autocorrelated", change: { correlation: 0.7 }, sight: {}, wrongShareMax: 0.13 },
];

describe("most stations are named right, and nineteen of twenty are among the plausible, when", {
  timeout: 60_000,
}, () => {
  test.each(CONDITIONS)("$name", ({ change, sight, wrongShareMax = 0.1 }) => {
    const all = selectAll(change, sight);
    const wrong = all.filter((each) => !each.isRight).map(({ name }) => name);
    const lost = all.filter((each) => !each.isAmong).map(({ name }) => name);
    expect(wrong.length, wrong.join("; ")).toBeLessThanOrEqual(wrongShareMax * all.length);
    expect(lost.length, lost.join("; ")).toBeLessThanOrEqual(0.05 * all.length);
  });
});

describe("numbers of servers that are no candidates", () => {
  const found = (discipline: Discipline, serverCount: number) =>
    selectStructures(
      watch((discipline === "fifo" ? fifoTruth : psTruth)(serverCount), {
        seed: 7,
        count: 8000,
        levels: [0.6, 0.7, 0.5],
        meanSeconds: 0.01,
        variation: 0.8,
      }),
    );

  test.each([1.5, 2.5])("a quota of %d CPUs is found", (serverCount) => {
    expect(found("ps", serverCount).best).toEqual({ discipline: "ps", serverCount });
  });

  test("five workers are found", () => {
    expect(found("fifo", 5).best).toEqual({ discipline: "fifo", serverCount: 5 });
  });

  test("half a CPU is the same as one with work twice as long", () => {
    const selection = found("ps", 0.5);
    expect(selection.best).toEqual({ discipline: "ps", serverCount: 1 });
    expect(selection.isIdentified).toBe(true);
  });
});

describe("what is known from elsewhere", () => {
  const loaded: Work = { seed: 11, count: 6000, levels: LEVELS, meanSeconds: 0.01, variation: 1 };
  const idle: Work = { ...loaded, levels: [0.05, 0.1] };

  test("comes first where the visits do not tell, and nothing is called identified for it", () => {
    const sample = watch(fifoTruth(4), idle);
    const suggested = { discipline: "fifo" as const, serverCount: 4 };
    const alone = selectStructures(sample);
    const told = selectStructures(sample, [suggested]);
    expect(alone.best).not.toEqual(suggested);
    expect(told.best).toEqual(suggested);
    expect(told.isIdentified).toBe(false);
  });

  test("is tried though it is no candidate", () => {
    const told = selectStructures(watch(fifoTruth(4), idle), [{ discipline: "fifo", serverCount: 20 }]);
    expect(told.best).toEqual({ discipline: "fifo", serverCount: 20 });
  });

  test("is not believed against the visits", () => {
    const told = selectStructures(watch(fifoTruth(2), loaded), [{ discipline: "fifo", serverCount: 8 }]);
    expect(told.best).toEqual({ discipline: "fifo", serverCount: 2 });
    expect(told.plausible).not.toContainEqual({ discipline: "fifo", serverCount: 8 });
  });
});

describe("visits that are not compared", () => {
  test("do not mislead, though they still take their place in the queue", () => {
    // Every eighth visit hides its call, which took longer while there was more load: that time passes for work.
    const count = 6000;
    const callSeconds = (visit: number): number => (visit % (count / 4) < count / 8 ? 0.002 : 0.02);
    const levels = [0.2, 0.6, 0.2, 0.6, 0.2, 0.6, 0.2, 0.6];
    const sample = watch(fifoTruth(3), { seed: 5, count, levels, meanSeconds: 0.01, variation: 0.8, callSeconds });
    const isCompared = Uint8Array.from(sample.arrivals, (_, i) => (i % 8 === 0 ? 0 : 1));
    const childSeconds = sample.arrivals.map((_, i) => (isCompared[i] === 1 ? callSeconds(i) : 0));
    const statisticOf = (selection: ReturnType<typeof selectStructures>) =>
      selection.statistics.find(({ structure }) => isStructure(structure, "fifo", 3))!.statistic;
    const all = { ...sample, childSeconds };
    expect(statisticOf(selectStructures(all))).toBeGreaterThan(2);
    expect(statisticOf(selectStructures({ ...all, isCompared }))).toBeLessThan(1.25);
  });
});
