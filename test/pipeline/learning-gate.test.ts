// Goal: no window of a fault is ever learned, nor the part of it before the alarm; every clean one is, in the end.
// Method: windows and the onset of what is suspected are fed one by one.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Forecast } from "../../src/contracts/forecast.ts";
import { LearningGate } from "../../src/pipeline/learning-gate.ts";
import { WINDOW_SECONDS, window } from "../models/baselines/fixtures.ts";

const CALM = Number.NaN;

function gateOf(delayWindows: number): { gate: LearningGate; take: (index: number, onsetIndex?: number) => number[] } {
  const gate = new LearningGate({ delaySeconds: delayWindows * WINDOW_SECONDS });
  const numbers = (released: readonly Forecast[]) => released.map((each) => each.observation.windowIndex);
  return {
    gate,
    take: (index, onsetIndex = CALM) => numbers(gate.take(window(index), onsetIndex * WINDOW_SECONDS)),
  };
}

describe("the learning gate", () => {
  test("passes windows on at once while the twin is not ready, except the two of the start", () => {
    const gate = new LearningGate({ delaySeconds: 1000 });
    const taken = [0, 1, 2, 3].map((index) => gate.take({ ...window(index), isReady: false }, CALM).length);
    expect(taken).toEqual([0, 0, 1, 1]);
  });

  test("holds each window for the delay and then lets it go, oldest first", () => {
    const { take } = gateOf(3);
    const released = Array.from({ length: 9 }, (_, index) => take(index));
    expect(released).toEqual([[], [], [], [], [], [2], [3], [4], [5]]);
  });

  test("drops what it holds from the window before the onset on", () => {
    const { gate, take } = gateOf(6);
    for (let index = 0; index < 7; index++) take(index);
    // The alarm comes in window 7, for something that began in window 5: 4, 5, 6 and 7 are tainted.
    const released = Array.from({ length: 12 }, (_, k) => (k === 0 ? take(7, 5) : take(7 + k))).flat();
    expect(released.slice(0, 2)).toEqual([2, 3]);
    expect(released).not.toContain(4);
    expect(released).not.toContain(7);
    expect(gate.droppedCount).toBeGreaterThanOrEqual(4);
  });

  test("does not learn two windows after suspicion either: they carry its backlog", () => {
    const { take } = gateOf(0);
    for (let index = 0; index < 4; index++) take(index);
    expect(take(4, 4)).toEqual([]);
    expect([take(5), take(6), take(7)]).toEqual([[], [], [7]]);
  });

  test("never lets a window of an excluded range go, ready or not, and counts them", () => {
    const excluded = [{ fromSeconds: 3.5 * WINDOW_SECONDS, toSeconds: 5 * WINDOW_SECONDS }];
    for (const isReady of [false, true]) {
      const gate = new LearningGate({ delaySeconds: 0, excluded });
      const released = Array.from({ length: 8 }, (_, index) => gate.take({ ...window(index), isReady }, CALM)).flat();
      // The range ends as the fifth window begins: that one is not in it.
      expect(released.map((each) => each.observation.windowIndex)).toEqual([2, 5, 6, 7]);
      expect([gate.excludedCount, gate.droppedCount]).toEqual([2, 0]);
    }
  });

  test("a range excluded while running takes back what still waits, and what comes of it later", () => {
    const { gate, take } = gateOf(4);
    const before = [0, 1, 2, 3, 4, 5].flatMap((index) => take(index));
    gate.exclude({ fromSeconds: 4 * WINDOW_SECONDS, toSeconds: 8 * WINDOW_SECONDS });
    expect(gate.excludedCount).toBe(2);
    const after = Array.from({ length: 10 }, (_, k) => take(6 + k)).flat();
    expect([...before, ...after]).toEqual([2, 3, 8, 9, 10, 11]);
    expect([gate.excludedCount, gate.droppedCount]).toEqual([4, 0]);
  });

  test("an excluded range does not hide suspicion: what lies before it is dropped all the same", () => {
    const excluded = [{ fromSeconds: 6 * WINDOW_SECONDS, toSeconds: 8 * WINDOW_SECONDS }];
    const gate = new LearningGate({ delaySeconds: 4 * WINDOW_SECONDS, excluded });
    const take = (index: number, onsetIndex = CALM) => gate.take(window(index), onsetIndex * WINDOW_SECONDS);
    const before = [0, 1, 2, 3, 4, 5, 6].flatMap((index) => take(index));
    const after = [take(7, 5), ...[8, 9, 10, 11, 12, 13, 14].map((index) => take(index))].flat();
    const released = [...before, ...after].map((each) => each.observation.windowIndex);
    expect(released).toEqual([2, 3, 10]);
  });

  test("counts windows that had been learned when suspicion fell on them, each once", () => {
    const { gate, take } = gateOf(1);
    for (let index = 0; index < 8; index++) take(index);
    // Released so far: 2 to 6. The onset lies in window 5, so 4, 5 and 6 were learned too early.
    take(8, 5);
    expect(gate.lateCount).toBe(3);
    take(9, 5);
    expect(gate.lateCount).toBe(3);
  });

  test("lets windows go after the longest delay that can be set, too", () => {
    const longest = 3600 / 1;
    const { gate, take } = gateOf(longest);
    let released = 0;
    for (let index = 0; index < longest + 12; index++) released += take(index).length;
    expect(released).toBe(10);
    expect(gate.droppedCount).toBe(0);
  });

  test("never releases a window that suspicion touched, whatever the order of alarms, and none twice", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 5 }),
        fc.array(fc.option(fc.integer({ min: 0, max: 4 }), { nil: null, freq: 4 }), { maxLength: 60 }),
        (delay, windows) => {
          const { take } = gateOf(delay);
          const releasedAt = new Map<number, number>();
          const tainted = new Map<number, number>();
          windows.forEach((back, index) => {
            const onset = back === null ? CALM : Math.max(0, index - back);
            if (back !== null)
              for (let w = onset; w <= index; w++) tainted.set(w, Math.min(index, tainted.get(w) ?? index));
            for (const released of take(index, onset)) {
              expect(releasedAt.has(released)).toBe(false);
              releasedAt.set(released, index);
            }
          });
          for (const [released, at] of releasedAt) {
            expect(tainted.get(released) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at);
          }
        },
      ),
    );
  });
});
