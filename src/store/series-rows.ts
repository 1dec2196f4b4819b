import type { SeriesPoint } from "../contracts/api.ts";
import type { SeriesRow } from "../contracts/store.ts";

/** Columns of the `series` table, in the order in which `bindSeriesRow` gives them. */
export const SERIES_COLUMNS = [
  "node",
  "operation",
  "at",
  "rate",
  "observed_p50",
  "observed_p95",
  "predicted_p50_low",
  "predicted_p50_middle",
  "predicted_p50_high",
  "predicted_p95_low",
  "predicted_p95_middle",
  "predicted_p95_high",
  "utilization",
  "probability",
] as const;

type Cell = string | number | null;
type Triple = readonly [number, number, number];

/** One row as the database takes it. Absent and non-finite quantities are kept as absent. @throws {RangeError} when a number that must be there is not finite. */
export function bindSeriesRow(row: SeriesRow): Cell[] {
  const { node, operation, point } = row;
  return [
    node,
    operation,
    required(point.atSeconds, "atSeconds", row),
    required(point.ratePerSecond, "ratePerSecond", row),
    optional(point.observedP50Seconds),
    optional(point.observedP95Seconds),
    ...spread(point.predictedP50Seconds),
    ...spread(point.predictedP95Seconds),
    optional(point.utilization),
    required(point.probability, "probability", row),
  ];
}

/** The point of a row read back. */
export function readSeriesPoint(row: Readonly<Record<string, unknown>>): SeriesPoint {
  return {
    atSeconds: Number(row["at"]),
    ratePerSecond: Number(row["rate"]),
    observedP50Seconds: numberOrNull(row["observed_p50"]),
    observedP95Seconds: numberOrNull(row["observed_p95"]),
    predictedP50Seconds: readTriple(row, "predicted_p50"),
    predictedP95Seconds: readTriple(row, "predicted_p95"),
    utilization: numberOrNull(row["utilization"]),
    probability: Number(row["probability"]),
  };
}

function required(value: number, name: string, row: SeriesRow): number {
  if (Number.isFinite(value)) return value;
  throw new RangeError(`${name} of ${row.node} ${row.operation} is ${value}: must be a finite number`);
}

function optional(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

/** A band with a hole is no band. */
function spread(triple: Triple | null): readonly [Cell, Cell, Cell] {
  return triple?.every(Number.isFinite) ? triple : [null, null, null];
}

function numberOrNull(value: unknown): number | null {
  return value === null ? null : Number(value);
}

function readTriple(row: Readonly<Record<string, unknown>>, name: string): Triple | null {
  if (row[`${name}_low`] === null) return null;
  return [Number(row[`${name}_low`]), Number(row[`${name}_middle`]), Number(row[`${name}_high`])];
}
