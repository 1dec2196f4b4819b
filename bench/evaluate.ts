/**
 * The figures of the README: the shipped model with default settings on the recordings of the testbed that are on this
 * disk, and on the public campaign when it is given, each from a cold start with every baseline beside it.
 *
 * Run: npm run evaluate [-- --recordings DIR… --public DIR --labels FILE --out DIR --json]
 *   --recordings   further recordings of the testbed, or folders of them
 *   --public       the public campaign (Online Boutique, 2022-08-22), unpacked; or PUBLIC_RECORDING
 *   --labels       its labels; or PUBLIC_LABELS
 *   --out          writes the tables there: testbed.md, public.md (totals only), short.md
 *   --json         prints the last line only
 * The last line is one JSON object; what was not there is null in it and named on stderr. Exit codes are those of spantwin.
 */

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCatalogue } from "../datasets/catalogue/catalogue.ts";
import { EvaluationProgressLine } from "../src/cli/evaluation-progress.ts";
import { stopSignal } from "../src/cli/options.ts";
import { VERSION } from "../src/cli/version.ts";
import { SettingsError } from "../src/contracts/errors.ts";
import { renderMarkdown } from "../src/evaluation/render-markdown.ts";
import type { EvaluationReport } from "../src/evaluation/report-type.ts";
import { evaluateRecordings } from "../src/pipeline/evaluate.ts";
import { findRecordings, type LabelledRecording } from "../src/pipeline/find-recordings.ts";
import { loadScorer } from "../src/pipeline/scorers.ts";
import { isTrainedOn } from "../src/pipeline/trained-on.ts";
import { loadSettings } from "../src/settings/load.ts";
import { headlineOf } from "./evaluate/headline.ts";
import { heldOutRecordings } from "./evaluate/held-out-recordings.ts";
import { shortTable } from "./evaluate/short-table.ts";

interface Options {
  readonly recordings: readonly string[];
  readonly public: string | undefined;
  readonly labels: string | undefined;
  readonly out: string | undefined;
  readonly json: boolean;
}

try {
  await evaluate(optionsOf(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`evaluate: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof SettingsError ? 2 : 1;
}

async function evaluate(options: Options): Promise<void> {
  const heldOut = heldOutRecordings(readCatalogue(), existsSync);
  const skipped = [...heldOut.absent];
  const testbed = await unseenOf(await findRecordings([...heldOut.folders, ...options.recordings], "otlp"), skipped);
  const campaign = await publicCampaign(options);
  if (campaign === null) skipped.push("public campaign: neither --public nor PUBLIC_RECORDING names it");
  const grid = await judge(
    testbed,
    `npm run evaluate${options.recordings.length > 0 ? " -- --recordings DIR" : ""}`,
    options,
  );
  const boutique =
    campaign === null ? null : await judge([campaign], "npm run evaluate -- --public DIR --labels FILE", options);
  if ((grid?.scorers[0]?.load.belowSaturation.runs ?? 0) === 0)
    skipped.push(
      "load grid: no recording on this disk has a run of a minute whose labels say that it does not saturate",
    );
  for (const line of skipped) process.stderr.write(`skipped: ${line}\n`);
  const tables = tablesOf(grid, boutique);
  if (options.out !== undefined) {
    await mkdir(options.out, { recursive: true });
    for (const [name, text] of tables) await writeFile(join(options.out, name), text);
  }
  if (!options.json) for (const [, text] of tables) console.log(text);
  console.log(JSON.stringify(headlineOf({ grid, boutique }, skipped)));
}

/** Those that the shipped model has not seen; of the others it is said that they are left out. */
async function unseenOf(recordings: readonly LabelledRecording[], skipped: string[]): Promise<LabelledRecording[]> {
  const { view } = await loadScorer(loadSettings({ env: process.env, flags: {} }));
  const unseen: LabelledRecording[] = [];
  for (const recording of recordings) {
    if (await isTrainedOn(view.card, recording.path))
      skipped.push(`recording ${recording.name}: the model was trained or calibrated on it`);
    else unseen.push(recording);
  }
  return unseen;
}

/** @throws {SettingsError} for an option that is none. */
function optionsOf(args: readonly string[]): Options {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        recordings: { type: "string", multiple: true, default: [] },
        public: text,
        labels: text,
        out: text,
        json: { type: "boolean", default: false },
      },
    });
    const { public: folder = process.env["PUBLIC_RECORDING"], labels = process.env["PUBLIC_LABELS"], out } = values;
    if (folder === undefined && values.labels !== undefined) throw new Error("--labels needs --public");
    return { recordings: values.recordings, public: folder, labels, out, json: values.json };
  } catch (error) {
    throw new SettingsError("options", args.join(" "), `cannot be read: ${(error as Error).message}`);
  }
}

async function judge(
  recordings: readonly LabelledRecording[],
  command: string,
  options: Options,
): Promise<EvaluationReport | null> {
  if (recordings.length === 0) return null;
  const progress = new EvaluationProgressLine({ isQuiet: options.json });
  const report = await evaluateRecordings({
    recordings,
    settings: loadSettings({ env: process.env, flags: {} }),
    withAblations: true,
    workerCount: availableParallelism(),
    command,
    version: VERSION,
    onProgress: progress.show,
    signal: stopSignal(),
  });
  progress.done();
  return report;
}

async function publicCampaign(options: Options): Promise<LabelledRecording | null> {
  if (options.public === undefined) return null;
  const found = await findRecordings([options.public], "nezha", options.labels);
  if (found.length > 1)
    throw new SettingsError("--public", options.public, `must be one recording, but holds ${found.length}`);
  return { ...found[0]!, name: "the public campaign" };
}

/** Files by name. Of data that is not ours to publish only totals are shown. */
function tablesOf(grid: EvaluationReport | null, boutique: EvaluationReport | null): [string, string][] {
  const short = [
    ...(grid === null ? [] : [shortText("Testbed", grid)]),
    ...(boutique === null ? [] : [shortText("Online Boutique, 2022-08-22", boutique)]),
  ];
  return [
    ...(grid === null ? [] : [["testbed.md", renderMarkdown(grid)] as [string, string]]),
    ...(boutique === null ? [] : [["public.md", renderMarkdown(boutique, { withCases: false })] as [string, string]]),
    ["short.md", `${short.join("\n\n")}\n`],
  ];
}

function shortText(title: string, report: EvaluationReport): string {
  const hours = report.coveredHours.toFixed(2);
  return `${title}, ${report.cases.length} faults in ${hours} h:\n\n${shortTable(report)}`;
}
