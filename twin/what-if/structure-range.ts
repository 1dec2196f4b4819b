import type { StationStructure } from "../../src/contracts/forecast.ts";
import type { StructureName, Unidentified } from "../../src/contracts/what-if.ts";
import { applyScenario } from "./apply-scenario.ts";
import { networkWith } from "./draw-network.ts";
import type { RunPlan } from "./measure-run.ts";
import { p95After, type Question } from "./replicate.ts";

/** A station whose structures move no entry's p95 by more than this share does not matter to the answer. */
const SHARE_THAT_MATTERS = 0.05;

/** Part of a replication's time that is simulated here. */
const SHARE_OF_TIME = 1 / 3;

export interface StructureRange {
  /** By operation of the plan: least and largest p95 after the changes, over the plausible structures; null when there is one. */
  readonly p95Seconds: readonly (readonly [number, number])[] | null;
  readonly unidentified: readonly Unidentified[];
}

/**
 * How much the answer owes to structures that are not known: each station in turn has each of its plausible ones, the
 * others their best; then all have the one that is best, and the one that is worst for latency.
 */
export function structureRange(asked: Question): StructureRange {
  const question = { ...asked, plan: shortened(asked.plan) };
  const { structures, network } = question.model;
  const open = structures.flatMap((plausible, station) => (plausible.length > 1 ? [station] : []));
  if (open.length === 0) {
    return { p95Seconds: null, unidentified: [] };
  }
  const best = structures.map(() => 0);
  const p95With = (ranks: readonly number[]): number[] => {
    const spec = applyScenario({ ...network, spec: networkWith(question.model, ranks) }, question.scenario);
    return p95After(question, spec, 0);
  };
  const all = [p95With(best)];
  const fastest = [...best];
  const slowest = [...best];
  const unidentified: Unidentified[] = [];
  for (const station of open) {
    const rows = structures[station]!.map((_, rank) => (rank === 0 ? all[0]! : p95With(best.with(station, rank))));
    all.push(...rows);
    const sums = rows.map((row) => row.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : each), 0));
    fastest[station] = sums.indexOf(Math.min(...sums));
    slowest[station] = sums.indexOf(Math.max(...sums));
    unidentified.push(...whereItMatters(question, station, rows));
  }
  all.push(p95With(fastest), p95With(slowest));
  return {
    p95Seconds: question.plan.operations.map((_, k) => rangeOf(all.map((row) => row[k]!))),
    unidentified: unidentified.sort((a, b) => spread(b.p95Seconds) - spread(a.p95Seconds)),
  };
}

/** There are many networks to run and all see the same dice, so each may be run for less time. */
function shortened(plan: RunPlan): RunPlan {
  return { ...plan, endSeconds: plan.warmUpSeconds + SHARE_OF_TIME * (plan.endSeconds - plan.warmUpSeconds) };
}

/** The station, by the entry operation that its structures move most; nothing when that is little. */
function whereItMatters(question: Question, station: number, rows: readonly (readonly number[])[]): Unidentified[] {
  const { network, structures } = question.model;
  const moved = question.plan.operations
    .map(({ operation, isEntry }, k) => ({ operation, isEntry, range: rangeOf(rows.map((row) => row[k]!)) }))
    .filter(({ isEntry }) => isEntry)
    .sort((a, b) => spread(b.range) - spread(a.range))[0];
  if (moved === undefined || !(spread(moved.range) > SHARE_THAT_MATTERS)) {
    return [];
  }
  return [
    {
      service: network.stations[station]!.name,
      structures: structures[station]!.map(({ structure }) => structureName(structure)),
      operation: network.operations[moved.operation]!.name,
      p95Seconds: moved.range,
    },
  ];
}

export function structureName({ discipline, serverCount }: StationStructure): StructureName {
  return { discipline, serverCount: Number.isFinite(serverCount) ? serverCount : null };
}

function rangeOf(values: readonly number[]): readonly [number, number] {
  const numbers = values.filter((value) => !Number.isNaN(value));
  return [Math.min(...numbers), Math.max(...numbers)];
}

function spread([low, high]: readonly [number, number]): number {
  return high / low - 1;
}
