import type { Tensor2D, Variable } from "@tensorflow/tfjs";
import { FAULT_KINDS } from "../src/contracts/score.ts";
import type { LayerWeights } from "./artifact.ts";
import type { Tensorflow } from "./backend.ts";
import { FEATURE_COUNT } from "./features.ts";

/** One guilt logit, then one logit a kind. */
export const OUTPUT_COUNT = 1 + FAULT_KINDS.length;
const LAYER_SIZES = [FEATURE_COUNT, 32, 32, OUTPUT_COUNT] as const;

export interface LayerVariables {
  readonly kernel: Variable;
  readonly bias: Variable;
}

/** Dense layers with He initialisation from a seed. */
export function freshLayers(tf: Tensorflow, seed: number): LayerVariables[] {
  return LAYER_SIZES.slice(1).map((outputSize, k) => {
    const inputSize = LAYER_SIZES[k]!;
    const kernel = tf.randomNormal([inputSize, outputSize], 0, Math.sqrt(2 / inputSize), "float32", seed + k);
    return { kernel: tf.variable(kernel), bias: tf.variable(tf.zeros([outputSize])) };
  });
}

export function loadLayers(tf: Tensorflow, layers: readonly LayerWeights[]): LayerVariables[] {
  return layers.map((layer) => ({
    kernel: tf.variable(tf.tensor2d(layer.kernel, [layer.inputSize, layer.outputSize])),
    bias: tf.variable(tf.tensor1d(layer.bias)),
  }));
}

export function storeLayers(layers: readonly LayerVariables[]): LayerWeights[] {
  return layers.map(({ kernel, bias }) => ({
    inputSize: kernel.shape[0]!,
    outputSize: kernel.shape[1]!,
    kernel: Float32Array.from(kernel.dataSync()),
    bias: Float32Array.from(bias.dataSync()),
  }));
}

/** Logits of feature rows: [nodes, FEATURE_COUNT] → [nodes, OUTPUT_COUNT]. The same weights for every node. */
export function forward(tf: Tensorflow, layers: readonly LayerVariables[], rows: Tensor2D): Tensor2D {
  let values: Tensor2D = rows;
  layers.forEach(({ kernel, bias }, k) => {
    const sum = tf.add(tf.matMul(values, kernel as unknown as Tensor2D), bias) as Tensor2D;
    values = k < layers.length - 1 ? tf.relu(sum) : sum;
  });
  return values;
}
