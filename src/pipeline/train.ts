import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readLabels } from "../../datasets/labels.ts";
import { type ModelArtifact, serializeArtifact } from "../../models/artifact.ts";
import type { Backend } from "../../models/backend.ts";
import { featureRows } from "../../models/features.ts";
import { modelCard } from "../../models/model-card.ts";
import { type TrainingExample, trainNetwork } from "../../models/training.ts";
import { Twin } from "../../twin/twin.ts";
import { FAULT_KINDS } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { dataHash } from "./data-hash.ts";
import { type LabelledWindow, labelledWindows } from "./labelled-windows.ts";
import { openRecording } from "./sources.ts";

export interface TrainingRecording {
  readonly name: string;
  readonly hash: string;
  readonly windows: readonly LabelledWindow[];
}

/** Every window of a recording with its label, as the twin saw it. */
export async function loadTrainingRecording(
  folder: string,
  settings: Settings,
  signal: AbortSignal,
): Promise<TrainingRecording> {
  const ledger = new CountingLedger();
  const source = await openRecording(folder, "otlp", settings, ledger);
  const labels = readLabels(join(folder, "labels.json"));
  const windows = await labelledWindows({ source, labels, settings, twin: new Twin(settings), ledger, signal });
  const name = `${basename(folder)}, windows of ${settings.windowSeconds} s`;
  return { name, hash: await dataHash(folder), windows };
}

/** Rows and label of a window; null when the guilty node is not visible in it or its kind is unknown. */
export function exampleOf(window: LabelledWindow): TrainingExample | null {
  const rows = featureRows(window.forecast);
  if (window.fault === null) {
    return { rows, guiltyRow: -1, kind: -1 };
  }
  const { nodes } = window.forecast.observation.topology;
  const guiltyRow = window.forecast.nodes.findIndex((node) => nodes[node.node]!.name === window.fault?.service);
  const kind = FAULT_KINDS.findIndex((each) => each === window.fault?.fault);
  return guiltyRow < 0 || kind < 0 ? null : { rows, guiltyRow, kind };
}

export interface TrainOutcome {
  readonly artifactPath: string;
  readonly epochs: number;
  readonly validationLoss: number;
  readonly trainingWindows: number;
  readonly validationWindows: number;
}

/** Trains on some recordings, calibrates on others, and writes the artifact with its card. */
export async function trainModel(options: {
  training: readonly TrainingRecording[];
  validation: readonly TrainingRecording[];
  backend: Backend;
  settings: Settings;
  init: ModelArtifact | null;
  epochs: number;
  name: string;
  artifactPath: string;
  onEpoch: (epoch: number, trainingLoss: number, validationLoss: number) => void;
}): Promise<TrainOutcome> {
  const training = examplesOf(options.training);
  const validation = examplesOf(options.validation);
  const result = trainNetwork(options.backend.tf, training, validation, {
    seed: options.settings.seed,
    epochs: options.epochs,
    learningRate: options.init === null ? 0.01 : 0.002,
    patience: 60,
    init: options.init?.layers ?? null,
    onEpoch: options.onEpoch,
  });
  const card = modelCard({
    name: options.name,
    seed: options.settings.seed,
    backend: options.backend.name,
    epochs: result.epochs,
    validationLoss: result.validationLoss,
    temperature: result.temperature,
    offset: result.offset,
    training: options.training.map(describe),
    validation: options.validation.map(describe),
  });
  const { layers, temperature, offset } = result;
  await mkdir(dirname(options.artifactPath), { recursive: true });
  await writeFile(options.artifactPath, serializeArtifact({ name: options.name, layers, temperature, offset, card }));
  await writeFile(options.artifactPath.replace(/\.json$/, ".md"), card);
  return {
    artifactPath: options.artifactPath,
    epochs: result.epochs,
    validationLoss: result.validationLoss,
    trainingWindows: training.length,
    validationWindows: validation.length,
  };
}

function examplesOf(recordings: readonly TrainingRecording[]): TrainingExample[] {
  return recordings.flatMap((recording) => recording.windows.flatMap((window) => exampleOf(window) ?? []));
}

function describe(recording: TrainingRecording): {
  name: string;
  hash: string;
  cleanWindows: number;
  faultWindows: number;
} {
  const faultWindows = recording.windows.filter((window) => window.fault !== null).length;
  return {
    name: recording.name,
    hash: recording.hash,
    cleanWindows: recording.windows.length - faultWindows,
    faultWindows,
  };
}
