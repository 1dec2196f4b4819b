import { quantileOfSorted } from "../../twin/learning/reference.ts";

/** Quantiles that are predicted. */
export const PROBABILITIES = [0.5, 0.95, 0.99] as const;

/** One number for each of `PROBABILITIES`, seconds. */
export type Quantiles = readonly [number, number, number];

export function quantilesOf(sorted: Float64Array): Quantiles {
  return [quantileOfSorted(sorted, 0.5), quantileOfSorted(sorted, 0.95), quantileOfSorted(sorted, 0.99)];
}

/** Predicted quantiles by entry operation. */
export type Prediction = ReadonlyMap<number, Quantiles>;

/** For each of `PROBABILITIES`: the median over operations of |predicted / observed − 1|, in percent. */
export function errorPercents(prediction: Prediction, observed: Prediction): Quantiles {
  const medianOf = (index: 0 | 1 | 2): number => {
    const errors = [...observed].map(([operation, quantiles]) => {
      const predicted = prediction.get(operation)?.[index] ?? Number.NaN;
      return 100 * Math.abs(predicted / quantiles[index] - 1);
    });
    return quantileOfSorted(Float64Array.from(errors).sort(), 0.5);
  };
  return [medianOf(0), medianOf(1), medianOf(2)];
}
