import type { StationStructure } from "../../src/contracts/forecast.ts";
import {
  divideByClassMean,
  type ImpliedServices,
  implyServices,
  mostInFlight,
  type StationSample,
} from "./implied-services.ts";
import { INSTRUMENT_COUNT, type LoadSplit, splitByLoad } from "./load-instruments.ts";
import { joined, kolmogorovSmirnov, varianceInflation } from "./two-sample.ts";

export type { StationSample } from "./implied-services.ts";

export interface StructureStatistic {
  readonly structure: StationStructure;
  /**
   * Root mean square of the two-sample Kolmogorov–Smirnov statistics of the load instruments, and what violations cost;
   * Infinity when those rule the structure out.
   */
  readonly statistic: number;
  /** Share of visits that the structure contradicts, and the service time that would have to be negative / all of it. */
  readonly violationShare: number;
  readonly negativeShare: number;
  /** Busy servers / servers that the structure implies; 0 for delay. */
  readonly utilization: number;
  /** It has as many servers as were ever asked for at once: as good as endless ones, and the same as any other such. */
  readonly isUnlimited: boolean;
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

const SERVER_COUNTS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32];

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
/** The true structure stayed below this at 19 of 20 simulated stations with independent service times and clean clocks. */
const STATISTIC_PLAUSIBLE = 1.25;
const STATISTIC_MARGIN = 0.3;
/** Timestamps off by a tenth of a service time were seen to contradict the true structure at 4.5 % of the visits. */
const VIOLATIONS_MAX = 0.35;
const NEGATIVE_FREE = 0.0005;
const NEGATIVE_COST = 10;
/** A number of servers between the candidates must be better than them by this to be believed: usual numbers are likelier. */
const REFINEMENT_GAIN = 0.4;

/**
 * Which (discipline, server count) can have made these departures out of these arrivals.
 *
 * Each candidate implies service times by queue inversion. Under the true one they do not depend on load, so their
 * distribution is the same for visits that came amid few others and amid many, as measured from arrivals alone
 * (`splitByLoad`). Fails on a station that was never loaded, and says so. A shared processor of less than one server (a
 * quota of half a CPU) follows the same law as one server with longer work: times cannot tell them apart.
 *
 * @throws {RangeError} when arrivals are not ascending.
 */
export function selectStructures(
  sample: StationSample,
  suggested: readonly StationStructure[] = [],
): StructureSelection {
  return selectStructuresOfInstances([sample], suggested);
}

/**
 * The same from several instances that share one structure: each has its own queue, the evidence is pooled. Numbers of
 * servers between the default candidates are tried around the best of them. What is known from elsewhere is `suggested`: it
 * is tried, too, and comes first where the visits do not contradict it; the visits alone say whether anything is identified.
 */
export function selectStructuresOfInstances(
  samples: readonly StationSample[],
  suggested: readonly StationStructure[] = [],
): StructureSelection {
  const scale = new Scale(samples);
  const more = suggested.filter((structure) => !CANDIDATES.some((each) => isSame(each, structure)));
  const statistics = [...CANDIDATES, ...more].map((structure) => scale.weigh(structure)).sort(byStatistic);
  const isCounted = scale.visitCount >= VISITS_MIN;
  const spread = isCounted ? scale.spread(statistics[0]!.structure) : 1;
  if (isCounted) {
    statistics.push(...refinements(statistics, scale, REFINEMENT_GAIN * spread));
    statistics.sort(byStatistic);
  }
  const best = statistics[0]!;
  const possible = statistics.filter((row) => row.statistic < Number.POSITIVE_INFINITY);
  const isUntold = !isCounted || possible.every((row) => row.utilization < UTILIZATION_MIN);
  const bound = Math.max(STATISTIC_PLAUSIBLE, best.statistic + STATISTIC_MARGIN) * spread;
  const rows = possible.filter((row) => isUntold || row.statistic <= bound);
  const plausible = suggestedFirst(rows, suggested).map((row) => row.structure);
  // Where delay explains the visits too, nothing shows that any ever waited.
  const hasQueued = possible.length > 0 && !plausible.some((structure) => structure.discipline === "delay");
  return {
    plausible: plausible.length > 0 ? plausible : [best.structure],
    best: plausible[0] ?? best.structure,
    statistics,
    isIdentified: !isUntold && hasQueued && best.utilization >= UTILIZATION_MIN,
  };
}

function suggestedFirst(
  rows: readonly StructureStatistic[],
  suggested: readonly StationStructure[],
): StructureStatistic[] {
  const isSuggested = ({ structure }: StructureStatistic) => suggested.some((each) => isSame(each, structure));
  return [...rows.filter(isSuggested), ...rows.filter((row) => !isSuggested(row))];
}

function isSame(a: StationStructure, b: StationStructure): boolean {
  return a.discipline === b.discipline && a.serverCount === b.serverCount;
}

function byStatistic(a: StructureStatistic, b: StructureStatistic): number {
  return a.statistic === b.statistic ? 0 : a.statistic - b.statistic;
}

/** Structures around the best of each discipline that are better than that by `gain`; none where that one is far off. */
function refinements(statistics: readonly StructureStatistic[], scale: Scale, gain: number): StructureStatistic[] {
  const far = 2 * statistics[0]!.statistic + gain;
  return (["fifo", "ps"] as const).flatMap((discipline) => {
    const best = statistics.find(({ structure }) => structure.discipline === discipline);
    if (best === undefined || best.statistic > far) return [];
    const finer = between(best.structure).map((structure) => scale.weigh(structure));
    return finer.filter((row) => row.statistic < best.statistic - gain);
  });
}

