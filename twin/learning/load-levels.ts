import type { LoadLevel, SampledWork } from "../identification/sampled-station.ts";
import type { LearnedVisit } from "./learned-visit.ts";
import { type TrafficEstimate, totalRate } from "./traffic-estimate.ts";

/** One window's rates, to be joined with its visits. */
export interface WindowTraffic {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly visits: TrafficEstimate["visits"];
}

const LEVELS_MAX = 6;
/** A level with fewer visits says little about quantiles. */
const LEVEL_VISITS_MIN = 100;
/** Kinds of work told apart; operations visited less often are counted as one. */
const KINDS_MAX = 5;

export interface LevelsOfNode {
  readonly levels: readonly LoadLevel[];
  /** Kind of work (column of each level) of an operation. */
  readonly kindOf: (operation: number) => number;
  /** Rate at the busiest level / rate at the quietest, what chance adds to the spread taken out. */
  readonly spread: number;
}

/**
 * Visits of a node by how busy it was when they came: at most six levels of as many visits each. A sampled rate strays by
 * chance, so a window that seems busy is probably less so: its rate is drawn back towards the mean by the share of the
 * spread that chance explains (James and Stein).
 *
 * @param visits of all instances
 * @param options.instanceCount what came was spread over so many
 * @param options.completeness spans that arrive / spans sampled
 * @param options.seenShare visits seen / all visits
 */
export function loadLevels(
  visits: readonly LearnedVisit[],
  windows: readonly WindowTraffic[],
  options: { readonly instanceCount: number; readonly completeness: number; readonly seenShare: number },
): LevelsOfNode {
  const kindOf = kindsOf(visits);
  const kinds = Math.max(0, ...visits.map(({ operation }) => kindOf(operation) + 1));
  const ofWindow = visitsByWindow(visits, windows);
  const operations = new Set(visits.map(({ operation }) => operation));
  const busy = [...ofWindow].map(([index, seen]) => {
    const window = windows[index]!;
    const rates = [...operations].flatMap((operation) => window.visits.get(operation) ?? []);
    return { rate: totalRate(rates, options.completeness), seen };
  });
  const calmed = drawnBack(busy.map(({ rate }) => rate));
  const sorted = busy.map(({ seen }, k) => ({ seen, rate: calmed[k]! })).sort((a, b) => a.rate - b.rate);
  const wanted = Math.max(LEVEL_VISITS_MIN, Math.ceil(visits.length / LEVELS_MAX));
  const groups: (typeof sorted)[] = [];
  for (const window of sorted) {
    const last = groups.at(-1);
    if (last === undefined || count(last) >= wanted) groups.push([window]);
    else last.push(window);
  }
  const whole = groups.length > 1 && count(groups.at(-1)!) < wanted / 2 ? joinLast(groups) : groups;
  const rates = whole.map((group) => group.reduce((sum, { rate, seen }) => sum + rate * seen.length, 0) / count(group));
  const levels = whole.map((group, k) =>
    levelOf(
      group.flatMap(({ seen }) => seen),
      kinds,
      kindOf,
      rates[k]! / options.instanceCount,
      options.seenShare,
    ),
  );
  return { levels, kindOf, spread: rates.length === 0 ? 1 : rates.at(-1)! / rates[0]! };
}

/** The most visited operations are kinds of their own; the rest is one kind together. */
function kindsOf(visits: readonly LearnedVisit[]): (operation: number) => number {
  const counts = new Map<number, number>();
  for (const { operation } of visits) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  const ordered = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([operation]) => operation);
  return (operation) => Math.min(KINDS_MAX, Math.max(0, ordered.indexOf(operation)));
}

function visitsByWindow(
  visits: readonly LearnedVisit[],
  windows: readonly WindowTraffic[],
): Map<number, LearnedVisit[]> {
  const byWindow = new Map<number, LearnedVisit[]>();
  for (const visit of visits) {
    const index = windowAt(windows, visit.departureSeconds);
    if (index < 0) continue;
    const seen = byWindow.get(index) ?? [];
    byWindow.set(index, seen);
    seen.push(visit);
  }
  return byWindow;
}

/** Index of the window that a time lies in, −1 for none. @param windows ascending */
function windowAt(windows: readonly WindowTraffic[], seconds: number): number {
  let low = 0;
  let high = windows.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (windows[middle]!.endSeconds > seconds) high = middle;
    else low = middle + 1;
  }
  return low < windows.length && windows[low]!.startSeconds <= seconds ? low : -1;
}

function drawnBack(rates: readonly ReturnType<typeof totalRate>[]): number[] {
  const n = Math.max(1, rates.length);
  const mean = rates.reduce((sum, { ratePerSecond }) => sum + ratePerSecond, 0) / n;
  const spread = rates.reduce((sum, { ratePerSecond }) => sum + (ratePerSecond - mean) ** 2, 0) / Math.max(1, n - 1);
  const chance = rates.reduce((sum, { variance }) => sum + variance, 0) / n;
  const believed = spread > 0 ? Math.max(0, 1 - chance / spread) : 0;
  return rates.map(({ ratePerSecond }) => mean + believed * (ratePerSecond - mean));
}

function levelOf(
  seen: readonly LearnedVisit[],
  kinds: number,
  kindOf: (operation: number) => number,
  ratePerSecond: number,
  sampledShare: number,
): LoadLevel {
  const byKind = Array.from({ length: kinds }, (): LearnedVisit[] => []);
  for (const visit of seen) byKind[kindOf(visit.operation)]!.push(visit);
  return byKind.map((visits): SampledWork => {
    const childSeconds = Float64Array.from(visits, (visit) => visit.childSeconds);
    return {
      // Half a visit where there was none: every kind must have a rate.
      ratePerSecond: (ratePerSecond * Math.max(0.5, visits.length)) / seen.length,
      ownSeconds: Float64Array.from(visits, ownSecondsOf),
      childSeconds: childSeconds.some((each) => each > 0) ? childSeconds : new Float64Array(),
      sampledShare,
    };
  });
}

/** Work, waiting and sharing: the stay less lag and calls. */
export function ownSecondsOf(visit: LearnedVisit): number {
  return visit.segments.reduce((sum, each) => sum + each, 0);
}

function count(group: readonly { readonly seen: readonly LearnedVisit[] }[]): number {
  return group.reduce((sum, { seen }) => sum + seen.length, 0);
}

function joinLast<T>(groups: readonly T[][]): T[][] {
  return [...groups.slice(0, -2), [...groups.at(-2)!, ...groups.at(-1)!]];
}
