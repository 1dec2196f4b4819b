// Goal: a recording is judged the same whatever was judged before it or beside it, and half a run has no figures.
// Method: two tiny recordings of the same services with different faults, through the whole line.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SettingsError } from "../../src/contracts/errors.ts";
import { dataHash } from "../../src/pipeline/data-hash.ts";
import { type EvaluationProgress, type EvaluationRequest, evaluateRecordings } from "../../src/pipeline/evaluate.ts";
import { findRecordings } from "../../src/pipeline/find-recordings.ts";
import { isTrainedOn } from "../../src/pipeline/trained-on.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { writeTinyRecording } from "./tiny-recording.ts";

const root = mkdtempSync(join(tmpdir(), "spantwin-judge-"));
beforeAll(() => {
  writeTinyRecording(join(root, "cart-slow"), "cart", 8);
  writeTinyRecording(join(root, "front-slow"), "front", 8);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

// The backend without compiled code: small recordings need no speed.
const settings = loadSettings({ env: {}, directory: root, flags: { replicates: 3, backend: "cpu" } });

async function evaluate(names: readonly string[], rest: Partial<EvaluationRequest> = {}) {
  const progress: EvaluationProgress[] = [];
  const report = await evaluateRecordings({
    recordings: await findRecordings(
      names.map((name) => join(root, name)),
      "otlp",
    ),
    settings,
    withAblations: true,
    workerCount: 1,
    command: "spantwin evaluate",
    version: "0",
    onProgress: (one) => progress.push(one),
    signal: new AbortController().signal,
    ...rest,
  });
  return { report, progress };
}

describe("recordings through the whole line", () => {
  test("both faults are found where they are, and what was judged before makes no difference", async () => {
    const both = await evaluate(["cart-slow", "front-slow"]);
    expect(both.report.cases.map((row) => row.name)).toEqual(["slow-code@cart", "slow-code@front"]);
    const twin = both.report.scorers.find((row) => row.scorer === "twin-residual")!;
    expect(twin.outcomes.map((row) => row.named)).toEqual(["cart", "front"]);
    expect(both.report.cases.map((row) => row.visitsPerWindow)).toEqual([100, 100]);
    const alone = await evaluate(["front-slow"]);
    for (const [k, scorer] of alone.report.scorers.entries()) {
      expect(both.report.scorers[k]!.byRecording[1]).toEqual(scorer.byRecording[0]);
      expect(both.report.scorers[k]!.outcomes[1]).toEqual(scorer.outcomes[0]);
    }
  }, 60_000);

  test("threads give the same report as one after the other, and progress ends at all", async () => {
    const names = ["cart-slow", "front-slow"];
    const threads = await evaluate(names, { workerCount: 2 });
    expect(threads.report).toEqual((await evaluate(names)).report);
    expect(Math.max(...threads.progress.map((one) => one.doneShare))).toBeCloseTo(1);
    expect(new Set(threads.progress.map((one) => one.index))).toEqual(new Set([0, 1]));
  }, 60_000);

  test("a model's card that has the hash of a recording gives away that it was trained on it", async () => {
    const card = `| training | monday | \`${await dataHash(join(root, "cart-slow"))}\` |`;
    expect(await isTrainedOn(card, join(root, "cart-slow"))).toBe(true);
    expect(await isTrainedOn(card, join(root, "front-slow"))).toBe(false);
  });

  test.each([1, 2])("a stop gives no figures, with %i at once", async (workerCount) => {
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    const act = evaluate(["cart-slow", "front-slow"], { workerCount, signal: stop.signal, onProgress });
    await expect(act).rejects.toThrow("stopped while judging");
  });

  test("labels that cannot be used are refused before anything is replayed", async () => {
    writeTinyRecording(join(root, "broken"), "cart", 1);
    writeFileSync(join(root, "broken", "labels.json"), "{}");
    let isBegun = false;
    const onProgress = () => {
      isBegun = true;
    };
    await expect(evaluate(["cart-slow", "broken"], { onProgress })).rejects.toThrow(SettingsError);
    expect(isBegun).toBe(false);
  });
});
