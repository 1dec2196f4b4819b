import { createMeanReference, type Reference } from "../../models/baselines/reference.ts";
import { probabilityOfDeviation } from "../../models/baselines/squash.ts";
import { UNIFORM_KINDS } from "../../models/baselines/uniform-kinds.ts";
import type { NodeScore, Scorer } from "../../src/contracts/score.ts";

const VISITS_MIN = 5;
const CENTRE = 4;

/**
 * What most alerts on latency do: the logarithm of each node's p95 of the window against its mean and standard deviation
 * in the past. Blind to load.
 */
export function createStaticP95(options: { readonly learningWindows: number }): Scorer {
  const references: Reference[] = [];
  const createReference = (): Reference =>
    createMeanReference({ warmUpWindows: options.learningWindows, memoryWindows: 360, clampAt: CENTRE });
  return {
    name: "static-p95",
    score(forecast) {
      const { topology, visits } = forecast.observation;
      const rows = Map.groupBy(visits.operation.keys(), (row) => topology.operations[visits.operation[row]!]!.node);
      const nodes = topology.nodes.map((node): NodeScore => {
        references[node.index] ??= createReference();
        const p95 = p95Of((rows.get(node.index) ?? []).map((row) => visits.sojournSeconds[row]!));
        const deviation = Math.max(0, references[node.index]!.deviation(Math.log(p95)) || 0);
        references[node.index]!.learn(Math.log(p95));
        const probability = probabilityOfDeviation(deviation, CENTRE);
        return { node: node.index, probability, kindProbabilities: UNIFORM_KINDS, pValue: null, residualZ: deviation };
      });
      return { forecast, scorer: "static-p95", nodes };
    },
  };
}

/** NaN with too few. */
function p95Of(seconds: readonly number[]): number {
  if (seconds.length < VISITS_MIN) return Number.NaN;
  const sorted = [...seconds].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.95 * sorted.length))]!;
}
