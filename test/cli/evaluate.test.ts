// Goal: `evaluate --json` can be piped, and the whole report is kept where it was asked for.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { run } from "./run.ts";

const SAMPLE = fileURLToPath(new URL("../../datasets/sample", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "spantwin-evaluate-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("evaluate", () => {
  test("prints one line of JSON with every figure, and keeps the report with what made it", async () => {
    const { code, stdout, stderr } = await run(["evaluate", SAMPLE, "--ablations", "--json", "--out", folder]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const summary = JSON.parse(lines[0]!);
    const promised =
      "f1 precision recall ac1 ac3 avg5 kind falseAlarmsPerHour duplicates delayMedianSeconds delayP90Seconds baselines";
    for (const key of promised.split(" ")) expect(Object.keys(summary)).toContain(key);
    expect(summary.faults).toBe(4);
    for (const name of ["dummy", "n-sigma", "robust", "ewma", "slo-burn", "crude", "twin-residual", "local-residual"])
      expect(Object.keys(summary.baselines)).toContain(name);
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
    expect(report.scorers[0].detection.f1.value).toBe(summary.f1);
    expect(report.provenance.command).toMatch(/^spantwin evaluate DIR .*--window-seconds 5/);
    expect(report.provenance.command).not.toContain(SAMPLE);
    expect(summary.recordings).toEqual({ sample: report.recordings[0].dataHash });
    const markdown = readFileSync(join(folder, "report.md"), "utf8");
    expect(markdown).toContain("## What each part is worth");
  }, 120_000);

  test("refuses labels for two recordings at once before it reads either", async () => {
    const { code, stdout, stderr } = await run([
      "evaluate",
      SAMPLE,
      join(SAMPLE, "spans.binpb.zst"),
      "--labels",
      "x.json",
    ]);
    expect(stdout).toBe("");
    expect(stderr).toContain("--labels");
    expect(code).toBe(2);
  });
});
