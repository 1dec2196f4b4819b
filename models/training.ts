import type { Scalar, Tensor2D } from "@tensorflow/tfjs";
import type { LayerWeights } from "./artifact.ts";
import type { Tensorflow } from "./backend.ts";
import { FEATURE_COUNT } from "./features.ts";
import { forward, freshLayers, type LayerVariables, loadLayers, OUTPUT_COUNT, storeLayers } from "./network.ts";

/** One window of one recording. */
export interface TrainingExample {
  /** [nodes, FEATURE_COUNT] row-major. */
  readonly rows: Float32Array;
  /** Row of the guilty node, −1 when nothing is wrong. */
  readonly guiltyRow: number;
  /** Index in `FAULT_KINDS`, −1 when nothing is wrong. */
  readonly kind: number;
}

export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Stop after this many epochs without a better validation loss. */
  readonly patience: number;
  readonly init: readonly LayerWeights[] | null;
  readonly onEpoch: (epoch: number, trainingLoss: number, validationLoss: number) => void;
}

export interface TrainingResult {
  readonly layers: readonly LayerWeights[];
  readonly epochs: number;
  readonly validationLoss: number;
  readonly temperature: number;
  readonly offset: number;
}

/** Share of clean node-windows of the validation set that may look more guilty than not. */
const CLEAN_GUILTY_SHARE = 0.002;
/** A guilty row counts as much as this many innocent ones: there is one a window among a dozen. */
const GUILTY_WEIGHT = 6;
const KIND_WEIGHT = 0.5;
const WEIGHT_DECAY = 1e-4;

/** Trains the node network; early stopping on the validation set, which also calibrates the guilt logit. */
export function trainNetwork(
  tf: Tensorflow,
  training: readonly TrainingExample[],
  validation: readonly TrainingExample[],
  options: TrainingOptions,
): TrainingResult {
  const layers = options.init === null ? freshLayers(tf, options.seed) : loadLayers(tf, options.init);
  const trainingSet = toTensors(tf, training);
  const validationSet = toTensors(tf, validation);
  const optimizer = tf.train.adam(options.learningRate);
  let best = { layers: storeLayers(layers), loss: Number.POSITIVE_INFINITY, epoch: 0 };
  for (let epoch = 1; epoch <= options.epochs; epoch++) {
    const cost = optimizer.minimize(() => lossOf(tf, layers, trainingSet, WEIGHT_DECAY), true)!;
    const trainingLoss = cost.dataSync()[0]!;
    cost.dispose();
    const validationLoss = tf.tidy(() => lossOf(tf, layers, validationSet, 0).dataSync()[0]!);
    if (!Number.isFinite(trainingLoss)) {
      break;
    }
    if (validationLoss < best.loss - 1e-5) {
      best = { layers: storeLayers(layers), loss: validationLoss, epoch };
    }
    options.onEpoch(epoch, trainingLoss, validationLoss);
    if (epoch - best.epoch >= options.patience) {
      break;
    }
  }
  const calibration = calibrateGuilt(guiltLogits(tf, best.layers, validation), validation);
  optimizer.dispose();
  return { layers: best.layers, epochs: best.epoch, validationLoss: best.loss, ...calibration };
}

interface ExampleTensors {
  readonly rows: Tensor2D;
  readonly guilt: Tensor2D;
  readonly guiltWeight: Tensor2D;
  readonly kind: Tensor2D;
}

