import type { NodeScore, Scorer } from "../../src/contracts/score.ts";
import { probabilityOfDeviation } from "./squash.ts";
import { RESIDUAL_CENTRE } from "./twin-residual.ts";
import { UNIFORM_KINDS } from "./uniform-kinds.ts";

/**
 * The arg-max of the local residual: a node is as suspect as its largest residual of any quantity, whatever its callers
 * and callees show. What attribution is worth is the distance to it.
 */
export function createLocalResidual(): Scorer {
  return {
    name: "local-residual",
    score(forecast) {
      const nodes = forecast.nodes.map((node): NodeScore => {
        let residualZ = 0;
        for (const residual of [node.service, node.sojourn, node.gapIn, node.gapOut, node.lag]) {
          if (residual !== null && residual.z > residualZ) residualZ = residual.z;
        }
        const probability = probabilityOfDeviation(residualZ, RESIDUAL_CENTRE);
        return { node: node.node, probability, kindProbabilities: UNIFORM_KINDS, pValue: null, residualZ };
      });
      return { forecast, scorer: "local-residual", nodes };
    },
  };
}
