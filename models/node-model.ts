import type { Forecast } from "../src/contracts/forecast.ts";
import type { NodeScore, Scored, Scorer } from "../src/contracts/score.ts";
import type { ModelArtifact } from "./artifact.ts";
import type { Backend } from "./backend.ts";
import { probabilityOfDeviation } from "./baselines/squash.ts";
import { RESIDUAL_CENTRE } from "./baselines/twin-residual.ts";
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
        const residualZ = largestOf(evidence[i]!);
        return {
          node: node.node,
          probability: pooledProbability(guilt, probabilityOfDeviation(residualZ, RESIDUAL_CENTRE)),
          kindProbabilities: softmax(logits.subarray(at + 1, at + OUTPUT_COUNT) as Float32Array),
          residualZ,
        };
      });
      return { forecast, scorer: artifact.name, nodes };
    },
  };
}

/** No opinion of either weighs more than this log odds. */
const OPINION_MAX = 6;

/**
 * Logarithmic opinion pool of the network and the twin's own residuals, equal weights: on applications it was not trained
 * on the network may be sure of nonsense, and what it knows of kinds and neighbours the residuals do not.
 */
function pooledProbability(networkLogOdds: number, residualProbability: number): number {
  const residualLogOdds = Math.log(Math.max(1e-6, residualProbability) / Math.max(1e-6, 1 - residualProbability));
  const pooled = (bounded(networkLogOdds) + bounded(residualLogOdds)) / 2;
  return 1 / (1 + Math.exp(-pooled));
}

function bounded(logOdds: number): number {
  return Math.max(-OPINION_MAX, Math.min(OPINION_MAX, logOdds));
}

function softmax(logits: Float32Array): number[] {
  const top = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - top));
  const total = powers.reduce((sum, each) => sum + each, 0);
  return powers.map((each) => each / total);
}
