import { type Command, Option } from "commander";
import { FEATURE_SETS, type FeatureSetName } from "../../models/feature-sets.ts";
import { SettingsError } from "../contracts/errors.ts";
import type { Settings } from "../contracts/settings.ts";
import { type TrainOutcome, train } from "../pipeline/train.ts";
import type { TrainOrder } from "../pipeline/train-order.ts";
import type { TrainingSource } from "../pipeline/training-data.ts";
import { LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { TrainingProgressLine } from "./training-progress.ts";
import { VERSION } from "./version.ts";

export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .description("Trains the node model on labelled recordings and writes the artifact with its card.")
    .option("--data <folders...>", "recordings to train on")
    .option("--validation <folders...>", "recordings to stop by and calibrate on; never trained on")
    .option("--simulated <n>", "train on so many applications that are drawn and simulated, with labelled faults", "0")
    .option("--simulated-validation <n>", "stop by and calibrate on so many others", "0")
    .option("--messages", "let nodes hear what their neighbours see (a round of messages along the calls)", false)
    .addOption(
      new Option("--features <set>", "what the model is let see; other than full: to measure what it is worth")
        .choices(Object.keys(FEATURE_SETS))
        .default("full"),
    )
    .option("--window-sizes <seconds...>", "cut the training recordings into windows of these lengths too")
    .option("--init <artifact>", "go on from this artifact instead of from scratch")
    .option("--out <file>", "where to write the artifact, a .json file", "spantwin-model.json")
    .option("--name <name>", "name of the model", "node-model")
    .option("--epochs <n>", "most passes over the data", "80")
    .option(
      "--checkpoint <folder>",
      "keep what is done there, and the examples afterwards for other models of the same data; default: beside --out, removed at the end",
    )
    .option("--json", "print the outcome as JSON", false)
    .addHelpText(
      "after",
      `
Interrupted and started again with the same words it goes on where it was.

Examples:
  spantwin train --data recordings/a recordings/b --validation recordings/c
  spantwin train --data mine/monday --validation mine/tuesday --init models/artifacts/node-model.json --out mine.json
  spantwin attach --model mine.json`,
    );
  withSettings(command, LEARNING_SETTINGS).action(async (options: Record<string, unknown>) => {
    const isJson = options["json"] === true;
    const order = orderOf(options, settingsOf(options, LEARNING_SETTINGS));
    const progress = new TrainingProgressLine({ isQuiet: isJson });
    try {
      const outcome = await train(order, {
        signal: stopSignal(),
        onReading: progress.reading,
        onEpoch: progress.epoch,
        onNotice: (text) => progress.notice(text),
      });
      progress.done();
      process.stdout.write(`${isJson ? JSON.stringify(outcome, null, 2) : textOf(outcome)}\n`);
    } catch (error) {
      progress.done();
      throw error;
    }
  });
}

/** @throws {SettingsError} for options that make no order */
function orderOf(options: Record<string, unknown>, settings: Settings): TrainOrder {
  const training = wholeNumber("--simulated", options["simulated"], 0, SIMULATED_MAX);
  const validation = wholeNumber("--simulated-validation", options["simulatedValidation"], 0, SIMULATED_MAX);
  demandData("--data", options["data"], training);
  demandData("--validation", options["validation"], validation);
  const sizes = [settings.windowSeconds, ...windowSizes(options["windowSizes"])];
  const artifactPath = String(options["out"]);
  if (!artifactPath.endsWith(".json"))
    throw new SettingsError("--out", artifactPath, "must end in .json: the card stands beside it in .md");
  const initPath = typeof options["init"] === "string" ? options["init"] : null;
  const features = options["features"] as FeatureSetName;
  const rounds = options["messages"] === true ? 1 : 0;
  if (initPath !== null && (features !== "full" || rounds === 1))
    throw new SettingsError("--init", initPath, "goes with neither --features nor --messages: it has its own");
  const { checkpoint } = options;
  return {
    settings,
    training: [...sizes.flatMap((size) => recorded(options["data"], size)), ...simulated(settings.seed, training)],
    validation: [
      ...recorded(options["validation"], settings.windowSeconds),
      ...simulated(settings.seed + VALIDATION_SEEDS_FROM, validation),
    ],
    initPath,
    features,
    rounds,
    epochs: wholeNumber("--epochs", options["epochs"], 1, 100_000),
    name: String(options["name"]),
    artifactPath,
    checkpointFolder: typeof checkpoint === "string" ? checkpoint : `${artifactPath}.checkpoint`,
    keepsExamples: typeof checkpoint === "string",
    version: VERSION,
  };
}

function recorded(folders: unknown, windowSeconds: number): TrainingSource[] {
  return ((folders as string[] | undefined) ?? []).map((folder) => ({ kind: "recording", folder, windowSeconds }));
}

/** Seeds of simulated applications to validate on begin so far behind those to train on. */
const VALIDATION_SEEDS_FROM = 100;
const SIMULATED_MAX = VALIDATION_SEEDS_FROM;

function simulated(firstSeed: number, count: number): TrainingSource[] {
  return Array.from({ length: count }, (_, k) => ({ kind: "simulated", seed: firstSeed + k }));
}

function textOf({
  artifactPath,
  epochs,
  validationLoss,
  trainingWindows,
  validationWindows,
  validation,
}: TrainOutcome) {
  const { ac1, kind, after } = validation;
  return `${artifactPath}: best epoch ${epochs}, validation loss ${validationLoss.toFixed(4)}, ${trainingWindows} + ${validationWindows} windows
validation: AC@1 ${ac1.toFixed(3)}, kind ${kind.toFixed(3)}, Brier ${after.brier.toFixed(3)}, calibration error ${after.calibrationError.toFixed(3)}
use it: --model ${artifactPath}`;
}

function wholeNumber(key: string, text: unknown, min: number, max: number): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= min && count <= max) return count;
  throw new SettingsError(key, text, `must be an integer from ${min} to ${max}`);
}

function demandData(key: string, folders: unknown, simulatedCount: number): void {
  if (folders === undefined && simulatedCount === 0)
    throw new SettingsError(key, null, "is needed, unless applications are simulated");
}

/** @throws {SettingsError} for a size that is no window. */
function windowSizes(given: unknown): number[] {
  return ((given as string[] | undefined) ?? []).map((text) => {
    const seconds = Number(text);
    if (!(seconds >= 1 && seconds <= 60)) {
      throw new SettingsError("--window-sizes", text, "must be numbers from 1 to 60 seconds");
    }
    return seconds;
  });
}
