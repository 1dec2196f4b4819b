import type { StationStructure } from "../../src/contracts/forecast.ts";
import {
  type Fitted,
  type LoadLevel,
  meanSecondsOf,
  OUT_OF_BOUNDS,
  SampledStation,
  type ServiceParameters,
} from "./sampled-station.ts";
import { CANDIDATES, type StructureSelection, type StructureStatistic } from "./structure.ts";

/** Service times that a structure must have for the sampled visits to have stayed as long as they did. */
export interface StructureFit {
  readonly structure: StationStructure;
  /** Mean service time of each kind of work, seconds. */
  readonly meanSeconds: readonly number[];
  /** Standard deviation / mean, the same for all kinds: service times are taken to be lognormal. */
  readonly variation: number;
}

export interface MatchingSelection extends StructureSelection {
  /** One row a candidate, in the order of `statistics`. */
  readonly fits: readonly StructureFit[];
}

export interface MatchingOptions {
  readonly seed: number;
  /** Default: delay, and FIFO and PS with 1 to 16 servers. */
  readonly candidates?: readonly StationStructure[];
}

/** Fewer sampled visits in all say nothing about structure. */
const VISITS_MIN = 300;
const UTILIZATION_MIN = 0.25;
/** Candidates as likely as e⁻⁴ of the best one are plausible. */
const MISFIT_MARGIN = 8;
/** Every other candidate is tried on few visits; the search for the likeliest begins at the better ones. */
const ROUGH = { arrivals: 8000, evaluations: 20 } as const;
const FINE = { arrivals: 20_000, evaluations: 18 } as const;
const STARTS = 3;
const REFINED_MAX = 11;
const POLISHED = 2;
/** More servers than this look to a sample as if none ever waited. */
const SERVERS_MAX = 16;
const TOLD_APART = CANDIDATES.filter(
  ({ discipline, serverCount }) => discipline === "delay" || serverCount <= SERVERS_MAX,
);

/**
 * Which (discipline, server count) can have made sampled visits stay as long as they did, when what was not sampled is
 * known by its rate only: queue inversion would need every visit. Each candidate's station is simulated at each level of
 * load, with Poisson arrivals, and its service times (lognormal: mean and variation) are moved until the quantiles of own
 * time agree with those seen. All candidates meet the same arrivals and dice. It takes several levels of load to tell
 * waiting from work; with one level, or little load, it says that nothing is identified.
 *
 * Cost: at most 18 million simulated visits, whatever was sampled. Deterministic by seed.
 *
 * @throws {RangeError} when there is no level, or a rate is not > 0.
 */
export function matchStructures(levels: readonly LoadLevel[], options: MatchingOptions): MatchingSelection {
  if (levels.length === 0) throw new RangeError("levels: there must be at least one");
  for (const work of levels.flat()) {
    if (!(work.ratePerSecond > 0)) throw new RangeError(`ratePerSecond: ${work.ratePerSecond} must be > 0`);
  }
  const { candidates = TOLD_APART, seed } = options;
  const rough = new SampledStation(levels, ROUGH.arrivals, seed);
  const start = rough.start();
  const tried = everyOther(candidates)
    .map((structure) => rough.fit(structure, start, ROUGH.evaluations))
    .sort(byMisfit);
  const compared = climb(new SampledStation(levels, FINE.arrivals, seed), tried, candidates);
  const left = tried.filter((each) => compared.every(({ structure }) => !isSame(structure, each.structure)));
  return selectionOf(compared, left, levels);
}

