import type { StationStructure } from "../../src/contracts/forecast.ts";
import { stream } from "../kernel/random.ts";
import type { Arrivals } from "../kernel/spec.ts";
import { nelderMead } from "./nelder-mead.ts";
import { normalQuantile } from "./normal-quantile.ts";
import { type QuantileTargets, quantileMisfit, quantileTargets, tightened } from "./quantile-targets.ts";
import { poissonArrivals, simulateOwnTime } from "./station-run.ts";

/** What was seen of one kind of work at one level of load; seconds. */
export interface SampledWork {
  /** Arrivals of it at one replica, those included that were not sampled. */
  readonly ratePerSecond: number;
  /** Stays of the sampled visits less lag and calls: work, waiting and sharing. */
  readonly ownSeconds: Float64Array;
  /** How long visits waited for their calls; empty when they make none. */
  readonly childSeconds: Float64Array;
  /** Sampled visits / all visits, in (0, 1]. */
  readonly sampledShare: number;
}

/** A level of load: every kind of work the station does, in the same order at each level. */
export type LoadLevel = readonly SampledWork[];

/** Service times as the matching moves them: lognormal, of one shape for all kinds of work. */
export interface ServiceParameters {
  readonly logMean: number;
  readonly logVariation: number;
  /** Mean of each kind / mean of all. */
  readonly kindFactors: readonly number[];
}

export interface Fitted {
  readonly structure: StationStructure;
  readonly parameters: ServiceParameters;
  /** −2 log likelihood of the log quantiles, but for a constant; `OUT_OF_BOUNDS` where the station cannot carry the load. */
  readonly misfit: number;
  /** Mean over the levels of busy servers / servers; 0 for delay. */
  readonly utilization: number;
}

export const OUT_OF_BOUNDS = 1e6;
/** Share of the simulated arrivals that fill the station before any is counted. */
const WARM_UP_SHARE = 0.1;
/** Above this load queues have no mean worth simulating. */
const UTILIZATION_MAX = 0.98;
const UTILIZATION_START_MAX = 0.85;
const LOG_VARIATION_MIN = Math.log(0.02);
const LOG_VARIATION_MAX = Math.log(8);
/** Means of kinds and the mean of all are moved in turn, so often. */
const KIND_ROUNDS = 4;
/** Stays change by less than the work in them: so much less that this goes there in a few steps. */
const KIND_GAIN = 1.5;
const VARIATION_START = 0.7;
/** A level gets at least so many simulated arrivals. */
const ARRIVALS_MIN = 500;
const REPLICATES = 16;
const REPLICATE_ARRIVALS_MAX = 10_000;

/** Standard normal quantiles in the middles of equal slices: the table that becomes every lognormal. */
const NORMAL_TABLE = Float64Array.from({ length: 1024 }, (_, i) => normalQuantile((i + 0.5) / 1024));

/** A station as sampled traces show it, with arrivals laid out once, so that all structures meet the same ones. */
export class SampledStation {
  readonly #levels: readonly LoadLevel[];
  readonly #arrivals: readonly Arrivals[];
  readonly #targets: readonly (readonly QuantileTargets[])[];
  readonly #seed: number;

