import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { type ModelArtifact, readArtifact, serializeArtifact } from "../../models/artifact.ts";
import { type Backend, loadBackend } from "../../models/backend.ts";
import { temperatureOf } from "../../models/calibration.ts";
import { FEATURE_SETS, type FeatureSet, selectFeatures } from "../../models/feature-sets.ts";
import { modelCard } from "../../models/model-card.ts";
import { disposeLayers, type LayerWeights, loadLayers } from "../../models/network.ts";
import { nullScoresOf } from "../../models/null-scores.ts";
import { logitsOf, type TrainingResult, trainNetwork } from "../../models/training.ts";
import { scoresOf, type ValidationMetrics, validationMetrics } from "../../models/validation-metrics.ts";
import { SettingsError, SourceError } from "../contracts/errors.ts";
import { FAULT_KINDS } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { TrainOrder, TrainWatch } from "./train-order.ts";
import { TrainingCheckpoint } from "./training-checkpoint.ts";
import { refuseTwice, refuseUseless } from "./training-checks.ts";
import {
  describeSource,
  GOES_ON,
  hashOfSource,
  type LabelledExample,
  readTraining,
  type TrainingRecording,
  type TrainingSource,
  windowsOf,
} from "./training-data.ts";
import { identityOf } from "./training-identity.ts";

export interface TrainOutcome {
  readonly artifactPath: string;
  readonly epochs: number;
  readonly validationLoss: number;
  readonly trainingWindows: number;
  readonly validationWindows: number;
  readonly validation: ValidationMetrics;
}

/** What is trained: the network a checkpoint, a card and an artifact are of. */
interface Subject extends FeatureSet {
  readonly init: readonly LayerWeights[] | null;
  readonly backend: Backend;
}

const LEARNING_RATE = 0.003;
const FINE_TUNING_RATE = 0.0005;
const PATIENCE = 8;

/**
 * Trains on some recordings, stops by and calibrates on others, and writes the artifact with its card. What is done is kept
 * in the checkpoint's folder: interrupted at any moment and ordered again, it goes on and ends with the same bytes.
 *
 * @param read makes examples of a source that is not in the checkpoint
 * @throws {SettingsError} for data that nothing can be learned from or calibrated on, a checkpoint of other data
 * @throws {SourceError} when it was stopped
 */
export async function train(
  order: TrainOrder,
  watch: TrainWatch,
  read: typeof readTraining = readTraining,
): Promise<TrainOutcome> {
  const subject = await subjectOf(order);
  const sources = [...order.training, ...order.validation];
  const hashes = await Promise.all(sources.map(hashOfSource));
  refuseTwice(order, hashes);
  const identity = identityOf(order, subject.backend.name, hashes);
  const checkpoint = TrainingCheckpoint.open(order.checkpointFolder, identity, watch.onNotice);
  const recordings = await readAll({ sources, hashes, settings: order.settings, read }, checkpoint, watch);
  const training = recordings.slice(0, order.training.length);
  const validation = recordings.slice(order.training.length);
  try {
    refuseUseless(training, validation);
  } catch (error) {
    // Nobody goes on with these data: they are in nobody's way.
    if (!order.keepsExamples) checkpoint.remove();
    throw error;
  }
  const result = await trainFrom(checkpoint, { training, validation }, subject, order, watch);
  const { artifact, metrics } = calibrate(result, { training, validation }, subject, order);
  await writeArtifact(order.artifactPath, artifact);
  checkpoint.forgetState();
  if (!order.keepsExamples) checkpoint.remove();
  return {
    artifactPath: order.artifactPath,
    epochs: result.epochs,
    validationLoss: result.validationLoss,
    trainingWindows: windowsOf(training).length,
    validationWindows: metrics.windows,
    validation: metrics,
  };
}

async function subjectOf(order: TrainOrder): Promise<Subject> {
  const init = order.initPath === null ? null : readInit(order.initPath);
  const backend = await loadBackend(order.settings.backend);
  const { features, isPooled } = init ?? FEATURE_SETS[order.features];
  return { features, isPooled, init: init?.layers ?? null, backend };
}

/** @throws {SettingsError} for an artifact that cannot be used: training from scratch is not what was asked for */
function readInit(path: string): ModelArtifact {
  try {
    return readArtifact(path);
  } catch (error) {
    throw new SettingsError("--init", path, `cannot be gone on from: ${(error as Error).message}`);
  }
}