/** All rows of all examples under each other: the network sees nodes, not windows. */
function toTensors(tf: Tensorflow, examples: readonly TrainingExample[]): ExampleTensors {
  const total = examples.reduce((sum, example) => sum + example.rows.length / FEATURE_COUNT, 0);
  const rows = new Float32Array(total * FEATURE_COUNT);
  const guilt = new Float32Array(total);
  const weight = new Float32Array(total).fill(1);
  const kindCount = KIND_COUNT;
  const kind = new Float32Array(total * kindCount);
  let at = 0;
  for (const example of examples) {
    rows.set(example.rows, at * FEATURE_COUNT);
    if (example.guiltyRow >= 0) {
      guilt[at + example.guiltyRow] = 1;
      weight[at + example.guiltyRow] = GUILTY_WEIGHT;
      kind[(at + example.guiltyRow) * kindCount + example.kind] = 1;
    }
    at += example.rows.length / FEATURE_COUNT;
  }
  return {
    rows: tf.tensor2d(rows, [total, FEATURE_COUNT]),
    guilt: tf.tensor2d(guilt, [total, 1]),
    guiltWeight: tf.tensor2d(weight, [total, 1]),
    kind: tf.tensor2d(kind, [total, kindCount]),
  };
}

/** Weighted cross-entropy of guilt over all nodes, and of the kind over the guilty ones. */
function lossOf(tf: Tensorflow, layers: readonly LayerVariables[], examples: ExampleTensors, decay: number): Scalar {
  const logits = forward(tf, layers, examples.rows);
  const rowCount = logits.shape[0];
  const guiltLogit = tf.slice2d(logits, [0, 0], [rowCount, 1]);
  const kindLogits = tf.slice2d(logits, [0, 1], [rowCount, KIND_COUNT]);
  // softplus(x) − y·x is the cross-entropy of a logistic without overflow.
  const perRow = tf.sub(tf.softplus(guiltLogit), tf.mul(examples.guilt, guiltLogit));
  const guiltLoss = tf.div(tf.sum(tf.mul(perRow, examples.guiltWeight)), tf.sum(examples.guiltWeight));
  const kindPerRow = tf.neg(tf.sum(tf.mul(tf.logSoftmax(kindLogits), examples.kind)));
  const kindLoss = tf.div(kindPerRow, tf.add(tf.sum(examples.kind), 1));
  let loss = tf.add(guiltLoss, tf.mul(kindLoss, KIND_WEIGHT));
  for (const { kernel } of decay > 0 ? layers : []) {
    loss = tf.add(loss, tf.mul(tf.sum(tf.square(kernel)), decay));
  }
  return loss as Scalar;
}

const KIND_COUNT = OUTPUT_COUNT - 1;

function guiltLogits(
  tf: Tensorflow,
  weights: readonly LayerWeights[],
  examples: readonly TrainingExample[],
): Float32Array[] {
  const layers = loadLayers(tf, weights);
  return examples.map((example) =>
    tf.tidy(() => {
      const count = example.rows.length / FEATURE_COUNT;
      const logits = forward(tf, layers, tf.tensor2d(example.rows, [count, FEATURE_COUNT]));
      return Float32Array.from(tf.slice2d(logits, [0, 0], [count, 1]).dataSync());
    }),
  );
}

/**
 * Scale and offset of the guilt logit: the temperature that makes the validation set likeliest, then an offset that
 * leaves at most `CLEAN_GUILTY_SHARE` of clean node-windows above one half.
 */
export function calibrateGuilt(
  logits: readonly Float32Array[],
  examples: readonly TrainingExample[],
): { temperature: number; offset: number } {
  let best = { temperature: 1, cost: Number.POSITIVE_INFINITY };
  for (let temperature = 0.5; temperature <= 4; temperature += 0.1) {
    let cost = 0;
    logits.forEach((row, e) => {
      row.forEach((logit, i) => {
        const x = logit / temperature;
        cost += Math.log1p(Math.exp(-Math.abs(x))) + Math.max(x, 0) - (examples[e]!.guiltyRow === i ? x : 0);
      });
    });
    if (cost < best.cost) {
      best = { temperature, cost };
    }
  }
  const clean: number[] = [];
  logits.forEach((row, e) => {
    if (examples[e]!.guiltyRow < 0) {
      clean.push(...row);
    }
  });
  clean.sort((a, b) => b - a);
  const limit = clean[Math.floor(clean.length * CLEAN_GUILTY_SHARE)] ?? 0;
  return { temperature: best.temperature, offset: Math.min(0, -limit / best.temperature) };
}
