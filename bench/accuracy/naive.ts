import { erlangC } from "../../twin/theory/markov-queues.ts";
import { PROBABILITIES, type Prediction, type Quantiles, quantilesOf } from "./quantiles.ts";
import { type Requests, sojournsByOperation } from "./requests.ts";

/** What is known before a level is predicted, and how many requests a second it has. */
export interface NaiveGrounds {
  /** One set of requests a learning window. */
  readonly windows: readonly Requests[];
  readonly windowSeconds: number;
  /** Mean time at the bottleneck at the lowest load, where waiting is rare: what one would take for its service time. */
  readonly bottleneckServiceSeconds: number;
  readonly bottleneckServers: number;
}

/** "It will be as it was": quantiles of the learning time. */
export function trainingQuantiles({ windows }: NaiveGrounds): Prediction {
  return new Map(
    [...sojournsByOperation(together(windows), Number.NEGATIVE_INFINITY)].map(([operation, sorted]) => [
      operation,
      quantilesOf(sorted),
    ]),
  );
}

/**
 * Quantiles of the learning time, plus what an M/M/c queue at the bottleneck says that the quantile of waiting grows by
 * from the learning time's rate to the level's. Infinite when that queue would be overloaded.
 */
export function markovQueue(grounds: NaiveGrounds, ratePerSecond: number): Prediction {
  const { windows, windowSeconds, bottleneckServers, bottleneckServiceSeconds } = grounds;
  const learnedRatePerSecond = together(windows).operation.length / (windows.length * windowSeconds);
  // In M/M/c the time in the queue is beyond t with chance C e^(−(cμ − λ)t).
  const waiting = (rate: number, p: number): number => {
    const offeredLoad = rate * bottleneckServiceSeconds;
    if (offeredLoad >= bottleneckServers) return Number.POSITIVE_INFINITY;
    const drain = (bottleneckServers - offeredLoad) / bottleneckServiceSeconds;
    return Math.max(0, Math.log(erlangC(bottleneckServers, offeredLoad) / (1 - p)) / drain);
  };
  return new Map(
    [...trainingQuantiles(grounds)].map(([operation, quantiles]) => [
      operation,
      PROBABILITIES.map(
        (p, i) => quantiles[i]! + waiting(ratePerSecond, p) - waiting(learnedRatePerSecond, p),
      ) as unknown as Quantiles,
    ]),
  );
}

/** Each quantile as a straight line over the rate, fitted to the learning windows by least squares, and drawn out. */
export function linearRegression({ windows, windowSeconds }: NaiveGrounds, ratePerSecond: number): Prediction {
  const points = new Map<number, { rate: number; quantiles: Quantiles }[]>();
  for (const window of windows) {
    const rate = window.operation.length / windowSeconds;
    for (const [operation, sorted] of sojournsByOperation(window, Number.NEGATIVE_INFINITY)) {
      points.set(operation, [...(points.get(operation) ?? []), { rate, quantiles: quantilesOf(sorted) }]);
    }
  }
  return new Map(
    [...points].map(([operation, rows]) => [
      operation,
      PROBABILITIES.map((_, i) =>
        lineAt(
          rows.map(({ rate, quantiles }) => [rate, quantiles[i]!]),
          ratePerSecond,
        ),
      ) as unknown as Quantiles,
    ]),
  );
}

function lineAt(points: readonly (readonly [number, number])[], x: number): number {
  const meanX = points.reduce((sum, [at]) => sum + at, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const covariance = points.reduce((sum, [at, y]) => sum + (at - meanX) * (y - meanY), 0);
  const variance = points.reduce((sum, [at]) => sum + (at - meanX) ** 2, 0);
  return meanY + (variance > 0 ? covariance / variance : 0) * (x - meanX);
}

function together(windows: readonly Requests[]): Requests {
  const joined = (column: (window: Requests) => Iterable<number>): number[] =>
    windows.flatMap((window) => [...column(window)]);
  return {
    arrivalSeconds: Float64Array.from(joined((window) => window.arrivalSeconds)),
    operation: Uint32Array.from(joined((window) => window.operation)),
    sojournSeconds: Float64Array.from(joined((window) => window.sojournSeconds)),
  };
}
