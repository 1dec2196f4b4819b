// Goal: `inject` says what it would do, refuses mistakes by name, and goes on where it was stopped.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readLabels } from "../../datasets/labels.ts";
import type { CellRecord, PartRecord } from "../../src/pipeline/campaign-state.ts";
import { run, start, until } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-inject-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const QUICK = "datasets/testbed/campaigns/quick.yaml";
const BANK = "datasets/testbed/applications/bank.yaml";

function fileOf(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const TOPOLOGY = fileOf(
  "topology.yaml",
  `
name: pair
ratePerSecond: 5
bottleneck: back/workers
entryService: front
entries: [{ route: GET /x, share: 1 }]
itemCount: 10
userCount: 10
popularity: 1
linesPerOrder: [1, 1]
externals: []
services:
  - name: front
    replicaCount: 1
    workerCount: 8
    routes: [{ route: GET /x, steps: [{ do: call, service: back, route: GET /y }] }]
  - name: back
    replicaCount: 1
    workerCount: 1
    routes: [{ route: GET /y, steps: [{ do: work, time: { meanSeconds: 0.099, cv: 0.5 } }] }]
`,
);
const CAMPAIGN = fileOf(
  "campaign.yaml",
  `
baseUtilization: 0.4
settleSeconds: 5
recoverySeconds: 1
attempts: 1
warmUp: [{ utilization: 0.4, seconds: 1 }]
grids:
  - { cellSeconds: 5, faults: [none], loads: [{ shape: plateau, utilization: 0.5 }] }
  - { cellSeconds: 5, faultAfterSeconds: 2, faults: [slow-code], strengths: [mild, strong], targets: [back], loads: [{ shape: plateau, utilization: 0.3 }] }
`,
);

describe("inject", () => {
  test("says the bottleneck's capacity, how long it takes and every cell, and runs nothing, with --plan", async () => {
    const { code, stdout } = await run(["inject", "--campaign", CAMPAIGN, "--topology", TOPOLOGY, "--plan"]);
    // One worker, a tenth of a second with the lateness of a timer.
    expect(stdout).toContain("pair: back/workers is always busy at 10.0 requests/s, by declaration; base load 4.0/s");
    expect(stdout).toContain("3 cells, 0:19 when none has to be run again");
    expect(stdout).toMatch(
      /^\d plateau 0\.3, slow-code strong at back \{"kind":"slow-code","service":"back","factor":3\}$/m,
    );
    expect(code).toBe(0);
  });

  test.each([
    { what: "neither campaign nor catalogue", args: [], names: "--campaign" },
    { what: "a campaign that is not there", args: ["--campaign", "/no/such.yaml", "--plan"], names: "/no/such.yaml" },
    { what: "no folder", args: ["--campaign", QUICK], names: "--out" },
    { what: "a released recording there is not", args: ["--catalogue", "moon", "--plan"], names: '"moon"' },
    {
      what: "a campaign for a topology",
      args: ["--campaign", QUICK, "--topology", QUICK, "--plan"],
      names: "name: null",
    },
    { what: "a topology for a campaign", args: ["--campaign", BANK, "--plan"], names: "baseUtilization: null" },
  ])("refuses $what in one line", async ({ args, names }) => {
    const { code, stdout, stderr } = await run(["inject", ...args]);
    expect(stdout).toBe("");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(names);
    expect(code).toBe(2);
  });

  test("keeps the cells that are done when it is stopped, and runs the others when it is started again", async () => {
    const out = join(folder, "recordings");
    const args = ["inject", "--campaign", CAMPAIGN, "--topology", TOPOLOGY, "--out", out];
    const state = () =>
      JSON.parse(readFileSync(join(out, "campaign.json"), "utf8")) as { cells: CellRecord[]; parts: PartRecord[] };

    const first = start(args);
    // In the middle of the second cell.
    await until(first.output, / left: 2 /);
    first.child.kill("SIGINT");
    expect((await first.finished).code).toBe(1);
    const stopped = state();
    expect(stopped.cells.map(({ attempts }) => attempts)).toEqual([1, 0, 0]);
    expect(stopped.parts).toEqual([{ folder: "part-01", isClosed: true }]);

    await run(args);
    const { cells, parts } = state();
    expect(cells.map(({ attempts, part }) => [attempts, part])).toEqual([
      [1, "part-01"],
      [1, "part-02"],
      [1, "part-02"],
    ]);
    expect(cells[0]).toEqual(stopped.cells[0]);
    expect(parts.map((part) => part.folder)).toEqual(["part-01", "part-02"]);
    for (const { part, startSeconds, endSeconds, isDone } of cells) {
      const labels = readLabels(join(out, part!, "labels.json"));
      const middle = (startSeconds! + endSeconds!) / 2;
      expect(labels.application).toBe("pair");
      // A busy machine may make a cell invalid; then no label covers it.
      expect(labels.covered.some(([from, to]) => from <= middle && middle <= to)).toBe(isDone);
      expect(labels.loads?.some((load) => load.start <= middle && middle <= load.end)).toBe(true);
    }
    const [cell] = cells.filter(({ id }) => id.includes("slow-code mild"));
    const faults = readLabels(join(out, cell!.part!, "labels.json")).faults;
    const fault = faults.find(({ detail }) => detail?.["factor"] === 1.5)!;
    expect(fault.service).toBe("back");
    expect(Math.abs(fault.start - cell!.startSeconds! - 2)).toBeLessThan(1);
    expect(Math.abs(fault.end - cell!.startSeconds! - 5)).toBeLessThan(1);
    const cut = readLabels(join(out, "part-01", "labels.json"));
    const last = cut.loads!.at(-1)!;
    expect(cut.covered.some(([from, to]) => from < last.end && to > last.start + 0.5)).toBe(false);
  }, 120_000);

  test("runs an invalid cell again as often as it may, covers it by no label, names it at the end and fails", async () => {
    // A surge that leaves the bottleneck at a fifth of its capacity tests nothing, and is never valid.
    const campaign = fileOf(
      "invalid.yaml",
      `
baseUtilization: 0.1
settleSeconds: 5
recoverySeconds: 1
attempts: 2
warmUp: [{ utilization: 0.1, seconds: 1 }]
grids: [{ cellSeconds: 5, faults: [none], loads: [{ shape: surge, factor: 2 }] }]
`,
    );
    const out = join(folder, "invalid");
    const { code, stdout, stderr } = await run([
      "inject",
      "--campaign",
      campaign,
      "--topology",
      TOPOLOGY,
      "--out",
      out,
    ]);
    const said = stdout + stderr;
    expect(said).toMatch(/invalid 2 times: 1 surge ×2: .*a surge needs 80 %/);
    expect(said).toContain("0 of 1 cells valid, in part-01, part-02");
    expect(code).toBe(1);
    for (const part of ["part-01", "part-02"]) {
      const { covered, loads } = readLabels(join(out, part, "labels.json"));
      const surge = loads!.find(({ shape }) => shape === "surge")!;
      expect(covered.some(([from, to]) => from < surge.end && to > surge.start)).toBe(false);
      expect(covered.length).toBeGreaterThan(0);
    }
  }, 120_000);

  test("explains itself with examples", async () => {
    const { code, stdout } = await run(["inject", "--help"]);
    expect(stdout).toMatch(/Examples:\n {2}spantwin inject --campaign/);
    expect(code).toBe(0);
  });
});
