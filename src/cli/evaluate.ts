import { mkdir, stat, writeFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { type Command, Option } from "commander";
import { readLabels } from "../../datasets/labels.ts";
import { SettingsError } from "../contracts/errors.ts";
import { renderJson } from "../evaluation/render-json.ts";
import { renderMarkdown } from "../evaluation/render-markdown.ts";
import { dataHash } from "../pipeline/data-hash.ts";
import { evaluateRecording } from "../pipeline/evaluate.ts";
import { loadScorer } from "../pipeline/scorers.ts";
import { openRecording, RECORDING_FORMATS, type RecordingFormat } from "../pipeline/sources.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { Progress } from "./progress.ts";
import { VERSION } from "./version.ts";

export function addEvaluate(program: Command): void {
  const command = program
    .command("evaluate <recording>")
    .description("Scores the verdicts on a labelled recording, with every baseline beside them in the same run.")
    .addOption(new Option("--format <format>", "layout of the files").choices(RECORDING_FORMATS).default("otlp"))
    .option("--labels <file>", "labels; default labels.json in or beside the recording")
    .option("--out <folder>", "also write report.json and report.md there")
    .option("--json", "print the report as JSON", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin evaluate datasets/sample
  spantwin evaluate --format nezha ./2022-08-22 --labels ./2022-08-22.labels.json --out reports/`,
    );
  withSettings(command, LEARNING_SETTINGS).action(async (path: string, options: Record<string, unknown>) => {
    const settings = settingsOf(options, LEARNING_SETTINGS);
    const isJson = options["json"] === true;
    const ledger = new CountingLedger();
    const format = options["format"] as RecordingFormat;
    const source = await openRecording(path, format, settings, ledger);
    const labelsPath = typeof options["labels"] === "string" ? options["labels"] : await findLabels(path);
    const labels = readLabels(labelsPath);
    const { scorer, view } = await loadScorer(settings);
    const progress = new Progress({ isQuiet: isJson });
    progress.show("hashing the data");
    const versions = { spantwin: VERSION, node: process.versions.node, scorer: scorer.name, backend: view.backend };
    const provenance = {
      command: `spantwin evaluate ${basename(path)} --format ${format} --window-seconds ${settings.windowSeconds} --replicates ${settings.replicates}`,
      versions,
      seed: settings.seed,
      dataHash: `${await dataHash(path)}-${await dataHash(labelsPath)}`,
    };
    let windows = 0;
    const { report } = await evaluateRecording({
      source,
      recording: basename(path),
      labels,
      settings,
      scorer,
      model: view,
      ledger,
      provenance,
      onWindow: () => progress.show(`judging window ${++windows}`),
      signal: stopSignal(),
    });
    progress.done();
    if (typeof options["out"] === "string") {
      await mkdir(options["out"], { recursive: true });
      await writeFile(join(options["out"], "report.json"), renderJson(report));
      await writeFile(join(options["out"], "report.md"), renderMarkdown(report));
    }
    process.stdout.write(`${isJson ? renderJson(report) : renderMarkdown(report)}\n`);
  });
}

/** `labels.json` in the folder, or `<name>.labels.json` beside it. */
async function findLabels(path: string): Promise<string> {
  const candidates = [
    join(path, "labels.json"),
    `${resolve(path)}.labels.json`,
    join(resolve(path, ".."), "labels.json"),
  ];
  for (const candidate of candidates) {
    try {
      await stat(candidate);
      return candidate;
    } catch {
      // The next place.
    }
  }
  throw new SettingsError(
    "--labels",
    candidates[0],
    "must name a labels file; none was found in or beside the recording",
  );
}
