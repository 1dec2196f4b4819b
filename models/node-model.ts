import type { Forecast } from "../src/contracts/forecast.ts";
import type { NodeScore, Scored, Scorer } from "../src/contracts/score.ts";
import type { ModelArtifact } from "./artifact.ts";
import type { Backend } from "./backend.ts";
import { evidenceOf, largestOf } from "./baselines/twin-residual-evidence.ts";
import { rowsOf } from "./feature-sets.ts";
import { callPairsOf } from "./neighbours.ts";
import { loadLayers, OUTPUT_COUNT } from "./network.ts";
import { pValueOf } from "./null-scores.ts";
import { scoreOf } from "./score.ts";
import { logitsOf } from "./training.ts";

/** The shipped model: one small network, the same for every node, on the twin's residuals and those of its neighbours. */
export function createNodeModel(backend: Backend, artifact: ModelArtifact): Scorer {
  const { tf } = backend;
  const layers = loadLayers(tf, artifact.layers);
  return {
    name: artifact.name,
    score(forecast: Forecast): Scored {
      if (forecast.nodes.length === 0) return { forecast, scorer: artifact.name, nodes: [] };
      const example = { rows: rowsOf(forecast, artifact.features), calls: callPairsOf(forecast) };
      const logits = logitsOf(tf, layers, [example])[0]!;
      const evidence = evidenceOf(forecast);
      const nodes = forecast.nodes.map((node, row): NodeScore => {
        const at = row * OUTPUT_COUNT;
        const residualZ = largestOf(evidence[row]!);
        const logOdds = scoreOf(logits[at]! / artifact.temperature, residualZ, artifact.isPooled);
        return {
          node: node.node,
          probability: 1 / (1 + Math.exp(-logOdds)),
          kindProbabilities: softmax(logits.subarray(at + 1, at + OUTPUT_COUNT)),
          pValue: pValueOf(logOdds, artifact.nullScores),
          residualZ,
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
