import type { Observation, Topology } from "../../src/contracts/observation.ts";
import { loadSettings } from "../../src/settings/load.ts";
import { quantileOfSorted } from "../../twin/learning/reference.ts";
import { Twin } from "../../twin/twin.ts";
import { PROBABILITIES, type Prediction, type Quantiles } from "./quantiles.ts";
import type { HeldOutLevel } from "./recording.ts";

/** The product's twin as it is after it has learned from the windows, with the product's settings. */
export function learnedTwin(windows: readonly Observation[]): Twin {
  const twin = new Twin(loadSettings({ env: {}, flags: {} }));
  for (const window of windows) {
    twin.learn(twin.forecast(window));
  }
  return twin;
}

/** What the twin says of all requests of a level: for each entry operation the median over replicates of each quantile. */
export function predictLevel(twin: Twin, topology: Topology, level: HeldOutLevel): Prediction {
  const columns = twin.predictRequests(topology, level.requests, level.startSeconds);
  return new Map(
    [...columns].map(([operation, replicates]) => {
      const median = (p: number): number =>
        quantileOfSorted(Float64Array.from(replicates, (sorted) => quantileOfSorted(sorted, p)).sort(), 0.5);
      return [operation, PROBABILITIES.map(median) as unknown as Quantiles];
    }),
  );
}

/**
 * Share of (window, entry operation, quantile) in which what was observed lies within the twin's 90 % band.
 *
 * @param entries operations that count; default: those the topology calls entries
 */
export function intervalCoverage(twin: Twin, level: HeldOutLevel, entries?: ReadonlySet<number>): number {
  let inside = 0;
  let total = 0;
  twin.forecast(level.before);
  for (const window of level.windows) {
    for (const operation of twin.forecast(window).operations) {
      const isEntry = entries?.has(operation.operation) ?? window.topology.operations[operation.operation]!.isEntry;
      if (!isEntry) continue;
      const { observedP50Seconds, observedP95Seconds, observedP99Seconds } = operation;
      const pairs = [
        [observedP50Seconds, operation.predictedP50Seconds],
        [observedP95Seconds, operation.predictedP95Seconds],
        [observedP99Seconds, operation.predictedP99Seconds],
      ] as const;
      for (const [observed, [low, , high]] of pairs) {
        total++;
        inside += observed >= low && observed <= high ? 1 : 0;
      }
    }
  }
  return inside / total;
}
