import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CheckpointReport } from "../../src/pipeline/checkpoint/checkpointer.ts";
import { Checkpoints } from "../../src/pipeline/checkpoints.ts";
import { Counters } from "../../src/self/counters.ts";

// Goal: checkpoints come every few seconds, and never take more than a twentieth of the time. Method: reports of a given cost.

const INTERVAL_SECONDS = 5;
const POSITION = { sequence: 1, feedbackId: 0, takenThrough: [] };

beforeEach(() => void vi.useFakeTimers({ toFake: ["performance"] }));
afterEach(() => void vi.useRealTimers());

/** Checkpoints of which each takes so long, after the first was taken. */
async function costing(pauseMs: number, workMs: number): Promise<Checkpoints> {
  const report: CheckpointReport = { sequence: 1, bytes: 1, totalBytes: 1, pauseMs, workMs, sliceMs: 1 };
  const checkpoints = new Checkpoints({
    checkpointer: { restore: () => null, capture: async () => report, keptPositions: [] },
    intervalSeconds: INTERVAL_SECONDS,
    counters: new Counters(),
    onKept: async () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  await checkpoints.take(POSITION);
  return checkpoints;
}

/** Seconds after which the next one is due, to a tenth. */
function secondsUntilDue(checkpoints: Checkpoints, isInconvenient = false): number {
  for (let tenths = 0; ; tenths++) {
    if (checkpoints.isDue({ isInconvenient, isUrgent: false })) return tenths / 10;
    vi.advanceTimersByTime(100);
  }
}

test("a checkpoint that costs little is followed by the next after the interval", async () => {
  expect(secondsUntilDue(await costing(2, 40))).toBeCloseTo(INTERVAL_SECONDS, 1);
});

test("one that costs much is followed by the next when it is a twentieth of the time", async () => {
  expect(secondsUntilDue(await costing(100, 900))).toBeCloseTo(20, 1);
});

test("the next one waits for a better moment, but not for ever", async () => {
  expect(secondsUntilDue(await costing(2, 40), true)).toBeCloseTo(3 * INTERVAL_SECONDS, 1);
  expect(secondsUntilDue(await costing(100, 1400), true)).toBeCloseTo(30, 1);
});

test("when the journal fills up the next one waits for nothing", async () => {
  const checkpoints = await costing(100, 1400);
  expect(checkpoints.isDue({ isInconvenient: true, isUrgent: true })).toBe(true);
});