/** From the better of the candidates tried to neighbours of whatever is plausible, until all of them were seen. */
function climb(station: SampledStation, tried: readonly Fitted[], candidates: readonly StationStructure[]): Fitted[] {
  const compared: Fitted[] = [];
  const compare = (structure: StationStructure, from: ServiceParameters): void => {
    const isNew = compared.every((each) => !isSame(each.structure, structure));
    if (!isNew || compared.length >= REFINED_MAX) return;
    const own = tried.find((each) => isSame(each.structure, structure));
    compared.push(station.refine(structure, own?.parameters ?? from, FINE.evaluations));
  };
  // Whether anything ever waited is always asked.
  const free = tried.filter(({ structure }) => structure.discipline === "delay");
  for (const { structure, parameters } of [...free, ...tried.slice(0, STARTS)]) compare(structure, parameters);
  const climbed = new Set<Fitted>();
  for (;;) {
    compared.sort(byMisfit);
    const bound = compared[0]!.misfit + MISFIT_MARGIN;
    const next = compared.find((each) => each.misfit <= bound && !climbed.has(each));
    if (next === undefined) break;
    climbed.add(next);
    for (const structure of neighboursOf(next.structure, candidates)) compare(structure, next.parameters);
  }
  // Replicates were made where the search began; for the likeliest it is done again from where it ended.
  const polished = compared
    .slice(0, POLISHED)
    .map((each) => station.refine(each.structure, each.parameters, FINE.evaluations));
  return [...polished, ...compared.slice(POLISHED)].sort(byMisfit);
}

/** Candidates of the same server count and of the next smaller and larger ones, of either discipline. */
function neighboursOf(structure: StationStructure, candidates: readonly StationStructure[]): StationStructure[] {
  const counts = [...new Set(candidates.map((each) => each.serverCount))].sort((a, b) => a - b);
  const at = counts.indexOf(structure.serverCount);
  return candidates.filter((each) => Math.abs(counts.indexOf(each.serverCount) - at) <= 1);
}

/** Server counts 1, 2, 4, 8, …: what lies between is looked at when a neighbour is likely. */
function everyOther(candidates: readonly StationStructure[]): StationStructure[] {
  const chosen = candidates.filter(
    ({ serverCount }) => !Number.isFinite(serverCount) || Number.isInteger(Math.log2(serverCount)),
  );
  return chosen.length > STARTS ? chosen : [...candidates];
}

function isSame(a: StationStructure, b: StationStructure): boolean {
  return a.discipline === b.discipline && a.serverCount === b.serverCount;
}

function byMisfit(a: Fitted, b: Fitted): number {
  return a.misfit - b.misfit;
}

/** @param left candidates that explained so little that they were not compared in the end, the better first */
function selectionOf(
  compared: readonly Fitted[],
  left: readonly Fitted[],
  levels: readonly LoadLevel[],
): MatchingSelection {
  const best = compared[0]!;
  const visitCount = levels.flat().reduce((sum, work) => sum + work.ownSeconds.length, 0);
  const possible = compared.filter((each) => each.misfit < OUT_OF_BOUNDS);
  const isUntold = visitCount < VISITS_MIN || possible.every((each) => each.utilization < UTILIZATION_MIN);
  const candidates = isUntold
    ? [...compared, ...left].filter((each) => each.misfit < OUT_OF_BOUNDS)
    : possible.filter((each) => each.misfit <= best.misfit + MISFIT_MARGIN);
  const plausible = candidates.map((each) => each.structure);
  const hasQueued = possible.length > 0 && !plausible.some((structure) => structure.discipline === "delay");
  const all = [...compared, ...left];
  return {
    plausible: plausible.length > 0 ? plausible : [best.structure],
    best: best.structure,
    statistics: all.map(
      ({ structure, misfit, utilization }, rank): StructureStatistic => ({
        structure,
        statistic: rank < compared.length && misfit < OUT_OF_BOUNDS ? misfit : Number.POSITIVE_INFINITY,
        violationShare: 0,
        negativeShare: 0,
        utilization,
        isUnlimited: structure.discipline === "delay",
      }),
    ),
    isIdentified: !isUntold && hasQueued && best.utilization >= UTILIZATION_MIN,
    fits: all.map(({ structure, parameters }) => ({
      structure,
      meanSeconds: parameters.kindFactors.map((_, kind) => meanSecondsOf(parameters, kind)),
      variation: Math.exp(parameters.logVariation),
    })),
  };
}
