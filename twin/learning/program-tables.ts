import type { StationStructure } from "../../src/contracts/forecast.ts";
import { invert } from "../identification/invert.ts";
import type { SelfIntervals } from "../identification/self-intervals.ts";
import type { ProgramKnowledge } from "./knowledge.ts";
import type { LearnedVisit } from "./learned-visit.ts";

/** Rows kept of a program: its shape. Its mean comes from all visits. */
const ROWS_MAX = 1024;
/** Visits that follow each other are alike: the error of a mean is read from the means of blocks of so many. */
const ERROR_BLOCK = 25;
/** Fewer blocks say nothing about their own scatter. */
const ERROR_BLOCKS_MIN = 8;

/** Visits of one instance in order of arrival, with the columns that inversion wants; seconds. */
export interface SortedVisits {
  readonly instance: number;
  readonly visits: readonly LearnedVisit[];
  readonly arrivals: Float64Array;
  readonly departures: Float64Array;
  readonly childSeconds: Float64Array;
  readonly selfIntervals: SelfIntervals;
}

/**
 * By operation: its programs with rows of self segments, the waiting taken out that the structure implies.
 *
 * @param serviceOf service time of each visit of a run; default: by queue inversion
 */
export function programTables(
  structure: StationStructure,
  runs: readonly SortedVisits[],
  counts: ReadonlyMap<number, number>,
  serviceOf: (run: SortedVisits) => Float64Array = (run) => inverted(structure, run),
): Map<number, ProgramKnowledge[]> {
  const rowsOf = new Map<number, Map<number, Float64Array[][]>>();
  runs.forEach((run, at) => {
    const serviceSeconds = serviceOf(run);
    run.visits.forEach((visit, i) => {
      const programs = rowsOf.get(visit.operation) ?? new Map<number, Float64Array[][]>();
      rowsOf.set(visit.operation, programs);
      const byRun = programs.get(visit.program) ?? runs.map((): Float64Array[] => []);
      programs.set(visit.program, byRun);
      byRun[at]!.push(withoutWaiting(visit, serviceSeconds[i]!, structure));
    });
  });
  return new Map(
    [...rowsOf].map(([operation, programs]) => [
      operation,
      [...programs].map(([program, byRun]) => programKnowledge(program, counts.get(program), byRun)),
    ]),
  );
}

function inverted(structure: StationStructure, run: SortedVisits): Float64Array {
  const { arrivals, departures, childSeconds, selfIntervals } = run;
  return invert(structure, arrivals, departures, childSeconds, selfIntervals);
}

/** The visit's self segments with the time it waited for a server taken out of the first (FIFO) or of all (PS). */
function withoutWaiting(visit: LearnedVisit, serviceSeconds: number, structure: StationStructure): Float64Array {
  const segments = visit.segments.slice();
  const self = sum(segments);
  const service = Math.max(0, serviceSeconds);
  if (structure.discipline === "ps") {
    const stretch = self > 0 ? service / self : 0;
    for (let k = 0; k < segments.length; k++) {
      segments[k] = segments[k]! * stretch;
    }
    return segments;
  }
  // What service is more than self time is lag that no server explains (polling); it stays in the first segment.
  segments[0] = Math.max(0, segments[0]! + service - self);
  return segments;
}

/** @param byRun rows of each instance, in order of arrival */
function programKnowledge(
  program: number,
  count: number | undefined,
  byRun: readonly (readonly Float64Array[])[],
): ProgramKnowledge {
  const all = byRun.flat();
  const share = Math.min(1, ROWS_MAX / all.length);
  // The latest of every instance: one replica must not stand for all.
  const recent = byRun.flatMap((rows) => (rows.length === 0 ? [] : rows.slice(-Math.ceil(rows.length * share))));
  const segmentCount = recent[0]!.length;
  const segmentSamples = new Float64Array(recent.length * segmentCount);
  recent.forEach((row, i) => {
    segmentSamples.set(row.subarray(0, segmentCount), i * segmentCount);
  });
  const totals = Float64Array.from(all, sum);
  const meanSeconds = sum(totals) / totals.length;
  const recentMeanSeconds = sum(segmentSamples) / recent.length;
  if (recentMeanSeconds > 0) {
    const scale = meanSeconds / recentMeanSeconds;
    for (let k = 0; k < segmentSamples.length; k++) {
      segmentSamples[k] = segmentSamples[k]! * scale;
    }
  }
  const relativeError = meanSeconds > 0 ? standardError(totals) / meanSeconds : 0;
  return { program, count: count ?? all.length, segmentSamples, segmentCount, relativeError };
}

/** Standard error of the mean, with the autocorrelation that blocks of neighbours show. */
function standardError(values: Float64Array): number {
  const blockCount = Math.floor(values.length / ERROR_BLOCK);
  const independent = Math.sqrt(variance(values) / values.length);
  if (blockCount < ERROR_BLOCKS_MIN) {
    return independent;
  }
  const means = Float64Array.from({ length: blockCount }, (_, block) => {
    return sum(values.subarray(block * ERROR_BLOCK, (block + 1) * ERROR_BLOCK)) / ERROR_BLOCK;
  });
  return Math.max(independent, Math.sqrt(variance(means) / blockCount));
}

function variance(values: Float64Array): number {
  const mean = sum(values) / values.length;
  let squares = 0;
  for (const value of values) {
    squares += (value - mean) ** 2;
  }
  return values.length < 2 ? mean * mean : squares / (values.length - 1);
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}
