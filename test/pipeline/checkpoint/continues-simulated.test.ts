// Goal: what the sample recording does not have goes on too: every baseline's memory, feedback, silenced incidents, several
// faults, windows seen in part.
// Method: a simulated application with faults, cut at seeded random places, against an uninterrupted run, to the bit.
import { expect, test } from "vitest";
import type { SyntheticFault } from "../../../datasets/synthetic/faults.ts";
import { BASELINE_NAMES, createBaseline } from "../../../models/baselines/all-baselines.ts";
import { createLine } from "../../../src/pipeline/replay.ts";
import { loadScorer } from "../../../src/pipeline/scorers.ts";
import { settings as defaults } from "../windows.ts";
import { expectSame, places, says, simulated } from "./restarts.ts";
import { play } from "./worlds.ts";

const SECONDS = 300;

const FAULTS: readonly SyntheticFault[] = [
  { kind: "slow-code", service: 0, size: 3, fromSeconds: 110, untilSeconds: 180 },
  { kind: "network-delay", service: 1, size: 0.08, fromSeconds: 220, untilSeconds: 270 },
];

test("a simulated application gives the same with restarts, with every baseline at work and people who have their say", async () => {
  // Of the busier windows only a slice is looked at.
  const settings = { ...defaults({ replicates: 3, learningDelaySeconds: 20 }), spansPerWindowMax: 900 };
  const { scorer } = await loadScorer(settings);
  const { steps, strings } = simulated(5, 5, SECONDS, FAULTS, {});
  const at = (seconds: number): number => Math.floor((seconds / SECONDS) * steps.length);
  steps.splice(at(285), 0, says("ignore", 4));
  steps.splice(at(260), 0, says("new-normal", 3));
  steps.splice(at(170), 0, says("fault", 2));
  steps.splice(at(150), 0, says("not-a-fault", 1));
  const world = {
    settings,
    steps,
    anchors: { synthetic: strings },
    line: (ledger: Parameters<typeof createLine>[2]) => {
      const watchers = BASELINE_NAMES.map((name) => createBaseline(name, { seed: 5 }));
      return createLine(settings, scorer, ledger, { watchers });
    },
  };
  const whole = await play({ ...world, holds: new Set([at(140)]) });
  const cut = await play({ ...world, cuts: places(2, 20, steps.length, at(38)) });
  expect(cut.cuts.some(({ openIncidents }) => openIncidents > 0)).toBe(true);
  expect(whole.events).toBeGreaterThan(2);
  expect(whole.slices).toBeGreaterThan(2);
  expectSame(cut, whole);
}, 300_000);