/** Structures between the neighbours of a candidate: whole numbers of servers; few of a shared processor also by halves. */
function between({ discipline, serverCount }: StationStructure): StationStructure[] {
  const at = SERVER_COUNTS.indexOf(serverCount);
  if (at < 0) return [];
  const from = SERVER_COUNTS[at - 1] ?? serverCount;
  const to = SERVER_COUNTS[at + 1] ?? serverCount;
  const step = discipline === "ps" && serverCount <= 4 ? 0.5 : 1;
  const counts = Array.from({ length: Math.max(0, (to - from) / step - 1) }, (_, k) => from + (k + 1) * step);
  return counts.filter((count) => count !== serverCount).map((count) => ({ discipline, serverCount: count }));
}

/** What the visits say about a structure. */
interface Evidence extends Pick<StructureStatistic, "statistic" | "violationShare" | "negativeShare"> {
  /** Own work, and time between start and departure, that the structure implies. */
  readonly ownSeconds: number;
  readonly heldSeconds: number;
}

/** Holds structures against the visits of a station. */
class Scale {
  readonly #samples: readonly StationSample[];
  readonly #splits: readonly (readonly LoadSplit[])[];
  readonly #mostInFlight: number;
  readonly #spanSeconds: number;
  #endless: Evidence | null = null;
  readonly visitCount: number;

  constructor(samples: readonly StationSample[]) {
    this.#samples = samples.filter((sample) => sample.arrivals.length > 0);
    this.#splits = this.#samples.map(({ arrivals, departures, isCompared }) => {
      const isKept = (row: number): boolean => isCompared === undefined || isCompared[row] === 1;
      return splitByLoad(arrivals, departures).map(({ low, high }) => ({
        low: low.filter(isKept),
        high: high.filter(isKept),
      }));
    });
    this.#mostInFlight = this.#samples.reduce((most, sample) => Math.max(most, mostInFlight(sample)), 0);
    this.#spanSeconds = this.#samples.reduce(
      (seconds, { arrivals, departures }) => seconds + latest(departures) - arrivals[0]!,
      0,
    );
    this.visitCount = this.#samples.reduce((sum, sample) => sum + sample.arrivals.length, 0);
  }

  weigh(structure: StationStructure): StructureStatistic {
    const { discipline, serverCount } = structure;
    const isUnlimited = serverCount >= this.#mostInFlight;
    // Structures that nobody ever waits in imply the same: one of them stands for all.
    if (isUnlimited) this.#endless ??= this.#examine({ discipline: "delay", serverCount: Number.POSITIVE_INFINITY });
    const evidence = isUnlimited ? this.#endless! : this.#examine(structure);
    const { statistic, violationShare, negativeShare } = evidence;
    // A worker is held over calls, a shared processor is not.
    const busySeconds = discipline === "ps" ? evidence.ownSeconds : evidence.heldSeconds;
    const utilization = this.#spanSeconds > 0 ? busySeconds / (this.#spanSeconds * serverCount) : 0;
    return { structure, statistic, violationShare, negativeShare, utilization, isUnlimited };
  }

  #examine(structure: StationStructure): Evidence {
    const implied = this.#samples.map((sample) => implyServices(structure, sample));
    const scaled = implied.map(({ serviceSeconds }, k) => divideByClassMean(serviceSeconds, this.#samples[k]!.classes));
    const total = (of: (each: ImpliedServices) => number) => implied.reduce((sum, each) => sum + of(each), 0);
    const violationShare = total((each) => each.violationCount) / Math.max(1, this.visitCount);
    const positiveSeconds = total((each) => each.positiveSeconds);
    const negativeSeconds = total((each) => each.negativeSeconds);
    const negativeShare = negativeSeconds > 0 ? negativeSeconds / (positiveSeconds + negativeSeconds) : 0;
    const cost =
      violationShare > VIOLATIONS_MAX
        ? Number.POSITIVE_INFINITY
        : NEGATIVE_COST * Math.max(0, negativeShare - NEGATIVE_FREE);
    return {
      statistic: Math.hypot(this.#dependence(scaled), cost),
      violationShare,
      negativeShare,
      ownSeconds: positiveSeconds - negativeSeconds,
      heldSeconds: total((each) => each.heldSeconds),
    };
  }

  /** √ of how much more the statistic of this structure scatters than it would with independent service times. */
  spread(structure: StationStructure): number {
    const services = this.#samples.map((sample) =>
      divideByClassMean(implyServices(structure, sample).serviceSeconds, sample.classes),
    );
    const inflations = Array.from({ length: INSTRUMENT_COUNT }, (_, instrument) =>
      varianceInflation(services.map((values, k) => ({ values, split: this.#splits[k]![instrument]! }))),
    );
    return Math.sqrt(Math.max(...inflations));
  }

  #dependence(services: readonly Float64Array[]): number {
    const pick = (instrument: number, side: "low" | "high") =>
      joined(
        services.map((values, k) => Float64Array.from(this.#splits[k]![instrument]![side], (row) => values[row]!)),
      );
    let squares = 0;
    for (let instrument = 0; instrument < INSTRUMENT_COUNT; instrument++) {
      squares += kolmogorovSmirnov(pick(instrument, "low"), pick(instrument, "high")) ** 2;
    }
    return Math.sqrt(squares / INSTRUMENT_COUNT);
  }
}

function latest(values: Float64Array): number {
  let last = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > last) last = value;
  return last;
}
