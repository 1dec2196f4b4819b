import type { Forecast } from "../src/contracts/forecast.ts";
import type { NodeScore, Scored, Scorer } from "../src/contracts/score.ts";
import type { ModelArtifact } from "./artifact.ts";
import type { Backend } from "./backend.ts";
import { evidenceOf, largestOf } from "./baselines/twin-residual-evidence.ts";
import { FEATURE_COUNT, featureRows } from "./features.ts";
import { forward, loadLayers, OUTPUT_COUNT } from "./network.ts";

/** The shipped model: one small network, the same for every node, on the twin's residuals. */
export function createNodeModel(backend: Backend, artifact: ModelArtifact): Scorer {
  const { tf } = backend;
  const layers = loadLayers(tf, artifact.layers);
  return {
    name: artifact.name,
    score(forecast: Forecast): Scored {
      const count = forecast.nodes.length;
      if (count === 0) {
        return { forecast, scorer: artifact.name, nodes: [] };
      }
      const logits = tf.tidy(() =>
        forward(tf, layers, tf.tensor2d(featureRows(forecast), [count, FEATURE_COUNT])).dataSync(),
      );
      const evidence = evidenceOf(forecast);
      const nodes = forecast.nodes.map((node, i): NodeScore => {
        const at = i * OUTPUT_COUNT;
        const guilt = logits[at]! / artifact.temperature + artifact.offset;
        return {
          node: node.node,
          probability: 1 / (1 + Math.exp(-guilt)),
          kindProbabilities: softmax(logits.subarray(at + 1, at + OUTPUT_COUNT) as Float32Array),
          residualZ: largestOf(evidence[i]!),
        };
      });
      return { forecast, scorer: artifact.name, nodes };
    },
  };
}

function softmax(logits: Float32Array): number[] {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - top));
  const total = powers.reduce((sum, each) => sum + each, 0);
  return powers.map((each) => each / total);
}
