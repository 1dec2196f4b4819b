// Goal: `evaluate --json` can be piped, and the whole report is kept where it was asked for.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { writeTinyRecording } from "../evaluation/tiny-recording.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-evaluate-"));
const recordings = join(folder, "recordings");
writeTinyRecording(join(recordings, "monday"), "cart", 8);
writeTinyRecording(join(recordings, "tuesday"), "front", 8);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const BENCH = fileURLToPath(new URL("../../bench/evaluate.ts", import.meta.url));

describe("npm run evaluate", () => {
  test.each([
    { what: "an unknown option", args: ["--publik", "x"], names: "--publik" },
    { what: "labels of nothing", args: ["--labels", "x.json"], names: "--labels" },
    { what: "a campaign that is not there", args: ["--public", "/no/such/place"], names: "/no/such/place" },
  ])("refuses $what in one line, with exit code 2, before it replays anything", ({ args, names }) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [BENCH, ...args, "--json"], { encoding: "utf8" });
    expect(stdout).toBe("");
    expect(stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(stderr).toContain(names);
    expect(status).toBe(2);
  });
});

describe("evaluate", () => {
  test("prints one line of JSON with every figure, and keeps the report with what made it", async () => {
    const { code, stdout, stderr } = await run([
      "evaluate",
      recordings,
      "--ablations",
      "--json",
      "--out",
      folder,
      "--replicates",
      "3",
    ]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(1);
    const summary = JSON.parse(lines[0]!);
    const promised =
      "f1 precision recall ac1 ac3 avg5 kind falseAlarmsPerHour duplicates delayMedianSeconds delayP90Seconds baselines";
    for (const key of promised.split(" ")) expect(Object.keys(summary)).toContain(key);
    expect(summary.faults).toBe(2);
    for (const name of ["dummy", "n-sigma", "robust", "ewma", "slo-burn", "crude", "twin-residual", "local-residual"])
      expect(Object.keys(summary.baselines)).toContain(name);
    const report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8"));
    expect(report.scorers[0].detection.f1.value).toBe(summary.f1);
    expect(report.provenance.command).toMatch(/^spantwin evaluate DIR .*--window-seconds 5/);
    expect(report.provenance.command).not.toContain(folder);
    const [monday, tuesday] = report.recordings.map((row: { dataHash: string }) => row.dataHash);
    expect(summary.recordings).toEqual({ monday, tuesday });
    const markdown = readFileSync(join(folder, "report.md"), "utf8");
    expect(markdown).toContain("## What each part is worth");
  }, 120_000);

  test("refuses labels for two recordings at once before it reads either", async () => {
    const { code, stdout, stderr } = await run(["evaluate", recordings, "--labels", "x.json"]);
    expect(stdout).toBe("");
    expect(stderr).toContain("--labels");
    expect(code).toBe(2);
  });
});
