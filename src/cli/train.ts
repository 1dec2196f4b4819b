import type { Command } from "commander";
import { readArtifact } from "../../models/artifact.ts";
import { loadBackend } from "../../models/backend.ts";
import { SettingsError } from "../contracts/errors.ts";
import { SHIPPED_ARTIFACT } from "../pipeline/scorers.ts";
import {
  loadTrainingRecording,
  simulateTrainingRecording,
  type TrainingRecording,
  trainModel,
} from "../pipeline/train.ts";
import { LEARNING_SETTINGS, settingsOf, stopSignal, withSettings } from "./options.ts";
import { Progress } from "./progress.ts";

export function addTrain(program: Command): void {
  const command = program
    .command("train")
    .description("Trains the node model on labelled recordings and writes the artifact with its card.")
    .option("--data <folders...>", "recordings to train on")
    .option("--validation <folders...>", "recordings to stop by and calibrate on; never trained on")
    .option("--simulated <n>", "train on so many applications that are drawn and simulated, with labelled faults", "0")
    .option("--simulated-validation <n>", "stop by and calibrate on so many others", "0")
    .option("--messages", "let nodes hear what their neighbours see (a round of messages along the calls)", false)
    .option("--window-sizes <seconds...>", "cut the training recordings into windows of these lengths too")
    .option("--init <artifact>", "go on from this artifact instead of from scratch")
    .option("--out <file>", "where to write the artifact", SHIPPED_ARTIFACT)
    .option("--name <name>", "name of the model", "node-model")
    .option("--epochs <n>", "most passes over the data", "80")
    .option("--json", "print the outcome as JSON", false)
    .addHelpText(
      "after",
      `
Examples:
  spantwin train --data recordings/a recordings/b --validation recordings/c
  spantwin train --data mine/monday --validation mine/tuesday --init models/artifacts/node-model.json --out my-model.json`,
    );
  withSettings(command, LEARNING_SETTINGS).action(async (options: Record<string, unknown>) => {
    const settings = settingsOf(options, LEARNING_SETTINGS);
    const epochs = Number(options["epochs"]);
    if (!Number.isInteger(epochs) || epochs < 1 || epochs > 100_000) {
      throw new SettingsError("--epochs", options["epochs"], "must be an integer from 1 to 100000");
    }
    const signal = stopSignal();
    const progress = new Progress({ isQuiet: options["json"] === true });
    const load = async (folders: unknown, windowSeconds: number): Promise<TrainingRecording[]> => {
      const recordings: TrainingRecording[] = [];
      for (const folder of folders as string[]) {
        progress.show(`reading ${folder} in windows of ${windowSeconds} s`);
        recordings.push(await loadTrainingRecording(folder, { ...settings, windowSeconds }, signal));
      }
      return recordings;
    };
    const simulate = async (count: number, firstSeed: number): Promise<TrainingRecording[]> => {
      const recordings: TrainingRecording[] = [];
      for (let k = 0; k < count; k++) {
        progress.show(`simulating application ${k + 1} of ${count}`);
        recordings.push(await simulateTrainingRecording(firstSeed + k, settings, signal));
      }
      return recordings;
    };
    const trainingCount = wholeNumber("--simulated", options["simulated"]);
    const validationCount = wholeNumber("--simulated-validation", options["simulatedValidation"]);
    demandData("--data", options["data"], trainingCount);
    demandData("--validation", options["validation"], validationCount);
    const training = await load(options["data"] ?? [], settings.windowSeconds);
    for (const size of windowSizes(options["windowSizes"])) {
      training.push(...(await load(options["data"] ?? [], size)));
    }
    training.push(...(await simulate(trainingCount, settings.seed)));
    const validation = await load(options["validation"] ?? [], settings.windowSeconds);
    validation.push(...(await simulate(validationCount, settings.seed + VALIDATION_SEEDS_FROM)));
    const outcome = await trainModel({
      training,
      validation,
      backend: await loadBackend(settings.backend),
      settings,
      init: typeof options["init"] === "string" ? readArtifact(options["init"]) : null,
      rounds: options["messages"] === true ? 1 : 0,
      epochs,
      name: String(options["name"]),
      artifactPath: String(options["out"]),
      onEpoch: (epoch, trainingLoss, validationLoss) => {
        progress.show(
          `epoch ${epoch}/${epochs}: loss ${trainingLoss.toFixed(4)}, validation ${validationLoss.toFixed(4)}`,
        );
      },
    });
    progress.done();
    const text =
      options["json"] === true
        ? JSON.stringify(outcome, null, 2)
        : `${outcome.artifactPath}: best epoch ${outcome.epochs}, validation loss ${outcome.validationLoss.toFixed(4)}, ${outcome.trainingWindows} + ${outcome.validationWindows} windows`;
    process.stdout.write(`${text}\n`);
  });
}

/** Seeds of simulated applications to validate on begin so far behind those to train on. */
const VALIDATION_SEEDS_FROM = 100;
const SIMULATED_MAX = VALIDATION_SEEDS_FROM;

function wholeNumber(key: string, text: unknown): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 0 && count <= SIMULATED_MAX) return count;
  throw new SettingsError(key, text, `must be an integer from 0 to ${SIMULATED_MAX}`);
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
