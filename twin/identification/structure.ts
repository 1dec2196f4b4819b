import type { StationStructure } from "../../src/contracts/forecast.ts";
import { invertDelay, invertFifo, invertPs, invertPsIntervals } from "./inversion.ts";
import type { SelfIntervals } from "./self-intervals.ts";

/** The visits of one instance in order of arrival; seconds. */
export interface StationSample {
  readonly arrivals: Float64Array;
  readonly departures: Float64Array;
  /** Time each visit waited for its calls. */
  readonly childSeconds: Float64Array;
  /** Kind of work of each visit (its operation): service times are compared after dividing by the mean of their class. */
  readonly classes: Uint32Array;
  /** When each visit did own work, where known: makes PS exact for visits with calls. */
  readonly selfIntervals?: SelfIntervals;
  /** Default: delay, and FIFO and PS with 1, 2, 3, 4, 6, 8, 12 and 16 servers. */
  readonly candidates?: readonly StationStructure[];
}

export interface StructureStatistic {
  readonly structure: StationStructure;
  /** Two-sample Kolmogorov–Smirnov statistic plus what violations cost; Infinity when they rule the structure out. */
  readonly statistic: number;
  readonly violationShare: number;
  /** Busy servers / servers that the structure implies; 0 for delay. */
  readonly utilization: number;
}

export interface StructureSelection {
  /**
   * What the visits do not contradict, best first; never empty. With too few visits, or load below a quarter under every
   * candidate, all that is not ruled out by violations: the statistic has no say then.
   */
  readonly plausible: readonly StationStructure[];
  readonly best: StationStructure;
  /** One row a candidate, best first. */
  readonly statistics: readonly StructureStatistic[];
  /** False while there are too few visits, too little load, or no sign that visits ever waited (delay is plausible). */
  readonly isIdentified: boolean;
}

const SERVER_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16];

/** Delay comes first: of structures that explain the visits equally well, it claims the least. */
export const CANDIDATES: readonly StationStructure[] = [
  { discipline: "delay", serverCount: Number.POSITIVE_INFINITY },
  ...SERVER_COUNTS.flatMap((serverCount): StationStructure[] => [
    { discipline: "fifo", serverCount },
    { discipline: "ps", serverCount },
  ]),
];

/** Fewer leave less than 100 and 60 visits in the two samples compared. */
const VISITS_MIN = 300;
const UTILIZATION_MIN = 0.25;
/** 5 % point of the Kolmogorov distribution. */
const STATISTIC_PLAUSIBLE = 1.36;
const STATISTIC_MARGIN = 0.3;
/** Clean clocks stay below the first; timestamps off by a tenth of a service time were seen to make 4.5 % at the true structure. */
const VIOLATIONS_FREE = 0.002;
const VIOLATIONS_MAX = 0.06;
const VIOLATION_COST = 50;
/** Memory of the load instrument, in typical stays. */
const MEMORY_STAYS = 5;

/**
 * Which (discipline, server count) can have made these departures out of these arrivals.
 *
 * Each candidate implies service times by queue inversion. Under the true one they do not depend on load, so their
 * distribution is the same for visits that came after few others and after many. Load is measured from arrivals alone
 * (each earlier one counts e^(−age/τ)), an instrument service times cannot disturb: the number in the queue would not do,
 * since with autocorrelated service times it depends on them. Fails on a station that was never loaded, and says so.
 *
 * @throws {RangeError} when arrivals are not ascending.
 */
export function selectStructures(sample: StationSample): StructureSelection {
  return selectStructuresOfInstances([sample], sample.candidates);
}

/** The same from several instances that share one structure: each has its own queue, the evidence is pooled. */
export function selectStructuresOfInstances(
  samples: readonly StationSample[],
  candidates: readonly StationStructure[] = CANDIDATES,
): StructureSelection {
  const splits = samples.map(splitByLoad);
  const visitCount = samples.reduce((sum, sample) => sum + sample.arrivals.length, 0);
  const statistics = candidates
    .map((structure) => weigh(structure, samples, splits, visitCount))
    .sort((a, b) => (a.statistic === b.statistic ? 0 : a.statistic - b.statistic));
  const best = statistics[0]!;
  const possible = statistics.filter((row) => row.statistic < Number.POSITIVE_INFINITY);
  const isUntold = visitCount < VISITS_MIN || possible.every((row) => row.utilization < UTILIZATION_MIN);
  const bound = Math.max(STATISTIC_PLAUSIBLE, best.statistic + STATISTIC_MARGIN);
  const plausible = possible.filter((row) => isUntold || row.statistic <= bound).map((row) => row.structure);
  // Where delay explains the visits too, nothing shows that any ever waited.
  const hasQueued = possible.length > 0 && !plausible.some((structure) => structure.discipline === "delay");
  return {
    plausible: plausible.length > 0 ? plausible : [best.structure],
    best: best.structure,
    statistics,
    isIdentified: !isUntold && hasQueued && best.utilization >= UTILIZATION_MIN,
  };
}

