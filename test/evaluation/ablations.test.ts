// Goal: what is put into the folder of ablations stands in the table under its name, and what is broken stops the run.
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { ablationScorers } from "../../src/pipeline/ablations.ts";
import { SHIPPED_ARTIFACT } from "../../src/pipeline/scorers.ts";
import { loadSettings } from "../../src/settings/load.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-ablations-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const settings = loadSettings({ env: {}, directory: folder, flags: { backend: "cpu" } });

test("without artifacts there is the local residual alone", () => {
  expect(ablationScorers(settings, join(folder, "absent")).map((row) => row.scorer)).toEqual(["local-residual"]);
});

test("an artifact goes by its file's name, whatever model it holds", async () => {
  copyFileSync(SHIPPED_ARTIFACT, join(folder, "without-edges.json"));
  writeFileSync(join(folder, "notes.md"), "no artifact");
  const [, variant, ...others] = ablationScorers(settings, folder);
  expect(others).toEqual([]);
  expect(variant?.scorer).toBe("without-edges");
  expect((await variant!.create()).name).toBe("without-edges");
});

test("an artifact that cannot be read is named, and nothing stands in for it", async () => {
  writeFileSync(join(folder, "broken.json"), "{}");
  const broken = ablationScorers(settings, folder).find((row) => row.scorer === "broken")!;
  await expect(broken.create()).rejects.toThrow(/broken\.json/);
});