async function readAll(
  data: {
    readonly sources: readonly TrainingSource[];
    readonly hashes: readonly string[];
    readonly settings: Settings;
    readonly read: typeof readTraining;
  },
  checkpoint: TrainingCheckpoint,
  { signal, onReading, onNotice }: TrainWatch,
): Promise<TrainingRecording[]> {
  const { sources, hashes, settings, read } = data;
  const recordings: TrainingRecording[] = [];
  let kept = 0;
  for (const [index, source] of sources.entries()) {
    const before = checkpoint.recording(index);
    kept += before === null ? 0 : 1;
    const onShare = (share: number): void =>
      onReading({ what: describeSource(source), index, count: sources.length, share });
    const recording = before ?? (await read(source, hashes[index]!, settings, { signal, onShare }));
    if (before === null) checkpoint.keepRecording(index, recording);
    recordings.push(recording);
  }
  if (kept > 0) onNotice(`${kept} of ${sources.length} recordings had been read before: ${checkpoint.folder}`);
  return recordings;
}

interface Split {
  readonly training: readonly TrainingRecording[];
  readonly validation: readonly TrainingRecording[];
}

function trainFrom(
  checkpoint: TrainingCheckpoint,
  split: Split,
  { backend, features, init }: Subject,
  order: TrainOrder,
  { signal, onEpoch, onNotice }: TrainWatch,
): Promise<TrainingResult> {
  const from = checkpoint.state(features.length);
  if (from !== null) onNotice(`going on after epoch ${from.epoch}: ${checkpoint.folder}`);
  const seen = (recordings: readonly TrainingRecording[]): LabelledExample[] =>
    windowsOf(recordings).map((example) => ({ ...example, rows: selectFeatures(example.rows, features) }));
  return trainNetwork(backend.tf, seen(split.training), seen(split.validation), {
    seed: order.settings.seed,
    epochs: order.epochs,
    learningRate: init === null ? LEARNING_RATE : FINE_TUNING_RATE,
    patience: PATIENCE,
    rounds: order.rounds,
    featureCount: features.length,
    init,
    from,
    onEpoch: async (losses, state) => {
      checkpoint.keepState(state);
      onEpoch({ epoch: state.epoch, epochs: order.epochs, losses });
      // Ctrl-C is heard between epochs.
      await setImmediate();
      if (signal.aborted) throw new SourceError(`stopped after epoch ${state.epoch}; ${GOES_ON}`, { retriable: true });
    },
  });
}

function calibrate(
  { layers, epochs, validationLoss }: TrainingResult,
  { training, validation }: Split,
  { backend, features, isPooled }: Subject,
  order: TrainOrder,
): { artifact: ModelArtifact; metrics: ValidationMetrics } {
  const examples = windowsOf(validation);
  const network = loadLayers(backend.tf, layers);
  const logits = logitsOf(
    backend.tf,
    network,
    examples.map(({ rows, calls }) => ({ rows: selectFeatures(rows, features), calls })),
  );
  disposeLayers(network);
  const temperature = temperatureOf(logits, examples);
  const model = { temperature, isPooled };
  const clean = examples.flatMap((example, i) => (example.guiltyRow >= 0 ? [] : scoresOf(logits[i]!, example, model)));
  const nullScores = nullScoresOf(clean);
  const metrics = validationMetrics(logits, examples, model);
  const { name } = order;
  const card = modelCard({
    name,
    features,
    isPooled,
    seed: order.settings.seed,
    backend: backend.name,
    layers,
    init: order.initPath,
    epochs,
    validationLoss,
    temperature,
    cleanScores: clean.length,
    metrics,
    kindWindows: FAULT_KINDS.map((_, kind) => windowsOf(training).filter((each) => each.kind === kind).length),
    training: training.map(describe),
    validation: validation.map(describe),
  });
  return { artifact: { name, features, isPooled, layers, temperature, nullScores, card }, metrics };
}

/** Takes the place of the artifact before, if there was one, only when it is whole and has been read back. */
async function writeArtifact(path: string, artifact: ModelArtifact): Promise<void> {
  const cardPath = path.replace(/\.json$/, ".md");
  await mkdir(dirname(path), { recursive: true });
  await writeFile(`${path}.part`, serializeArtifact(artifact));
  readArtifact(`${path}.part`);
  await writeFile(`${cardPath}.part`, artifact.card);
  await rename(`${path}.part`, path);
  await rename(`${cardPath}.part`, cardPath);
}

function describe({ name, hash, examples }: TrainingRecording) {
  const faultWindows = examples.filter(({ guiltyRow }) => guiltyRow >= 0).length;
  return { name, hash, cleanWindows: examples.length - faultWindows, faultWindows };
}