function weigh(
  structure: StationStructure,
  samples: readonly StationSample[],
  splits: readonly LoadSplit[],
  visitCount: number,
): StructureStatistic {
  const low: Float64Array[] = [];
  const high: Float64Array[] = [];
  let violations = 0;
  let busySeconds = 0;
  let spanSeconds = 0;
  samples.forEach((sample, index) => {
    if (sample.arrivals.length === 0) return;
    const implied = implyServices(structure, sample);
    violations += implied.violationShare * sample.arrivals.length;
    busySeconds += implied.busySeconds;
    spanSeconds += latest(sample.departures) - sample.arrivals[0]!;
    const scaled = divideByClassMean(implied.serviceSeconds, sample.classes);
    low.push(Float64Array.from(splits[index]!.low, (row) => scaled[row]!));
    high.push(Float64Array.from(splits[index]!.high, (row) => scaled[row]!));
  });
  const violationShare = visitCount === 0 ? 0 : violations / visitCount;
  const cost =
    violationShare > VIOLATIONS_MAX
      ? Number.POSITIVE_INFINITY
      : VIOLATION_COST * Math.max(0, violationShare - VIOLATIONS_FREE);
  return {
    structure,
    statistic: kolmogorovSmirnov(joined(low), joined(high)) + cost,
    violationShare,
    utilization: spanSeconds > 0 ? busySeconds / (spanSeconds * structure.serverCount) : 0,
  };
}

interface ImpliedServices {
  readonly serviceSeconds: Float64Array;
  /** Server time taken: calls included at a worker pool, own work only at a CPU. */
  readonly busySeconds: number;
  readonly violationShare: number;
}

function implyServices(structure: StationStructure, sample: StationSample): ImpliedServices {
  const { arrivals, departures, childSeconds, selfIntervals } = sample;
  const { discipline, serverCount } = structure;
  if (discipline === "ps" && selfIntervals !== undefined) {
    const serviceSeconds = invertPsIntervals(selfIntervals, arrivals.length, serverCount);
    return { serviceSeconds, busySeconds: sum(serviceSeconds), violationShare: 0 };
  }
  if (discipline === "ps") {
    const { serviceSeconds, violationShare } = invertPs(arrivals, departures, serverCount, childSeconds);
    return { serviceSeconds, busySeconds: sum(serviceSeconds), violationShare };
  }
  const inverted =
    discipline === "fifo"
      ? invertFifo(arrivals, departures, childSeconds, serverCount)
      : invertDelay(arrivals, departures, childSeconds);
  return { ...inverted, busySeconds: sum(inverted.holdSeconds) };
}

/** Rows of the visits that came at low load (lowest third of the instrument) and at high load (highest fifth). */
interface LoadSplit {
  readonly low: Uint32Array;
  readonly high: Uint32Array;
}

function splitByLoad(sample: StationSample): LoadSplit {
  const { arrivals, departures } = sample;
  const n = arrivals.length;
  if (n === 0) return { low: new Uint32Array(), high: new Uint32Array() };
  const stays = departures.map((departure, i) => departure - arrivals[i]!).sort();
  const memorySeconds = MEMORY_STAYS * Math.max(stays[n >> 1]!, 1e-6);
  const load = new Float64Array(n);
  for (let i = 1; i < n; i++) {
    load[i] = (load[i - 1]! + 1) * Math.exp((arrivals[i - 1]! - arrivals[i]!) / memorySeconds);
  }
  const sorted = load.slice().sort();
  const lowest = sorted[Math.floor(n / 3)]!;
  const highest = sorted[Math.floor(n * 0.8)]!;
  const rows = Uint32Array.from(load, (_, row) => row);
  return {
    low: rows.filter((row) => load[row]! <= lowest),
    high: rows.filter((row) => load[row]! >= highest && load[row]! > lowest),
  };
}

function divideByClassMean(serviceSeconds: Float64Array, classes: Uint32Array): Float64Array {
  const totals = new Map<number, { sum: number; count: number }>();
  for (let i = 0; i < serviceSeconds.length; i++) {
    const total = totals.get(classes[i]!);
    if (total === undefined) totals.set(classes[i]!, { sum: serviceSeconds[i]!, count: 1 });
    else {
      total.sum += serviceSeconds[i]!;
      total.count++;
    }
  }
  return serviceSeconds.map((seconds, i) => {
    const { sum, count } = totals.get(classes[i]!)!;
    return sum > 0 ? (seconds * count) / sum : seconds;
  });
}

/** Largest distance between two empirical distributions, times √(nm/(n+m)). Sorts its arguments; 0 when one is empty. */
function kolmogorovSmirnov(a: Float64Array, b: Float64Array): number {
  if (a.length === 0 || b.length === 0) return 0;
  a.sort();
  b.sort();
  let i = 0;
  let j = 0;
  let distance = 0;
  while (i < a.length && j < b.length) {
    // Equal values, common with coarse clocks, count on both sides before the distance is read.
    const value = Math.min(a[i]!, b[j]!);
    while (i < a.length && a[i]! === value) i++;
    while (j < b.length && b[j]! === value) j++;
    distance = Math.max(distance, Math.abs(i / a.length - j / b.length));
  }
  return distance * Math.sqrt((a.length * b.length) / (a.length + b.length));
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

function latest(values: Float64Array): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > last) last = value;
  return last;
}
