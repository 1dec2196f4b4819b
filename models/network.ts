import type { Tensor, Tensor2D, Tensor3D, Variable } from "@tensorflow/tfjs";
import { FAULT_KINDS } from "../src/contracts/score.ts";
import type { Tensorflow } from "./backend.ts";

/** One guilt logit, then one logit a kind. */
export const OUTPUT_COUNT = 1 + FAULT_KINDS.length;
const HIDDEN_COUNT = 32;
/** What a node hears besides itself: the mean over its callees, and over its callers. */
const HEARD = 3;

/** A dense layer as numbers. */
export interface LayerWeights {
  readonly inputSize: number;
  readonly outputSize: number;
  /** [inputSize, outputSize] row-major, then [outputSize]. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
}

export interface LayerVariables {
  readonly kernel: Variable;
  readonly bias: Variable;
}

/** Whether nodes tell their neighbours what they see: one round of messages along the calls, or none. */
export type MessageRounds = 0 | 1;

/** A batch of windows of up to `size` nodes each, as tensors; rows beyond a window's nodes are 0. */
export interface WindowTensors {
  /** [windows, size, features] */
  readonly rows: Tensor3D;
  /** [windows, size, size]: see `writeAverages`. */
  readonly callees: Tensor3D;
  readonly callers: Tensor3D;
}

/** Three dense layers with He initialisation from a seed: what a node sees, what it makes of it and of messages, what it says. */
export function freshLayers(
  tf: Tensorflow,
  seed: number,
  rounds: MessageRounds,
  featureCount: number,
): LayerVariables[] {
  const heard = rounds === 0 ? HIDDEN_COUNT : HEARD * HIDDEN_COUNT;
  const sizes = [
    [featureCount, HIDDEN_COUNT],
    [heard, HIDDEN_COUNT],
    [HIDDEN_COUNT, OUTPUT_COUNT],
  ] as const;
  return sizes.map(([inputSize, outputSize], k) =>
    layerOf(tf, () => ({
      kernel: tf.randomNormal([inputSize, outputSize], 0, Math.sqrt(2 / inputSize), "float32", seed + k),
      bias: tf.zeros([outputSize]),
    })),
  );
}

export function loadLayers(tf: Tensorflow, layers: readonly LayerWeights[]): LayerVariables[] {
  return layers.map(({ kernel, bias, inputSize, outputSize }) =>
    layerOf(tf, () => ({ kernel: tf.tensor2d(kernel, [inputSize, outputSize]), bias: tf.tensor1d(bias) })),
  );
}

/** Variables outlive the tensors they are made of, which nobody else would clear away. */
function layerOf(tf: Tensorflow, make: () => { kernel: Tensor; bias: Tensor }): LayerVariables {
  return tf.tidy(() => {
    const { kernel, bias } = make();
    return { kernel: tf.variable(kernel), bias: tf.variable(bias) };
  });
}

export function disposeLayers(layers: readonly LayerVariables[]): void {
  for (const { kernel, bias } of layers) {
    kernel.dispose();
    bias.dispose();
  }
}

export function storeLayers(layers: readonly LayerVariables[]): LayerWeights[] {
  return layers.map(({ kernel, bias }) => ({
    inputSize: kernel.shape[0]!,
    outputSize: kernel.shape[1]!,
    kernel: Float32Array.from(kernel.dataSync()),
    bias: Float32Array.from(bias.dataSync()),
  }));
}

/** Whether layers of these sizes fit each other and a network of so many features; `sizes` are [input, output] of each. */
export function areLayers(sizes: readonly (readonly [number, number])[], featureCount: number): boolean {
  const [seeing, thinking, saying] = sizes;
  if (sizes.length !== 3 || seeing![0] !== featureCount || saying![1] !== OUTPUT_COUNT) return false;
  const isPlain = thinking![0] === seeing![1];
  return (isPlain || thinking![0] === HEARD * seeing![1]) && thinking![1] === saying![0];
}

/** Whether a network of these layers passes messages. */
export function roundsOf([seeing, thinking]: readonly LayerWeights[]): MessageRounds {
  return thinking!.inputSize === HEARD * seeing!.outputSize ? 1 : 0;
}

/** Logits of all nodes of all windows: [windows · size, OUTPUT_COUNT]. The same weights for every node. */
export function forward(tf: Tensorflow, layers: readonly LayerVariables[], windows: WindowTensors): Tensor2D {
  const [seeing, thinking, saying] = layers as readonly [LayerVariables, LayerVariables, LayerVariables];
  const [count, size, featureCount] = windows.rows.shape;
  const seen = tf.relu(dense(tf, tf.reshape(windows.rows, [count * size, featureCount]), seeing)) as Tensor2D;
  const width = seen.shape[1];
  const hasMessages = thinking.kernel.shape[0] === HEARD * width;
  const heard = (by: Tensor3D): Tensor2D =>
    tf.reshape(tf.matMul(by, tf.reshape(seen, [count, size, width])), [count * size, width]);
  const known = hasMessages ? tf.concat2d([seen, heard(windows.callees), heard(windows.callers)], 1) : seen;
  return dense(tf, tf.relu(dense(tf, known, thinking)) as Tensor2D, saying);
}

function dense(tf: Tensorflow, values: Tensor2D, { kernel, bias }: LayerVariables): Tensor2D {
  return tf.add(tf.matMul(values, kernel as unknown as Tensor2D), bias) as Tensor2D;
}
