import { exponential, lognormal, stream } from "../../twin/kernel/random.ts";
import type {
  Arrivals,
  EdgeSpec,
  NetworkSpec,
  OperationSpec,
  ProgramSpec,
  SimulatedVisits,
  StationSpec,
} from "../../twin/kernel/spec.ts";

export function fifo(serverCount: number): StationSpec {
  return { discipline: "fifo", serverCount, replicaWeights: [1], balancing: "random" };
}

export function ps(serverCount: number): StationSpec {
  return { discipline: "ps", serverCount, replicaWeights: [1], balancing: "random" };
}

export function delay(): StationSpec {
  return { discipline: "delay", serverCount: Number.POSITIVE_INFINITY, replicaWeights: [1], balancing: "random" };
}

/** A program that is always run, with one row a visit; `groups` are lists of edges. */
export function program(segmentSamples: ArrayLike<number>, groups: number[][] = [], blockLength = 1): ProgramSpec {
  return {
    probability: 1,
    segmentSamples: Float64Array.from(segmentSamples),
    groups: groups.map((group) => group.map((edge) => ({ edge }))),
    blockLength,
  };
}

export function operation(station: number, ...programs: ProgramSpec[]): OperationSpec {
  return { station, programs };
}

/** A caller that works `before` and `after` the calls of one group. */
export function caller(station: number, before: number, after: number, ...edges: number[]): OperationSpec {
  return operation(station, program([before, after], [edges]));
}

export function edge(calleeOperation: number, gapSeconds = 0, isAsync = false): EdgeSpec {
  return { calleeOperation, gapSamples: Float64Array.of(gapSeconds), isAsync };
}

/** One station with one operation that makes no calls. */
export function single(station: StationSpec, samples: ArrayLike<number>): NetworkSpec {
  return { stations: [station], operations: [operation(0, program(samples))], edges: [] };
}

export function arrivalsAt(...timeSeconds: number[]): Arrivals {
  return { timeSeconds: Float64Array.from(timeSeconds), operation: new Uint32Array(timeSeconds.length) };
}

export function poissonArrivals(ratePerSecond: number, count: number, seed: number): Arrivals {
  const random = stream(seed, "world", "arrivals");
  let seconds = 0;
  const timeSeconds = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    seconds += exponential(random, 1 / ratePerSecond);
    timeSeconds[i] = seconds;
  }
  return { timeSeconds, operation: new Uint32Array(count) };
}

/** Poisson arrivals at each rate in turn, `count` in all, as many seconds at one rate as at another. */
export function poissonLevels(ratesPerSecond: readonly number[], count: number, seed: number): Arrivals {
  const random = stream(seed, "world", "arrivals");
  const total = ratesPerSecond.reduce((sum, rate) => sum + rate, 0);
  const levelSeconds = count / total;
  const times: number[] = [];
  ratesPerSecond.forEach((rate, level) => {
    let seconds = level * levelSeconds + exponential(random, 1 / rate);
    for (; seconds < (level + 1) * levelSeconds; seconds += exponential(random, 1 / rate)) times.push(seconds);
  });
  return { timeSeconds: Float64Array.from(times), operation: new Uint32Array(times.length) };
}

/** The exponential distribution as equally likely values: the mean of each of `rows` slices, so the whole mean is exact. */
export function exponentialTable(meanSeconds: number, rows = 32_768): Float64Array {
  const upTo = (v: number) => (v === 0 ? 0 : v - v * Math.log(v));
  return Float64Array.from({ length: rows }, (_, row) => {
    return meanSeconds * rows * (upTo(1 - row / rows) - upTo(1 - (row + 1) / rows));
  });
}

/** Lognormal values scaled to have the mean exactly. */
export function lognormalTable(meanSeconds: number, variation: number, seed: number, rows = 20_000): Float64Array {
  const random = stream(seed, "world", "service");
  const values = Float64Array.from({ length: rows }, () => lognormal(random, meanSeconds, variation));
  const { mean } = moments(values);
  return values.map((value) => (value * meanSeconds) / mean);
}

export function moments(values: ArrayLike<number>): { mean: number; variation: number } {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  const mean = sum / values.length;
  let squares = 0;
  for (let i = 0; i < values.length; i++) squares += (values[i]! - mean) ** 2;
  return { mean, variation: Math.sqrt(squares / values.length) / mean };
}

export interface Row {
  readonly operation: number;
  readonly isFailed: boolean;
  readonly replica: number;
  readonly root: number;
  readonly isRoot: boolean;
  readonly arrival: number;
  readonly waiting: number;
  readonly sojourn: number;
  readonly departure: number;
}

export function rowsOf(visits: SimulatedVisits): Row[] {
  return Array.from({ length: visits.count }, (_, i) => ({
    operation: visits.operation[i]!,
    isFailed: visits.isFailed[i] === 1,
    replica: visits.replica[i]!,
    root: visits.root[i]!,
    isRoot: visits.isRoot[i] === 1,
    arrival: visits.arrivalSeconds[i]!,
    waiting: visits.waitingSeconds[i]!,
    sojourn: visits.sojournSeconds[i]!,
    departure: visits.arrivalSeconds[i]! + visits.sojournSeconds[i]!,
  }));
}

/** Rows of one operation in order of arrival. */
export function rowsOfOperation(visits: SimulatedVisits, wanted: number): Row[] {
  return rowsOf(visits)
    .filter((row) => row.operation === wanted)
    .sort((a, b) => a.arrival - b.arrival);
}

/** What a tracer would have seen of one operation: arrivals ascending, with their departures. */
export function seenBy(visits: SimulatedVisits, wanted = 0): { arrivals: Float64Array; departures: Float64Array } {
  const rows = rowsOfOperation(visits, wanted);
  return {
    arrivals: Float64Array.from(rows, (row) => row.arrival),
    departures: Float64Array.from(rows, (row) => row.departure),
  };
}
