import { mkdir, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { readLabels } from "../../datasets/labels.ts";
import { drawCampaign } from "../../datasets/synthetic/draw-campaign.ts";
import { type ModelArtifact, serializeArtifact } from "../../models/artifact.ts";
import type { Backend } from "../../models/backend.ts";
import { evidenceOf, largestOf } from "../../models/baselines/twin-residual-evidence.ts";
import { guiltLogits, temperatureOf } from "../../models/calibration.ts";
import { featureRows } from "../../models/features.ts";
import { modelCard } from "../../models/model-card.ts";
import { callPairsOf } from "../../models/neighbours.ts";
import { loadLayers, type MessageRounds } from "../../models/network.ts";
import { nullScoresOf } from "../../models/null-scores.ts";
import { scoreOf } from "../../models/score.ts";
import { logitsOf, trainNetwork } from "../../models/training.ts";
import type { TrainingExample } from "../../models/training-batches.ts";
import { Twin } from "../../twin/twin.ts";
import type { Labels } from "../contracts/labels.ts";
import { FAULT_KINDS } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TelemetrySource } from "../contracts/telemetry.ts";
import { CountingLedger } from "../telemetry/ledger.ts";
import { dataHash } from "./data-hash.ts";
import { type LabelledWindow, labelledWindows } from "./labelled-windows.ts";
import { openRecording } from "./sources.ts";

/** A window as the network learns from it, and what the twin alone makes of each of its nodes. */
export interface LabelledExample extends TrainingExample {
  /** Largest standardised residual, by row. */
  readonly residualZ: readonly number[];
}

export interface TrainingRecording {
  readonly name: string;
  /** Of the data; of what was drawn, how to draw it again. */
  readonly hash: string;
  readonly examples: readonly LabelledExample[];
}

/** Every window of a recording with its label, as the twin saw it. */
export async function loadTrainingRecording(
  folder: string,
  settings: Settings,
  signal: AbortSignal,
): Promise<TrainingRecording> {
  const source = await openRecording(folder, "otlp", settings, new CountingLedger());
  const labels = readLabels(join(folder, "labels.json"));
  const name = `${basename(folder)}, windows of ${settings.windowSeconds} s`;
  return { name, hash: await dataHash(folder), examples: await examplesFrom(source, labels, settings, signal) };
}

/** The same of an application that is drawn and simulated; see `drawCampaign`. */
export async function simulateTrainingRecording(
  seed: number,
  settings: Settings,
  signal: AbortSignal,
): Promise<TrainingRecording> {
  const { source, labels, application } = drawCampaign(seed);
  const name = `simulated, ${application.services.length} nodes, windows of ${settings.windowSeconds} s`;
  return { name, hash: `seed ${seed}`, examples: await examplesFrom(source, labels, settings, signal) };
}

async function examplesFrom(
  source: TelemetrySource,
  labels: Labels,
  settings: Settings,
  signal: AbortSignal,
): Promise<LabelledExample[]> {
  const ledger = new CountingLedger();
  const windows = await labelledWindows({ source, labels, settings, twin: new Twin(settings), ledger, signal });
  return windows.flatMap((window) => exampleOf(window) ?? []);
}

/** Rows and label of a window; null when the guilty node is not visible in it or its kind is unknown. */
export function exampleOf(window: LabelledWindow): LabelledExample | null {
  const { forecast, fault } = window;
  const rows = featureRows(forecast);
  const calls = callPairsOf(forecast);
  const residualZ = evidenceOf(forecast).map(largestOf);
  if (fault === null) return { rows, calls, residualZ, guiltyRow: -1, kind: -1 };
  const { nodes } = forecast.observation.topology;
  const guiltyRow = forecast.nodes.findIndex((node) => nodes[node.node]!.name === fault.service);
  const kind = FAULT_KINDS.findIndex((each) => each === fault.fault);
  return guiltyRow < 0 || kind < 0 ? null : { rows, calls, residualZ, guiltyRow, kind };
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
  rounds: MessageRounds;
  epochs: number;
  name: string;
  artifactPath: string;
  onEpoch: (epoch: number, trainingLoss: number, validationLoss: number) => void;
}): Promise<TrainOutcome> {
  const { tf, name: backend } = options.backend;
  const { seed } = options.settings;
  const training = options.training.flatMap(({ examples }) => examples);
  const validation = options.validation.flatMap(({ examples }) => examples);
  const result = trainNetwork(tf, training, validation, {
    seed,
    epochs: options.epochs,
    learningRate: options.init === null ? 0.003 : 0.0005,
    patience: 8,
    rounds: options.rounds,
    init: options.init?.layers ?? null,
    onEpoch: options.onEpoch,
  });
  const logits = logitsOf(tf, loadLayers(tf, result.layers), validation);
  const temperature = temperatureOf(logits, validation);
  const clean = validation.flatMap((example, i) =>
    example.guiltyRow >= 0
      ? []
      : guiltLogits(logits[i]!).map((logit, row) => scoreOf(logit / temperature, example.residualZ[row]!)),
  );
  const nullScores = nullScoresOf(clean);
  const { name, artifactPath } = options;
  const card = modelCard({
    name,
    seed,
    backend,
    rounds: options.rounds,
    epochs: result.epochs,
    validationLoss: result.validationLoss,
    temperature,
    cleanScores: clean.length,
    training: options.training.map(describe),
    validation: options.validation.map(describe),
  });
  await mkdir(dirname(artifactPath), { recursive: true });
  await writeFile(artifactPath, serializeArtifact({ name, layers: result.layers, temperature, nullScores, card }));
  await writeFile(artifactPath.replace(/\.json$/, ".md"), card);
  return {
    artifactPath,
    epochs: result.epochs,
    validationLoss: result.validationLoss,
    trainingWindows: training.length,
    validationWindows: validation.length,
  };
}

function describe({ name, hash, examples }: TrainingRecording) {
  const faultWindows = examples.filter(({ guiltyRow }) => guiltyRow >= 0).length;
  return { name, hash, cleanWindows: examples.length - faultWindows, faultWindows };
}
