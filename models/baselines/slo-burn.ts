import type { Observation } from "../../src/contracts/observation.ts";
import type { NodeScore, Scorer } from "../../src/contracts/score.ts";
import { createMedianReference, type Reference, restored } from "./reference.ts";
import { probabilityOfDeviation } from "./squash.ts";
import { UNIFORM_KINDS } from "./uniform-kinds.ts";

/** Fires when the error budget burns faster than `burn` over both the long and the short span of time. */
export interface BurnRule {
  readonly longSeconds: number;
  readonly shortSeconds: number;
  readonly burn: number;
}

export interface SloBurnOptions {
  /** A good request is answered without error in less than this. */
  readonly thresholdSeconds?: number;
  /** Share of requests that must be good. */
  readonly objective?: number;
  readonly rules?: readonly BurnRule[];
  readonly warmUpWindows?: number;
}

/**
 * The factors of the SRE Workbook (Google, 2018, chapter 5) with its spans of time cut to a twelfth, since faults here
 * last minutes: with the hour it asks for, three minutes of nothing but failure would burn too little to fire.
 */
const DEFAULT_RULES: readonly BurnRule[] = [
  { longSeconds: 300, shortSeconds: 60, burn: 14.4 },
  { longSeconds: 1800, shortSeconds: 300, burn: 6 },
];
const MINIMUM_REQUESTS = 10;
const MINIMUM_VISITS = 3;
const MAX_WINDOWS_KEPT = 4096;

interface RequestCount {
  readonly endSeconds: number;
  readonly total: number;
  readonly bad: number;
}

/**
 * A fixed objective on the entry operations with multi-window burn-rate alarms. It knows no cause; it names the callee
 * whose median sojourn time rose most in seconds, or the entry's own node when no callee's did. Load alone can fire it.
 */
export function createSloBurn(options: SloBurnOptions = {}): Scorer {
  const thresholdSeconds = options.thresholdSeconds ?? 0.5;
  const budget = 1 - (options.objective ?? 0.99);
  const rules = options.rules ?? DEFAULT_RULES;
  const longestSeconds = Math.max(...rules.flatMap((rule) => [rule.longSeconds, rule.shortSeconds]));
  const counts: RequestCount[] = [];
  const references: Reference[] = [];
  const createReference = () =>
    createMedianReference({ warmUpWindows: options.warmUpWindows ?? 6, memoryWindows: 360, clampAt: 3 });

  return {
    name: "slo-burn",
    memory: {
      snapshot: () => ({ counts: [...counts], references: references.map((reference) => reference.snapshot()) }),
      restore(state: { readonly counts: readonly RequestCount[]; readonly references: readonly unknown[] }) {
        counts.push(...state.counts);
        for (const saved of state.references) references.push(restored(createReference(), saved));
      },
    },
    score(forecast) {
      const { observation } = forecast;
      counts.push(countRequests(observation, thresholdSeconds));
      const oldestSeconds = observation.endSeconds - longestSeconds;
      while (counts.length > MAX_WINDOWS_KEPT || counts[0]!.endSeconds <= oldestSeconds) counts.shift();
      const strength = Math.max(...rules.map((rule) => ruleStrength(counts, rule, budget, observation.endSeconds)));
      const probability = probabilityOfDeviation(strength, 1);
      const medians = medianSojourns(observation);
      const rises = medians.map((median, node) => {
        references[node] ??= createReference();
        return median - references[node]!.level();
      });
      for (const [node, median] of medians.entries()) references[node]!.learn(median);
      const shares = blameShares(observation, rises);
      const nodes = shares.map(
        (share, node): NodeScore => ({
          node,
          probability: probability * share,
          kindProbabilities: UNIFORM_KINDS,
          pValue: null,
          residualZ: strength * share,
        }),
      );
      return { forecast, scorer: "slo-burn", nodes };
    },
  };
}

/** Roots are what enters: an operation is an entry once one of its visits was a root. */
function countRequests(observation: Observation, thresholdSeconds: number): RequestCount {
  const { visits } = observation;
  let total = 0;
  let bad = 0;
  for (let i = 0; i < visits.count; i++) {
    if (visits.isRoot[i] !== 1) continue;
    total += 1;
    if (visits.isError[i] === 1 || visits.sojournSeconds[i]! >= thresholdSeconds) bad += 1;
  }
  return { endSeconds: observation.endSeconds, total, bad };
}

/** Burn over the rule's own: 1 when it just fires. The weaker of both spans decides. */
function ruleStrength(counts: readonly RequestCount[], rule: BurnRule, budget: number, nowSeconds: number): number {
  const burnOver = (seconds: number) => {
    let total = 0;
    let bad = 0;
    for (const count of counts) {
      if (count.endSeconds <= nowSeconds - seconds) continue;
      total += count.total;
      bad += count.bad;
    }
    return total < MINIMUM_REQUESTS ? 0 : bad / total / budget;
  };
  return Math.min(burnOver(rule.longSeconds), burnOver(rule.shortSeconds)) / rule.burn;
}

function medianSojourns(observation: Observation): number[] {
  const { visits, topology } = observation;
  const samples: number[][] = topology.nodes.map(() => []);
  for (let i = 0; i < visits.count; i++) {
    samples[topology.operations[visits.operation[i]!]!.node]!.push(visits.sojournSeconds[i]!);
  }
  return samples.map((values) => {
    if (values.length < MINIMUM_VISITS) return Number.NaN;
    values.sort((a, b) => a - b);
    const middle = values.length >>> 1;
    return values.length % 2 === 1 ? values[middle]! : (values[middle - 1]! + values[middle]!) / 2;
  });
}

/**
 * Share of the alarm's probability per node: 1 for the callee that rose most, at most ½ for the others, so that only
 * one is named. The entry's own nodes stand aside unless no callee rose.
 */
function blameShares(observation: Observation, rises: readonly number[]): number[] {
  const isEntry = rises.map(() => false);
  for (const operation of observation.topology.operations) if (operation.isEntry) isEntry[operation.node] = true;
  const riseOf = (node: number) => Math.max(0, rises[node]! || 0);
  let guilty = -1;
  for (const node of rises.keys()) {
    if (!isEntry[node] && riseOf(node) > 0 && (guilty < 0 || riseOf(node) > riseOf(guilty))) guilty = node;
  }
  if (guilty < 0) return isEntry.map(Number);
  return rises.map((_, node) => {
    if (node === guilty) return 1;
    return isEntry[node] ? 0 : (0.5 * riseOf(node)) / riseOf(guilty);
  });
}
