import type { Forecast, OperationForecast } from "../contracts/forecast.ts";
import type { Impact } from "../contracts/incident.ts";
import { CallPaths } from "./call-paths.ts";

const IMPACTS_MAX = 5;

/**
 * Entry operations, the one that lost most first.
 *
 * @param node when given, only those whose requests may come to it, or all when none does
 */
export function impactOf(forecast: Forecast, node?: number): Impact[] {
  return felt(forecast, node)
    .filter((operation) => Number.isFinite(operation.predictedP95Seconds[1]))
    .sort((a, b) => lostSeconds(b) - lostSeconds(a) || a.operation - b.operation)
    .slice(0, IMPACTS_MAX)
    .map((operation) => describe(operation, forecast));
}

function felt(forecast: Forecast, node: number | undefined): OperationForecast[] {
  const all = entryOperations(forecast);
  if (node === undefined) return all;
  const { topology } = forecast.observation;
  const through = new CallPaths(topology).callersOf(node);
  const felt = all.filter(({ operation }) => {
    const entry = topology.operations[operation]!.node;
    return entry === node || through.has(entry);
  });
  return felt.length > 0 ? felt : all;
}

export function entryOperations(forecast: Forecast): OperationForecast[] {
  const { operations } = forecast.observation.topology;
  return forecast.operations.filter((each) => operations[each.operation]!.isEntry);
}

/** Latency beyond prediction, summed over the operation's requests, seconds. */
function lostSeconds(operation: OperationForecast): number {
  return (operation.observedMeanSeconds - operation.predictedMeanSeconds) * operation.visitCount;
}

function describe(forecast: OperationForecast, of: Forecast): Impact {
  const { operations, nodes } = of.observation.topology;
  const operation = operations[forecast.operation]!;
  return {
    operation: operation.name,
    node: nodes[operation.node]!.name,
    observedP95Seconds: forecast.observedP95Seconds,
    predictedP95Seconds: forecast.predictedP95Seconds[1],
    arrivalRatePerSecond: forecast.arrivalRatePerSecond,
  };
}

/** The largest p95 beyond prediction, seconds. */
export function excessOf(impact: readonly Impact[]): number {
  return Math.max(0, ...impact.map((each) => each.observedP95Seconds - each.predictedP95Seconds));
}
