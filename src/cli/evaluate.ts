import { mkdir, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { isAbsolute, join } from "node:path";
import { type Command, Option } from "commander";
import { SettingsError } from "../contracts/errors.ts";
import { renderJson, renderSummaryLine } from "../evaluation/render-json.ts";
import { renderMarkdown } from "../evaluation/render-markdown.ts";
import { evaluateRecordings } from "../pipeline/evaluate.ts";
import { findRecordings, LABELLED_FORMATS, type LabelledFormat } from "../pipeline/find-recordings.ts";
import { EvaluationProgressLine } from "./evaluation-progress.ts";
import { LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { VERSION } from "./version.ts";

export function addEvaluate(program: Command): void {
  const command = program
    .command("evaluate <recordings...>")
    .description("Scores the verdicts on labelled recordings, with every baseline beside them in the same run.")
    .addOption(new Option("--format <format>", "layout of the files").choices(LABELLED_FORMATS).default("otlp"))
    .option("--labels <file>", "labels of a single recording; default labels.json in or beside each")
    .option("--ablations", "put the model with parts left out beside it", false)
    .option("--workers <n>", "recordings judged at once", String(availableParallelism()))
    .option("--out <folder>", "also write the whole report there: report.json and report.md")
    .option("--json", "print one line of JSON with the figures, not the tables", false)
    .addHelpText(
      "after",
      `
Each recording is judged by itself from a cold start, then all together. A folder that is no recording stands for
those in it.

Examples:
  spantwin evaluate datasets/sample
  spantwin evaluate recordings/monday recordings/tuesday --ablations --out reports/
  spantwin evaluate recordings --json
  spantwin evaluate --format nezha ./2022-08-22 --labels ./2022-08-22.labels.json --out reports/`,
    );
  withSettings(command, LEARNING_SETTINGS).action(async (paths: string[], options: Record<string, unknown>) => {
    const settings = settingsOf(options, LEARNING_SETTINGS);
    const { windowSeconds, replicates } = settings;
    const isJson = options["json"] === true;
    const { labels, out } = options;
    const format = options["format"] as LabelledFormat;
    const recordings = await findRecordings(paths, format, typeof labels === "string" ? labels : undefined);
    const progress = new EvaluationProgressLine({ isQuiet: isJson });
    const report = await evaluateRecordings({
      recordings,
      settings,
      withAblations: options["ablations"] === true,
      workerCount: workersOf(options["workers"]),
      command: commandOf(paths, { ...options, windowSeconds, replicates }),
      version: VERSION,
      onProgress: progress.show,
      signal: stopSignal(),
    });
    progress.done();
    if (typeof out === "string") {
      await mkdir(out, { recursive: true });
      await writeFile(join(out, "report.json"), renderJson(report));
      await writeFile(join(out, "report.md"), renderMarkdown(report));
    }
    process.stdout.write(isJson ? `${renderSummaryLine(report)}\n` : renderMarkdown(report));
  });
}

/** @throws {SettingsError} for a number that is none. */
function workersOf(given: unknown): number {
  const workers = Number(given);
  if (Number.isInteger(workers) && workers >= 1 && workers <= 256) return workers;
  throw new SettingsError("--workers", given, "must be an integer from 1 to 256");
}

/** What makes the same figures again; where somebody keeps files is left out. */
function commandOf(paths: readonly string[], options: Readonly<Record<string, unknown>>): string {
  const words = paths.map((path) => (isAbsolute(path) ? "DIR" : path));
  for (const [key, value] of Object.entries(options)) {
    if (["json", "out", "labels", "config", "workers"].includes(key) || value === false || value === undefined)
      continue;
    const flag = `--${key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    for (const one of Array.isArray(value) ? value : [value]) words.push(one === true ? flag : `${flag} ${one}`);
  }
  if (options["labels"] !== undefined) words.push("--labels FILE");
  return `spantwin evaluate ${words.join(" ")}`;
}
