import type { NodeScore, Scorer } from "../../src/contracts/score.ts";
import { probabilityOfDeviation } from "./squash.ts";
import { evidenceOf, largestOf } from "./twin-residual-evidence.ts";
import { kindProbabilitiesOf } from "./twin-residual-kinds.ts";

/** The largest of eight standardised residuals passes 4 by chance about once in 4000 windows of a node. */
export const RESIDUAL_CENTRE = 4;

export interface TwinResidualOptions {
  /** Residual, in standard deviations, at which the probability is ½. */
  readonly centre?: number;
}

/** The twin without a learned model: a node is as suspect as its largest residual. Nothing is learned here. */
export function createTwinResidual(options: TwinResidualOptions = {}): Scorer {
  const centre = options.centre ?? RESIDUAL_CENTRE;
  return {
    name: "twin-residual",
    score(forecast) {
      const evidence = evidenceOf(forecast);
      const nodes = forecast.nodes.map((node, row): NodeScore => {
        const own = evidence[row]!;
        const residualZ = largestOf(own);
        const kind = forecast.observation.topology.nodes[node.node]!.kind;
        return {
          node: node.node,
          probability: probabilityOfDeviation(residualZ, centre),
          kindProbabilities: kindProbabilitiesOf(own, node, kind),
          pValue: null,
          residualZ,
        };
      });
      return { forecast, scorer: "twin-residual", nodes };
    },
  };
}