  /** @param arrivalCount simulated arrivals in all, most of them at the busiest levels, where quantiles need them */
  constructor(levels: readonly LoadLevel[], arrivalCount: number, seed: number) {
    this.#levels = levels;
    this.#seed = seed;
    const squares = levels.map((level) => rateOf(level) ** 2);
    const total = squares.reduce((sum, each) => sum + each, 0);
    this.#arrivals = levels.map((level, index) => {
      const count = Math.max(ARRIVALS_MIN, Math.round((arrivalCount * squares[index]!) / total));
      return poissonArrivals(ratesOf(level), count, seed + index);
    });
    this.#targets = levels.map((level) => level.map((work) => quantileTargets(work.ownSeconds)));
  }

  /** Where the search begins: what the quietest level shows, as if nobody had waited there. */
  start(): ServiceParameters {
    const rates = this.#levels.map(rateOf);
    const quietest = this.#levels[rates.indexOf(Math.min(...rates))]!;
    const medians = quietest.map((work) => Math.max(1e-7, median(work.ownSeconds)));
    const mean = weightedMean(quietest, medians);
    return {
      logMean: Math.log(mean),
      logVariation: Math.log(VARIATION_START),
      kindFactors: medians.map((each) => (Number.isNaN(each) ? 1 : each / mean)),
    };
  }

  /** Moves the service times until the structure shows what was seen, as well as it can. */
  fit(structure: StationStructure, from: ServiceParameters, evaluations: number): Fitted {
    const rounds = from.kindFactors.length === 1 ? 1 : KIND_ROUNDS;
    let found = this.#descend(structure, from, Math.ceil(evaluations / rounds), this.#targets);
    for (let round = 1; round < rounds; round++) {
      const moved = this.#kindsMoved(structure, found.parameters);
      found = this.#descend(structure, moved, Math.ceil(evaluations / rounds), this.#targets);
    }
    return found;
  }

  /**
   * Fits with the spread that replicates of such a station show, and with their mean in place of the one run
   * that they are held against: a likelihood that can be compared between structures (synthetic likelihood).
   */
  refine(structure: StationStructure, start: ServiceParameters, evaluations: number): Fitted {
    const from = this.#carrying(structure, start);
    const targets = this.#levels.map((level, index) => this.#tightened(structure, level, index, from));
    const logDeterminant = targets.flat().reduce((sum, each) => sum + each.logDeterminant, 0);
    const found = this.#descend(structure, from, evaluations, targets);
    return { ...found, misfit: found.misfit < OUT_OF_BOUNDS ? found.misfit + logDeterminant : found.misfit };
  }

  /** Parameters under which the structure can carry the busiest level: those given, or less work. */
  #carrying(structure: StationStructure, parameters: ServiceParameters): ServiceParameters {
    const busiest = Math.max(...this.#levels.map((level) => levelUtilization(structure, level, parameters)));
    const logMean = parameters.logMean - Math.log(Math.max(1, busiest / UTILIZATION_START_MAX));
    return { ...parameters, logMean };
  }

  #descend(
    structure: StationStructure,
    from: ServiceParameters,
    evaluationsMax: number,
    targets: readonly (readonly QuantileTargets[])[],
  ): Fitted {
    const { kindFactors } = from;
    const at = ([logMean, logVariation]: readonly number[]): ServiceParameters => ({
      logMean: logMean!,
      logVariation: logVariation!,
      kindFactors,
    });
    const valueAt = (point: readonly number[]): number => this.#misfit(structure, at(point), targets);
    const { point, value } = nelderMead(valueAt, [from.logMean, from.logVariation], { evaluationsMax, step: 0.15 });
    const parameters = at(point);
    return { structure, parameters, misfit: value, utilization: this.#utilization(structure, parameters) };
  }

  #misfit(
    structure: StationStructure,
    parameters: ServiceParameters,
    targets: readonly (readonly QuantileTargets[])[],
  ): number {
    const { logVariation } = parameters;
    const excess = Math.max(0, logVariation - LOG_VARIATION_MAX, LOG_VARIATION_MIN - logVariation);
    const busiest = Math.max(...this.#levels.map((level) => levelUtilization(structure, level, parameters)));
    // Beyond saturation nothing is simulated; the way back is downhill.
    if (excess > 0 || busiest > UTILIZATION_MAX) return OUT_OF_BOUNDS * (1 + excess + busiest);
    let distance = 0;
    for (let level = 0; level < this.#levels.length; level++) {
      const own = this.#run(structure, level, parameters, this.#arrivals[level]!, this.#seed + level);
      if (own === null) return OUT_OF_BOUNDS * (1 + busiest);
      own.forEach((seconds, kind) => {
        distance += quantileMisfit(targets[level]![kind]!, seconds).distance;
      });
    }
    return Math.min(distance, OUT_OF_BOUNDS);
  }

  #tightened(
    structure: StationStructure,
    level: LoadLevel,
    index: number,
    parameters: ServiceParameters,
  ): QuantileTargets[] {
    const came = level.reduce((sum, work) => sum + work.ownSeconds.length / work.sampledShare, 0);
    const count = Math.min(REPLICATE_ARRIVALS_MAX, Math.ceil(came / (1 - WARM_UP_SHARE)));
    const runs = Array.from({ length: REPLICATES }, (_, k) => {
      const seed = this.#seed + 1000 * (k + 1) + index;
      return this.#run(structure, index, parameters, poissonArrivals(ratesOf(level), count, seed), seed);
    });
    const short = this.#run(structure, index, parameters, this.#arrivals[index]!, this.#seed + index);
    return level.map((work, kind) => {
      const replicates = runs.map((own, k) => thinned(own?.[kind] ?? NOTHING, work.sampledShare, this.#seed + k));
      return tightened(this.#targets[index]![kind]!, replicates, short?.[kind] ?? NOTHING);
    });
  }

  /** Own times by kind of work at a level, sorted; null when the station cannot carry the load. */
  #run(
    structure: StationStructure,
    level: number,
    parameters: ServiceParameters,
    arrivals: Arrivals,
    seed: number,
  ): Float64Array[] | null {
    const work = this.#levels[level]!.map((seen, kind) => ({
      serviceSeconds: lognormalTable(meanSecondsOf(parameters, kind), Math.exp(parameters.logVariation)),
      childSeconds: seen.childSeconds,
    }));
    const own = simulateOwnTime(structure, work, arrivals, seed);
    if (own === null) return null;
    const warm = Math.floor(own.length * WARM_UP_SHARE);
    return work.map((_, kind) => own.filter((_, i) => i >= warm && arrivals.operation[i] === kind).sort());
  }

  /** Kinds whose simulated quantiles lie below those seen get more work, and the other way round. */
  #kindsMoved(structure: StationStructure, parameters: ServiceParameters): ServiceParameters {
    const logs = parameters.kindFactors.map(() => 0);
    for (let level = 0; level < this.#levels.length; level++) {
      const own = this.#run(structure, level, parameters, this.#arrivals[level]!, this.#seed + level);
      own?.forEach((seconds, kind) => {
        logs[kind]! += quantileMisfit(this.#targets[level]![kind]!, seconds).lowerLogRatio / this.#levels.length;
      });
    }
    const kindFactors = parameters.kindFactors.map((factor, kind) => factor * Math.exp(KIND_GAIN * logs[kind]!));
    return { ...parameters, kindFactors };
  }

  #utilization(structure: StationStructure, parameters: ServiceParameters): number {
    const all = this.#levels.map((level) => levelUtilization(structure, level, parameters));
    return all.reduce((sum, each) => sum + each, 0) / all.length;
  }
}

