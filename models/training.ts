import type { Scalar } from "@tensorflow/tfjs";
import type { Tensorflow } from "./backend.ts";
import { FEATURE_COUNT } from "./features.ts";
import {
  disposeLayers,
  forward,
  freshLayers,
  type LayerVariables,
  type LayerWeights,
  loadLayers,
  type MessageRounds,
  OUTPUT_COUNT,
  storeLayers,
} from "./network.ts";
import { type Batch, batchesOf, disposeBatch, type TrainingExample, windowTensors } from "./training-batches.ts";

export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Stop after this many epochs without a better validation loss. */
  readonly patience: number;
  readonly rounds: MessageRounds;
  readonly init: readonly LayerWeights[] | null;
  readonly onEpoch: (epoch: number, trainingLoss: number, validationLoss: number) => void;
}

export interface TrainingResult {
  readonly layers: readonly LayerWeights[];
  readonly epochs: number;
  readonly validationLoss: number;
}

const WINDOWS_A_BATCH = 256;
const KIND_WEIGHT = 0.3;
const WEIGHT_DECAY = 1e-4;
/** Validation losses closer than this are the same. */
const BETTER_BY = 1e-4;

/** Trains the network by Adam; early stopping on the validation set. The same for the same seed and backend. */
export function trainNetwork(
  tf: Tensorflow,
  training: readonly TrainingExample[],
  validation: readonly TrainingExample[],
  options: TrainingOptions,
): TrainingResult {
  const layers = options.init === null ? freshLayers(tf, options.seed, options.rounds) : loadLayers(tf, options.init);
  const batches = batchesOf(tf, shuffled(training, options.seed), WINDOWS_A_BATCH);
  const validationBatches = batchesOf(tf, validation, WINDOWS_A_BATCH);
  const optimizer = tf.train.adam(options.learningRate);
  let best = { layers: storeLayers(layers), loss: Number.POSITIVE_INFINITY, epoch: 0 };
  for (let epoch = 1; epoch <= options.epochs && epoch - best.epoch <= options.patience; epoch++) {
    const trainingLoss = mean(batches, (batch) => {
      const cost = optimizer.minimize(() => lossOf(tf, layers, batch, WEIGHT_DECAY), true)!;
      const loss = cost.dataSync()[0]!;
      cost.dispose();
      return loss;
    });
    const validationLoss = mean(validationBatches, (batch) =>
      tf.tidy(() => lossOf(tf, layers, batch, 0).dataSync()[0]!),
    );
    if (!Number.isFinite(trainingLoss)) break;
    if (validationLoss < best.loss - BETTER_BY) best = { layers: storeLayers(layers), loss: validationLoss, epoch };
    options.onEpoch(epoch, trainingLoss, validationLoss);
  }
  for (const batch of [...batches, ...validationBatches]) disposeBatch(batch);
  disposeLayers(layers);
  optimizer.dispose();
  return { layers: best.layers, epochs: best.epoch, validationLoss: best.loss };
}

/** Logits of each example's nodes: [nodes, OUTPUT_COUNT] row-major. */
export function logitsOf(
  tf: Tensorflow,
  layers: readonly LayerVariables[],
  examples: readonly Pick<TrainingExample, "rows" | "calls">[],
): Float32Array[] {
  return examples.map((example) =>
    tf.tidy(() => {
      const all = forward(tf, layers, windowTensors(tf, [example])).dataSync() as Float32Array;
      return all.slice(0, (example.rows.length / FEATURE_COUNT) * OUTPUT_COUNT);
    }),
  );
}

/**
 * Cross-entropy of who is guilty, one of the window's nodes or nobody (whose logit is 0), and of the kind of the guilty
 * ones: so a guilt logit is the log of the odds that it is this node rather than nobody.
 */
function lossOf(tf: Tensorflow, layers: readonly LayerVariables[], batch: Batch, decay: number): Scalar {
  const logits = forward(tf, layers, batch);
  const [count, size] = batch.rows.shape;
  const guilt = tf.reshape(tf.slice2d(logits, [0, 0], [count * size, 1]), [count, size]);
  const choices = tf.add(tf.concat2d([guilt as never, tf.zeros([count, 1])], 1), batch.absence);
  const guiltLoss = tf.div(tf.neg(tf.sum(tf.mul(tf.logSoftmax(choices), batch.guilty))), count);
  const kinds = tf.slice2d(logits, [0, 1], [count * size, OUTPUT_COUNT - 1]);
  const kindSum = tf.neg(tf.sum(tf.mul(tf.logSoftmax(kinds), batch.kind)));
  let loss = tf.add(guiltLoss, tf.mul(tf.div(kindSum, count), KIND_WEIGHT));
  for (const { kernel } of decay > 0 ? layers : []) loss = tf.add(loss, tf.mul(tf.sum(tf.square(kernel)), decay));
  return loss as Scalar;
}

function mean<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((sum, item) => sum + of(item), 0) / items.length;
}

/** Fisher and Yates, by a small multiplicative generator: which windows share a batch must not depend on their order. */
function shuffled<Item>(items: readonly Item[], seed: number): Item[] {
  const result = [...items];
  let state = (seed >>> 0) * 2 + 1;
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}
