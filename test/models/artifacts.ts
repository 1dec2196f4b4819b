import type { ModelArtifact } from "../../models/artifact.ts";
import { FEATURE_SETS } from "../../models/feature-sets.ts";
import { type LayerWeights, OUTPUT_COUNT } from "../../models/network.ts";
import { normal, stream } from "../../twin/kernel/random.ts";

/** Weights drawn from a seed, of the size the network has. */
export function someLayers(seed = 1, featureCount: number = FEATURE_SETS.full.features.length): LayerWeights[] {
  const random = stream(seed, 0, "weights");
  const sizes = [featureCount, 32, 32, OUTPUT_COUNT];
  return sizes.slice(1).map((outputSize, k) => {
    const inputSize = sizes[k]!;
    return {
      inputSize,
      outputSize,
      kernel: Float32Array.from({ length: inputSize * outputSize }, () => normal(random, 0, 0.2)),
      bias: Float32Array.from({ length: outputSize }, () => normal(random, 0, 0.1)),
    };
  });
}

export function anArtifact(changes: Partial<ModelArtifact> = {}): ModelArtifact {
  return {
    name: "test-model",
    ...FEATURE_SETS.full,
    layers: someLayers(),
    temperature: 1.5,
    nullScores: { scores: [-6, -3, 0, 1], chances: [1, 0.5, 0.01, 0.001], tailScale: 1 },
    card: "# test-model\n",
    ...changes,
  };
}
