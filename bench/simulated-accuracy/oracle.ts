import type { Application } from "../../datasets/synthetic/application.ts";
import { simulateApplication } from "../../datasets/synthetic/simulate-application.ts";
import type { Topology } from "../../src/contracts/observation.ts";
import { quantileOfSorted } from "../../twin/learning/reference.ts";
import { PROBABILITIES, type Prediction, type Quantiles } from "../accuracy/quantiles.ts";
import type { HeldOutLevel } from "../accuracy/recording.ts";

const REPLICATES = 9;

/**
 * The best that anybody could predict: the simulator that made the truth, with its true parameters, runs the level's own
 * requests again with other dice. For each entry operation the median over replicates of each quantile.
 */
export function predictByOracle(application: Application, topology: Topology, level: HeldOutLevel): Prediction {
  const { requests, startSeconds } = level;
  const origin = requests.arrivalSeconds[0]!;
  const operationOf = new Map(application.operations.map((operation, index) => [operation.name, index]));
  const timed = {
    timeSeconds: requests.arrivalSeconds.map((time) => time - origin),
    operation: requests.operation.map((operation) => operationOf.get(topology.operations[operation]!.name)!),
  };
  const sojourns = Array.from({ length: REPLICATES }, (_, replicate) =>
    sojournsOf(application, timed, { seed: 90_000 + replicate, fromSeconds: startSeconds - origin }),
  );
  return new Map(
    [...new Set(requests.operation)].map((operation) => {
      const columns = sojourns.map((each) => each.get(operationOf.get(topology.operations[operation]!.name)!)!);
      const median = (p: number): number =>
        quantileOfSorted(Float64Array.from(columns, (column) => quantileOfSorted(column, p)).sort(), 0.5);
      return [operation, PROBABILITIES.map(median) as unknown as Quantiles];
    }),
  );
}

/** Sojourn times by entry operation of the application, ascending, of requests from `fromSeconds` on. */
function sojournsOf(
  application: Application,
  requests: Parameters<typeof simulateApplication>[1],
  options: { readonly seed: number; readonly fromSeconds: number },
): Map<number, Float64Array> {
  const lists = new Map<number, number[]>();
  simulateApplication(application, requests, {
    seed: options.seed,
    onSpan: (span) => {
      if (span.parent !== 0 || requests.timeSeconds[span.trace - 1]! < options.fromSeconds) return;
      const list = lists.get(span.operation) ?? [];
      lists.set(span.operation, list);
      list.push(span.endSeconds - span.startSeconds);
    },
  });
  return new Map([...lists].map(([operation, list]) => [operation, Float64Array.from(list).sort()]));
}
