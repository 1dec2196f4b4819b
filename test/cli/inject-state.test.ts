// Goal: what a campaign's folder remembers is what was done, whoever asks, and never another campaign's.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Validity } from "../../datasets/testbed/validity.ts";
import { CampaignState } from "../../src/pipeline/campaign-state.ts";
import { setAsideCutParts } from "../../src/pipeline/inject-part.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "spantwin-campaign-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const IDENTITY = { application: "bank", seed: 1, campaignSha256: "a", topologySha256: "b" };
const open = () => CampaignState.open(folder, IDENTITY, ["1 quiet", "2 surge"]);
const validity = (isValid: boolean): Validity => ({
  isValid,
  bottleneck: "x/workers",
  bottleneckUtilization: 0.5,
  hostCpuShare: 0.4,
  cpuWaitSeconds: null,
  reasons: isValid ? [] : ["why not"],
});
const run = (part: string, isValid: boolean) => ({
  part,
  startSeconds: 10,
  endSeconds: 20,
  validity: validity(isValid),
});

test("a cell that was valid is done when the folder is opened again, an invalid one is not, both were run once", () => {
  const state = open();
  const part = state.beginPart();
  state.endCell("1 quiet", run(part, true));
  state.endCell("2 surge", run(part, false));
  state.closePart(part);
  const again = open();
  expect(again.cells.map(({ id, isDone, attempts }) => [id, isDone, attempts])).toEqual([
    ["1 quiet", true, 1],
    ["2 surge", false, 1],
  ]);
  expect(again.forgetCutParts()).toEqual([]);
  expect(again.beginPart()).toBe("part-02");
});

test("cells of a recording that was never closed are to be run again, and its folder is out of the way", () => {
  const state = open();
  const part = state.beginPart();
  mkdirSync(join(folder, part));
  state.endCell("1 quiet", run(part, true));
  const again = open();
  setAsideCutParts(folder, again);
  expect(again.cells[0]).toMatchObject({ isDone: false, attempts: 0, part: null });
  expect(readdirSync(folder).filter((name) => name.startsWith("part-01"))).toEqual([
    expect.stringMatching(/\.cut-\d+$/),
  ]);
});

test.each([
  { key: "application", value: "claims", says: "another application" },
  { key: "seed", value: 2, says: "another seed" },
  { key: "campaignSha256", value: "c", says: "another campaign file" },
  { key: "topologySha256", value: "c", says: "another topology file" },
])("a folder with another $key is refused", ({ key, value, says }) => {
  open().beginPart();
  expect(() => CampaignState.open(folder, { ...IDENTITY, [key]: value }, ["1 quiet"])).toThrow(says);
});

test("a folder whose state is no state is refused", () => {
  writeFileSync(join(folder, "campaign.json"), "{}");
  expect(open).toThrow(/--out/);
});
