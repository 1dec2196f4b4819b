import type { Scalar } from "@tensorflow/tfjs";
import type { Tensorflow } from "./backend.ts";
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
import { firstState, resume, stateOf, type TrainingState, variablesOf } from "./training-state.ts";

export interface TrainingOptions {
  readonly seed: number;
  readonly epochs: number;
  readonly learningRate: number;
  /** Stop after this many epochs without a better validation loss. */
  readonly patience: number;
  readonly rounds: MessageRounds;
  /** Columns of the examples' rows. */
  readonly featureCount: number;
  /** Weights to begin at; null for fresh ones. */
  readonly init: readonly LayerWeights[] | null;
  /** Where an interrupted training of the same examples and options stood; null to begin. */
  readonly from: TrainingState | null;
  /** Waited for, after every epoch: whoever keeps the state can go on from it. */
  readonly onEpoch: (losses: EpochLosses, state: TrainingState) => Promise<void> | void;
}

export interface EpochLosses {
  readonly training: number;
  readonly validation: number;
}

export interface TrainingResult {
  readonly layers: readonly LayerWeights[];
  /** The best one; 0 when none bettered the weights that training began at. */
  readonly epochs: number;
  readonly validationLoss: number;
}

const WINDOWS_A_BATCH = 256;
const KIND_WEIGHT = 0.3;
const WEIGHT_DECAY = 1e-4;
/** Validation losses closer than this are the same. */
const BETTER_BY = 1e-4;

/**
 * Trains the network by Adam; early stopping on the validation set. The same for the same seed and backend, whether in one
 * go or gone on with from a state of its own.
 */
export async function trainNetwork(
  tf: Tensorflow,
  training: readonly TrainingExample[],
  validation: readonly TrainingExample[],
  options: TrainingOptions,
): Promise<TrainingResult> {
  const sizes = { featureCount: options.featureCount, windowsMax: WINDOWS_A_BATCH };
  const batches = batchesOf(tf, shuffled(training, options.seed), sizes);
  const validationBatches = batchesOf(tf, validation, sizes);
  try {
    const { init } = options;
    // What one begins with from an artifact is to be bettered, or kept.
    const known = init === null ? Number.POSITIVE_INFINITY : lossOn(tf, init, validationBatches);
    let state = options.from ?? firstState(init ?? drawLayers(tf, options), known);
    while (state.epoch < options.epochs && state.epoch - state.best.epoch < options.patience) {
      const { next, losses } = await epochFrom(tf, state, { batches, validationBatches }, options.learningRate);
      if (!Number.isFinite(losses.training)) break;
      state = next;
      await options.onEpoch(losses, state);
    }
    return { layers: state.best.layers, epochs: state.best.epoch, validationLoss: state.best.loss };
  } finally {
    for (const batch of [...batches, ...validationBatches]) disposeBatch(batch);
  }
}

/** One pass over the batches. All it needs of those before is in the state: that is why training can be interrupted. */
async function epochFrom(
  tf: Tensorflow,
  state: TrainingState,
  data: { readonly batches: readonly Batch[]; readonly validationBatches: readonly Batch[] },
  learningRate: number,
): Promise<{ next: TrainingState; losses: EpochLosses }> {
  const { layers, optimizer } = await resume(tf, state, learningRate);
  const training = mean(data.batches, (batch) => {
    const cost = optimizer.minimize(() => lossOf(tf, layers, batch, WEIGHT_DECAY), true, variablesOf(layers))!;
    const loss = cost.dataSync()[0]!;
    cost.dispose();
    return loss;
  });
  const validation = meanLoss(tf, layers, data.validationBatches);
  const after = await stateOf(layers, optimizer);
  disposeLayers(layers);
  optimizer.dispose();
  const epoch = state.epoch + 1;
  const isBetter = validation < state.best.loss - BETTER_BY;
  const best = isBetter ? { layers: after.layers, loss: validation, epoch } : state.best;
  return { next: { ...after, epoch, best }, losses: { training, validation } };
}

function drawLayers(tf: Tensorflow, { seed, rounds, featureCount }: TrainingOptions): LayerWeights[] {
  const layers = freshLayers(tf, seed, rounds, featureCount);
  const weights = storeLayers(layers);
  disposeLayers(layers);
  return weights;
}

/** Logits of each example's nodes: [nodes, OUTPUT_COUNT] row-major. */
export function logitsOf(
  tf: Tensorflow,
  layers: readonly LayerVariables[],
  examples: readonly Pick<TrainingExample, "rows" | "calls">[],
): Float32Array[] {
  const featureCount = layers[0]!.kernel.shape[0]!;
  return examples.map((example) =>
    tf.tidy(() => {
      const all = forward(tf, layers, windowTensors(tf, [example], featureCount)).dataSync() as Float32Array;
      return all.slice(0, (example.rows.length / featureCount) * OUTPUT_COUNT);
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

function lossOn(tf: Tensorflow, weights: readonly LayerWeights[], batches: readonly Batch[]): number {
  const layers = loadLayers(tf, weights);
  const loss = meanLoss(tf, layers, batches);
  disposeLayers(layers);
  return loss;
}

function meanLoss(tf: Tensorflow, layers: readonly LayerVariables[], batches: readonly Batch[]): number {
  return mean(batches, (batch) => tf.tidy(() => lossOf(tf, layers, batch, 0).dataSync()[0]!));
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
