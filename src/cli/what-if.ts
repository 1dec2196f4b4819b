import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { readLabels } from "../../datasets/labels.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { TelemetrySource } from "../contracts/telemetry.ts";
import { loadScorer } from "../pipeline/scorers.ts";
import { openRecording, RECORDING_FORMATS, type RecordingFormat } from "../pipeline/sources.ts";
import { askWhatIf, labelledFaults, labelledLoads } from "../pipeline/what-if.ts";
import { answerAsText } from "../pipeline/what-if-text.ts";
import { readScenario } from "../settings/scenario.ts";
import { SCENARIO_VERBS } from "../settings/scenario-verbs.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { Progress } from "./progress.ts";

const DEFAULT_REPLICATIONS = 20;

export function addWhatIf(program: Command): void {
  const command = program
    .command("what-if <recordings...>")
    .description(
      "Learns the twin from recordings and says what a change of traffic, capacity, code or network would do.",
    )
    .addOption(new Option("--format <format>", "layout of the files").choices(RECORDING_FORMATS).default("otlp"))
    .option("--scenario <file>", "changes in YAML; a flag wins over the same change there");
  for (const verb of SCENARIO_VERBS) {
    const flag = `--${verb.key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    command.addOption(
      new Option(`${flag} <${verb.argument}>`, verb.description).argParser(gathered).default([], "none"),
    );
  }
  command
    .option("--operation <service operation>", "answer for this operation too, or for all of a service", gathered, [])
    .option("--replications <n>", "worlds to simulate", String(DEFAULT_REPLICATIONS))
    .option("--json", "print one JSON document on stdout", false)
    .addHelpText(
      "after",
      `
Labels beside a recording (labels.json) say what not to learn from; without them the line judges for itself.

Examples:
  spantwin what-if datasets/sample --traffic 2
  spantwin what-if datasets/sample --traffic "POST /checkout=3" --servers pricing=4
  spantwin what-if datasets/sample --cache-hit catalog=0.9 --operation "catalog GET /items/{item}"
  spantwin what-if datasets/sample --timeout "frontend->pricing=200ms" --retry "frontend->pricing=3,50ms,2" --traffic 60/s
  spantwin what-if datasets/sample --scenario docs/examples/black-friday.yaml --json`,
    );
  withSettings(command, LEARNING_SETTINGS).action(answer);
}

async function answer(paths: readonly string[], options: Record<string, unknown>): Promise<void> {
  const written = readScenario({
    ...(typeof options["scenario"] === "string" ? { file: options["scenario"] } : {}),
    flags: Object.fromEntries(SCENARIO_VERBS.map(({ key }) => [key, options[key] as readonly string[]])),
  });
  const replications = wholeNumber("--replications", options["replications"], 1, 1000);
  const settings = settingsOf(options, LEARNING_SETTINGS);
  const isJson = options["json"] === true;
  for (const line of written.overruled) {
    process.stderr.write(`spantwin: ${line}\n`);
  }
  const ledger = new CountingLedger();
  const format = options["format"] as RecordingFormat;
  const recordings: { path: string; source: TelemetrySource }[] = [];
  for (const path of paths) {
    recordings.push({ path, source: await openRecording(path, format, settings, ledger) });
  }
  const labels = paths
    .map((path) => join(path, "labels.json"))
    .filter((path) => existsSync(path))
    .map((path) => readLabels(path));
  const { scorer, view } = await loadScorer(settings);
  if (view.degradedReason !== null) process.stderr.write(`spantwin: ${view.degradedReason}\n`);
  const progress = new Progress({ isQuiet: isJson });
  const result = await askWhatIf({
    recordings,
    settings: { ...settings, exclude: [...settings.exclude, ...labels.flatMap(labelledFaults)] },
    scorer,
    ledger,
    isLabelled: labels.length === paths.length,
    unusualLoads: labels.flatMap(labelledLoads),
    written,
    replications,
    operations: options["operation"] as readonly string[],
    onWindow: (endSeconds) => progress.show(`learning ${new Date(endSeconds * 1000).toISOString()}`),
    onReplication: (done) => progress.show(`simulating ${done}/${replications}`),
    signal: stopSignal(),
  });
  progress.done();
  process.stdout.write(isJson ? `${JSON.stringify(result, null, 2)}\n` : answerAsText(result));
}

function gathered(text: string, before: readonly string[]): string[] {
  return [...before, text];
}

function wholeNumber(key: string, text: unknown, min: number, max: number): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= min && value <= max)) {
    throw new SettingsError(key, text, `must be an integer from ${min} to ${max}`);
  }
  return value;
}
