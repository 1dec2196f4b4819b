import type { NodeScore, Scorer } from "../../src/contracts/score.ts";
import { meanOf, type NodeColumns, type Quantity, summarizeNodes } from "./node-columns.ts";
import { type Reference, restored } from "./reference.ts";
import { probabilityOfDeviation } from "./squash.ts";
import { UNIFORM_KINDS } from "./uniform-kinds.ts";

/** Fewer samples than this in a window make no mean worth comparing. */
export const MINIMUM_SAMPLES = 3;

export interface PerNodeOptions {
  readonly name: string;
  readonly quantities: readonly Quantity[];
  readonly createReference: () => Reference;
  /** Both sides count as strange (mean ± kσ), or only above (slower). */
  readonly sides: "both" | "above";
  /** Deviation at which the probability is ½: the baseline's own threshold. */
  readonly centre: number;
}

/** Scores each node by the largest deviation of its quantities from its own past; then learns the window. */
export function createPerNodeScorer(options: PerNodeOptions): Scorer {
  const references: Reference[][] = [];
  return {
    name: options.name,
    memory: {
      snapshot: () => references.map((own) => own.map((reference) => reference.snapshot())),
      restore(state: readonly (readonly unknown[])[]) {
        for (const own of state) references.push(own.map((saved) => restored(options.createReference(), saved)));
      },
    },
    score(forecast) {
      const { topology } = forecast.observation;
      const columns = summarizeNodes(forecast.observation);
      const nodes = topology.nodes.map((node): NodeScore => {
        references[node.index] ??= options.quantities.map(() => options.createReference());
        const own = references[node.index]!;
        const deviation = largestDeviation(own, columns, node.index, options);
        learnWindow(own, columns, node.index, options.quantities);
        return {
          node: node.index,
          probability: probabilityOfDeviation(deviation, options.centre),
          kindProbabilities: UNIFORM_KINDS,
          pValue: null,
          residualZ: deviation,
        };
      });
      return { forecast, scorer: options.name, nodes };
    },
  };
}

function largestDeviation(
  own: readonly Reference[],
  columns: NodeColumns,
  node: number,
  options: PerNodeOptions,
): number {
  let largest = 0;
  for (const [i, quantity] of options.quantities.entries()) {
    const signed = own[i]!.deviation(meanOf(columns, quantity, node, MINIMUM_SAMPLES));
    const deviation = options.sides === "both" ? Math.abs(signed) : signed;
    if (deviation > largest) largest = deviation;
  }
  return largest;
}

function learnWindow(
  own: readonly Reference[],
  columns: NodeColumns,
  node: number,
  quantities: readonly Quantity[],
): void {
  for (const [i, quantity] of quantities.entries()) own[i]!.learn(meanOf(columns, quantity, node, MINIMUM_SAMPLES));
}
