// Goal: `spantwin feedback` sends a running server what the words say, shows what was taken, and refuses what is unclear.
// Method: the command as a process against a real API whose feedback is only noted.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readLabels } from "../../datasets/labels.ts";
import { SettingsError } from "../../src/contracts/errors.ts";
import { type RunningApi, runApi } from "../api/running-api.ts";
import { anIncident } from "../store/samples.ts";
import { run } from "./run.ts";

const folder = mkdtempSync(join(tmpdir(), "spantwin-feedback-"));
const { id } = anIncident();
let running: RunningApi;
beforeAll(async () => {
  running = await runApi();
  await running.store.putIncident(
    anIncident({ feedback: "confirmed", state: "resolved", resolvedSeconds: 1_700_000_090 }),
  );
});
afterEach(() => {
  running.feedback.given.length = 0;
  running.feedback.refusal = null;
});
afterAll(async () => {
  await running.stop();
  rmSync(folder, { recursive: true, force: true });
});

const feedback = (...args: readonly string[]) => run(["feedback", ...args, "--url", running.listening.url]);

describe("spantwin feedback sends", () => {
  test.each([
    {
      args: [id, "--not-a-fault", "--note", "nightly backup"],
      sent: { type: "not-a-fault", incidentId: id, note: "nightly backup" },
    },
    {
      args: [id, "--was", "cpu", "--service", "cart"],
      sent: { type: "fault", incidentId: id, kind: "cpu", service: "cart" },
    },
    { args: [id, "--new-normal"], sent: { type: "new-normal", incidentId: id } },
    {
      args: ["--ignore", "1700000000/2023-11-14T23:00:00Z"],
      sent: { type: "ignore", fromSeconds: 1_700_000_000, toSeconds: 1_700_002_800 },
    },
  ])("$args", async ({ args, sent }) => {
    const { code, stdout, stderr } = await feedback(...args);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(running.feedback.given).toEqual([sent]);
    expect(stdout).toBe(
      `#1  2023-11-14 22:14:20  ${id} is no fault: slow-code at pricing silent until 2023-11-15 22:14:20 ` +
        "unless it gets stronger (price lists were reloaded)\n",
    );
  });

  test("nothing when it is asked for a list, and prints that", async () => {
    await running.feedback.give({ type: "new-normal", incidentId: id });
    const { code, stdout } = await feedback("--json");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ feedback: await running.feedback.list(1) });
    expect(running.feedback.given).toHaveLength(1);
  });
});

describe("an export", () => {
  test("writes labels that a recording's reader takes", async () => {
    const file = join(folder, "labels.json");
    running.feedback.labelled = true;
    await running.feedback.give({ type: "fault", incidentId: id, kind: "slow-code" });
    const { code, stdout } = await feedback("--export", file);
    expect([code, stdout]).toEqual([0, `1 confirmed faults written to ${file}\n`]);
    const labels = readLabels(file);
    expect(labels.faults).toMatchObject([
      { start: 1_700_000_000, end: 1_700_000_090, service: "pricing", fault: "slow-code", performance: true },
    ]);
    expect(labels.covered).toEqual([[1_700_000_000, 1_700_000_100]]);
    running.feedback.labelled = false;
  });

  test("never overwrites: labels of an injection cannot be made again", async () => {
    const file = join(folder, "injected.json");
    writeFileSync(file, "kept");
    const { code, stderr } = await feedback("--export", file);
    expect([code, readFileSync(file, "utf8")]).toEqual([2, "kept"]);
    expect(stderr).toContain("is there already");
    expect(existsSync(join(folder, "nowhere"))).toBe(false);
  });
});

describe("is refused in one line, with exit code 2, and nothing is sent:", () => {
  test.each([
    { what: "a kind that is none", args: [id, "--was", "slowness"], names: "slowness" },
    { what: "two verbs", args: [id, "--not-a-fault", "--new-normal"], names: "--new-normal" },
    { what: "no incident", args: ["--not-a-fault"], names: "incident: null is missing" },
    { what: "an incident and a range", args: [id, "--ignore", "1/2"], names: id },
    { what: "an incident without a verb", args: [id], names: "--not-a-fault" },
    { what: "a range that is none", args: ["--ignore", "yesterday"], names: '--ignore: "yesterday"' },
    { what: "a service without a place", args: [id, "--not-a-fault", "--service", "cart"], names: "--service" },
    { what: "an incident that is none", args: ["nope", "--not-a-fault"], names: '"nope" is no incident' },
  ])("$what", async ({ args, names }) => {
    const { code, stdout, stderr } = await feedback(...args);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(stderr).toContain(names);
    expect(running.feedback.given).toEqual([]);
  });

  test("what the server finds not to fit, in the server's words", async () => {
    running.feedback.refusal = new SettingsError("incidentId", id, "is over");
    const { code, stderr } = await feedback(id, "--new-normal");
    expect([code, stderr]).toEqual([2, `spantwin: incidentId: "${id}" is over\n`]);
  });

  test("an address that is none", async () => {
    const { code, stderr } = await run(["feedback", "--url", "localhost:7171"]);
    expect([code, stderr.includes("--url")]).toEqual([2, true]);
  });
});

test("without a server it says so, and fails", async () => {
  const { code, stderr } = await run(["feedback", "--url", "http://127.0.0.1:9/"]);
  expect([code, stderr]).toEqual([1, "spantwin: http://127.0.0.1:9/ does not answer: is spantwin running there?\n"]);
});

test("help has examples", async () => {
  const { code, stdout } = await run(["feedback", "--help"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/Examples:\n {2}spantwin feedback /);
});
