// Goal: where traces are sampled, and structures are matched by simulation instead of inverted, restarts change nothing either.
// Method: a small simulated application of which half the traces are kept, cut at seeded random places, to the bit.
import { test } from "vitest";
import { createLine } from "../../../src/pipeline/replay.ts";
import { loadScorer } from "../../../src/pipeline/scorers.ts";
import { settings as defaults } from "../windows.ts";
import { expectSame, places, simulated } from "./restarts.ts";
import { play } from "./worlds.ts";

test("sampled traces give the same with restarts as without any", async () => {
  const settings = defaults({ replicates: 3, learningDelaySeconds: 20 });
  const { scorer } = await loadScorer(settings);
  const { steps, strings } = simulated(4, 2, 130, [], { samplingProbability: 0.5 });
  const world = {
    settings,
    steps,
    anchors: { synthetic: strings },
    line: (ledger: Parameters<typeof createLine>[2]) => createLine(settings, scorer, ledger),
  };
  const whole = await play({ ...world, holds: new Set([steps.length >> 1]) });
  const cut = await play({ ...world, cuts: places(3, 6, steps.length, steps.length >> 2) });
  expectSame(cut, whole);
}, 300_000);
