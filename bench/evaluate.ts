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
 * The last line is one JSON object; what was not there is null in it and named on stderr.
 */

import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readCatalogue } from "../datasets/catalogue/catalogue.ts";
import { EvaluationProgressLine } from "../src/cli/evaluation-progress.ts";
import { VERSION } from "../src/cli/version.ts";
import { SettingsError } from "../src/contracts/errors.ts";
import { renderMarkdown } from "../src/evaluation/render-markdown.ts";
import type { EvaluationReport } from "../src/evaluation/report-type.ts";
import { evaluateRecordings } from "../src/pipeline/evaluate.ts";
import { findRecordings, type LabelledRecording } from "../src/pipeline/find-recordings.ts";
import { loadSettings } from "../src/settings/load.ts";
import { headlineOf } from "./evaluate/headline.ts";
import { heldOutRecordings } from "./evaluate/held-out-recordings.ts";
import { shortTable } from "./evaluate/short-table.ts";

const { values: options } = parseArgs({
  options: {
    recordings: { type: "string", multiple: true, default: [] },
    public: { type: "string" },
    labels: { type: "string" },
    out: { type: "string" },
    json: { type: "boolean", default: false },
  },
});
const settings = loadSettings({ env: process.env, flags: {} });
const skipped: string[] = [];

const heldOut = heldOutRecordings(readCatalogue(), existsSync);
skipped.push(...heldOut.absent);
const testbed = await findRecordings([...heldOut.folders, ...options.recordings], "otlp");
const campaign = await publicCampaign();

const grid = await judge(testbed, `npm run evaluate${options.recordings.length > 0 ? " -- --recordings DIR" : ""}`);
const boutique = campaign === null ? null : await judge([campaign], "npm run evaluate -- --public DIR --labels FILE");
if (grid.scorers[0]!.load.belowSaturation.runs === 0)
  skipped.push("load grid: no recording on this disk has a run of a minute whose labels say that it does not saturate");
const headline = headlineOf({ grid, boutique }, skipped);
for (const line of skipped) process.stderr.write(`skipped: ${line}\n`);

const tables = {
  "testbed.md": renderMarkdown(grid),
  // Of data that is not ours to publish only totals are shown.
  ...(boutique === null ? {} : { "public.md": renderMarkdown(boutique, { withCases: false }) }),
  "short.md": shortText(grid, boutique),
};
if (options.out !== undefined) {
  await mkdir(options.out, { recursive: true });
  for (const [name, text] of Object.entries(tables)) await writeFile(join(options.out, name), text);
}
if (!options.json) for (const text of Object.values(tables)) console.log(text);
console.log(JSON.stringify(headline));

async function judge(recordings: readonly LabelledRecording[], command: string): Promise<EvaluationReport> {
  const progress = new EvaluationProgressLine({ isQuiet: options.json });
  const report = await evaluateRecordings({
    recordings,
    settings,
    withAblations: true,
    workerCount: availableParallelism(),
    command,
    version: VERSION,
    onProgress: progress.show,
    signal: new AbortController().signal,
  });
  progress.done();
  return report;
}

async function publicCampaign(): Promise<LabelledRecording | null> {
  const folder = options.public ?? process.env["PUBLIC_RECORDING"];
  const labels = options.labels ?? process.env["PUBLIC_LABELS"];
  if (folder === undefined) {
    if (labels !== undefined)
      throw new SettingsError("--labels", labels, "needs the recording that they are of: --public");
    skipped.push("public campaign: neither --public nor PUBLIC_RECORDING names it");
    return null;
  }
  const found = await findRecordings([folder], "nezha", labels);
  if (found.length > 1) throw new SettingsError("--public", folder, `must be one recording, but holds ${found.length}`);
  return { ...found[0]!, name: "the public campaign" };
}

function shortText(testbedReport: EvaluationReport, publicReport: EvaluationReport | null): string {
  const sections = [
    `Testbed, ${testbedReport.cases.length} faults in ${testbedReport.coveredHours.toFixed(2)} h:`,
    shortTable(testbedReport),
    ...(publicReport === null
      ? []
      : [
          `Online Boutique, 2022-08-22, ${publicReport.cases.length} faults in ${publicReport.coveredHours.toFixed(2)} h:`,
          shortTable(publicReport),
        ]),
  ];
  return `${sections.join("\n\n")}\n`;
}
