import type { OperationForecast } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { Discrepancy, ResidualAccumulator } from "../learning/residual.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";
import { replicateBand } from "./replicate-band.ts";
import type { SimulatedWindow } from "./simulated-window.ts";

/** Observed and predicted latency of every operation that was visited in the window. */
export function forecastOperations(
  observation: Observation,
  knowledge: Knowledge,
  simulated: SimulatedWindow,
  traffic: TrafficEstimate,
): OperationForecast[] {
  const { visits, topology } = observation;
  const sojourns = new Map<number, number[]>();
  for (let row = 0; row < visits.count; row++) {
    const operation = visits.operation[row]!;
    pushTo(sojourns, operation, visits.sojournSeconds[row]!);
  }
  const forecasts: OperationForecast[] = [];
  for (const [operation, list] of [...sojourns].sort((a, b) => a[0] - b[0])) {
    const sorted = Float64Array.from(list).sort();
    const prediction = simulated.operations.get(operation);
    const known = knowledge.nodes.get(topology.operations[operation]!.node)?.operations.get(operation);
    const accumulator = new ResidualAccumulator();
    if (prediction !== undefined && prediction.pooled.count > 0) {
      for (const sojourn of sorted) {
        accumulator.add(sojourn, prediction.pooled);
      }
    }
    const replicates = (prediction?.replicates ?? []).filter((samples) => samples.length > 0);
    forecasts.push({
      operation,
      visitCount: sorted.length,
      arrivalRatePerSecond: traffic.visits.get(operation)!.ratePerSecond,
      observedP50Seconds: quantileOfSorted(sorted, 0.5),
      observedP95Seconds: quantileOfSorted(sorted, 0.95),
      observedP99Seconds: quantileOfSorted(sorted, 0.99),
      observedMeanSeconds: list.reduce((sum, each) => sum + each, 0) / list.length,
      predictedP50Seconds: band(replicates, 0.5),
      predictedP95Seconds: band(replicates, 0.95),
      predictedP99Seconds: band(replicates, 0.99),
      predictedMeanSeconds: prediction?.pooled.meanSeconds ?? Number.NaN,
      referenceMeanSeconds: known?.sojourn.meanSeconds ?? Number.NaN,
      residual: accumulator.residual(new Discrepancy()),
    });
  }
  return forecasts;
}

function band(replicates: readonly Float64Array[], p: number): readonly [number, number, number] {
  return replicateBand(Float64Array.from(replicates, (samples) => quantileOfSorted(samples, p)));
}