/** Equally likely values of a lognormal with the given mean and coefficient of variation. */
export function lognormalTable(meanSeconds: number, variation: number): Float64Array {
  const logVariance = Math.log1p(variation * variation);
  const logMedian = Math.log(meanSeconds) - logVariance / 2;
  const deviation = Math.sqrt(logVariance);
  return NORMAL_TABLE.map((z) => Math.exp(logMedian + deviation * z));
}

export function meanSecondsOf(parameters: ServiceParameters, kind: number): number {
  return Math.exp(parameters.logMean) * parameters.kindFactors[kind]!;
}

function levelUtilization(structure: StationStructure, level: LoadLevel, parameters: ServiceParameters): number {
  if (structure.discipline === "delay") return 0;
  let busy = 0;
  level.forEach((work, kind) => {
    // A FIFO server is held while its visit waits for calls; a shared processor is not.
    const held = structure.discipline === "fifo" ? mean(work.childSeconds) : 0;
    busy += work.ratePerSecond * (meanSecondsOf(parameters, kind) + held);
  });
  return busy / structure.serverCount;
}

const NOTHING = new Float64Array();

/** Each of sorted samples with a chance of `share`; still sorted. */
function thinned(sorted: Float64Array, share: number, seed: number): Float64Array {
  const random = stream(seed, "station", "thinning");
  return share >= 1 ? sorted : sorted.filter(() => random.nextUniform() < share);
}

function ratesOf(level: LoadLevel): number[] {
  return level.map((work) => work.ratePerSecond);
}

function rateOf(level: LoadLevel): number {
  return level.reduce((sum, work) => sum + work.ratePerSecond, 0);
}

function weightedMean(level: LoadLevel, values: readonly number[]): number {
  let sum = 0;
  let rate = 0;
  level.forEach((work, kind) => {
    if (Number.isNaN(values[kind])) return;
    sum += work.ratePerSecond * values[kind]!;
    rate += work.ratePerSecond;
  });
  return rate === 0 ? 1e-3 : sum / rate;
}

function median(values: Float64Array): number {
  return values.length === 0 ? Number.NaN : values.slice().sort()[values.length >> 1]!;
}

/** 0 when there is nothing. */
function mean(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
}
