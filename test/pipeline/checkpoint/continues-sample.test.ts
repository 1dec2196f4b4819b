// Goal: a line that was taken down into a checkpoint and made anew from it goes on as if nothing had happened, wherever that
// is: while it learns, while an incident is open, in the middle of a window with traces open. And a snapshot stays what it was.
// Method: the sample recording, cut at seeded random places; everything that every window led to, and the whole state at the
// end, is held against an uninterrupted run, to the bit.
import { expect, test } from "vitest";
import { createLine } from "../../../src/pipeline/replay.ts";
import { loadScorer } from "../../../src/pipeline/scorers.ts";
import { recordedBodies } from "../../../src/telemetry/files/recording-bodies.ts";
import { SAMPLE, settings as sampleSettings } from "../../golden/recording.ts";
import { expectSame, places } from "./restarts.ts";
import { play, type Step } from "./worlds.ts";

test("the sample recording gives the same with 16 restarts as without any", async () => {
  const settings = { ...sampleSettings, replicates: 3 };
  const { scorer } = await loadScorer(settings);
  const steps: Step[] = [];
  for await (const { signal, bytes } of recordedBodies(SAMPLE, { onBroken: () => undefined })) {
    const body = bytes.slice();
    steps.push(({ line, decoder }) => line.take(decoder.decode(signal, "protobuf", body).batch));
  }
  const world = {
    settings,
    steps,
    line: (ledger: Parameters<typeof createLine>[2]) => createLine(settings, scorer, ledger),
  };
  const whole = await play({ ...world, holds: new Set([steps.length >> 1]) });
  const cut = await play({ ...world, cuts: places(1, 16, steps.length, 700) });
  expect(cut.cuts.some(({ openIncidents }) => openIncidents > 0)).toBe(true);
  expect(whole.events).toBeGreaterThan(4);
  expectSame(cut, whole);
}, 300_000);
