import type { Observation } from "../../src/contracts/observation.ts";

/** Requests from outside, in order of arrival. */
export interface Requests {
  readonly arrivalSeconds: Float64Array;
  /** Topology operation. */
  readonly operation: Uint32Array;
  readonly sojournSeconds: Float64Array;
}

/** All requests that completed in the windows. */
export function requestsOf(observations: readonly Observation[]): Requests {
  const rows = observations.flatMap(({ visits }) =>
    Array.from(visits.isRoot.keys())
      .filter((row) => visits.isRoot[row] === 1)
      .map((row) => ({
        arrivalSeconds: visits.arrivalSeconds[row]!,
        operation: visits.operation[row]!,
        sojournSeconds: visits.sojournSeconds[row]!,
      })),
  );
  rows.sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
  return {
    arrivalSeconds: Float64Array.from(rows, (row) => row.arrivalSeconds),
    operation: Uint32Array.from(rows, (row) => row.operation),
    sojournSeconds: Float64Array.from(rows, (row) => row.sojournSeconds),
  };
}

/** Those to some operations. */
export function toOperations(requests: Requests, operations: ReadonlySet<number>): Requests {
  const isWanted = (_: number, row: number): boolean => operations.has(requests.operation[row]!);
  return {
    arrivalSeconds: requests.arrivalSeconds.filter(isWanted),
    operation: requests.operation.filter(isWanted),
    sojournSeconds: requests.sojournSeconds.filter(isWanted),
  };
}

/** Those that arrived in [from, until). */
export function between(requests: Requests, fromSeconds: number, untilSeconds: number): Requests {
  const first = requests.arrivalSeconds.findIndex((time) => time >= fromSeconds);
  const after = requests.arrivalSeconds.findIndex((time) => time >= untilSeconds);
  const end = after < 0 ? requests.arrivalSeconds.length : after;
  return {
    arrivalSeconds: requests.arrivalSeconds.slice(first, end),
    operation: requests.operation.slice(first, end),
    sojournSeconds: requests.sojournSeconds.slice(first, end),
  };
}

/** Sojourn times by operation, ascending, of the requests that arrived from `fromSeconds` on. */
export function sojournsByOperation(requests: Requests, fromSeconds: number): Map<number, Float64Array> {
  const lists = Map.groupBy(
    Array.from(requests.operation.keys()).filter((row) => requests.arrivalSeconds[row]! >= fromSeconds),
    (row) => requests.operation[row]!,
  );
  return new Map(
    [...lists].map(([operation, rows]) => [
      operation,
      Float64Array.from(rows, (row) => requests.sojournSeconds[row]!).sort(),
    ]),
  );
}
