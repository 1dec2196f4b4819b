import type { Compared, OperationAnswer, Scenario, StationAnswer, WhatIfAnswer } from "../../src/contracts/what-if.ts";
import { visitRates } from "../forecast/headroom.ts";
import { applyScenario } from "./apply-scenario.ts";
import { compare } from "./band.ts";
import type { Run, RunPlan } from "./measure-run.ts";
import type { WhatIfModel } from "./model.ts";
import { serviceName } from "./named-network.ts";
import { structuresThatFit } from "./plausible.ts";
import { remedyFor } from "./remedy.ts";
import { type Question, quantile, type Replication, replicate } from "./replicate.ts";
import { saturationOf } from "./saturation.ts";
import { trafficFactors } from "./scale-traffic.ts";
import { structureName, structureRange } from "./structure-range.ts";
import { type TrafficRates, trafficRates } from "./traffic-rates.ts";
import { mostMoved, verdictOf } from "./verdict.ts";
import { describeChange, duration } from "./wording.ts";

export interface WhatIfOptions {
  readonly seed: number;
  /** Worlds simulated, each without and with the changes. At least 1; below 10 the intervals say little. */
  readonly replications: number;
  /** Further operations to answer for, numbered as in the model's network. */
  readonly operations?: readonly number[];
  /** Told after each replication. */
  readonly onReplication?: (done: number) => void;
}

/** Requests that a replication should have, so that a p99 rests on some. */
const REQUESTS_WANTED = 4000;
/** Visits that it may have: a second or less of computing. */
const VISITS_MAX = 400_000;
const SECONDS_MIN = 20;
const SECONDS_MAX = 7200;
/** A p95 that grows by more than this makes one look for what would help. */
const RISE_TO_REMEDY = 0.2;
/** Share of the counted time that goes before it to fill the queues. */
const WARM_UP_SHARE = 0.2;

/**
 * What the changes would do: the same requests with the same dice through the network as learned and as changed, in many
 * worlds that what was learned allows (structures, parameters, traffic). Pure: same arguments, same answer.
 *
 * @throws {ScenarioError} when a change does not fit the system.
 */
export function whatIf(model: WhatIfModel, scenario: Scenario, options: WhatIfOptions): WhatIfAnswer {
  const question = questionOf(model, scenario, options);
  const replications = Array.from({ length: options.replications }, (_, replication) => {
    const result = replicate(question, replication);
    options.onReplication?.(replication + 1);
    return result;
  });
  return answerTo(question, replications);
}

function questionOf(given: WhatIfModel, scenario: Scenario, options: WhatIfOptions): Question {
  applyScenario(given.network, scenario);
  const model = structuresThatFit(given, scenario);
  const rates = trafficRates(model.traffic, model.network.operations.length);
  const factors = trafficFactors(model.network, scenario, rates.ratePerSecond);
  const operations = model.network.operations.flatMap(({ isEntry }, operation) =>
    isEntry || options.operations?.includes(operation) === true ? [{ operation, isEntry }] : [],
  );
  const plan = { ...planSeconds(model, rates, factors), operations };
  return { model, scenario, rates, factors, plan, seed: options.seed };
}

/** Long enough for the requests wanted at the base load, short enough for the visits allowed at the larger one. */
function planSeconds(model: WhatIfModel, rates: TrafficRates, factors: Float64Array): Omit<RunPlan, "operations"> {
  const after = rates.ratePerSecond.map((rate, operation) => rate * factors[operation]!);
  const visitsPerSecond = Math.max(
    sum(visitRates(model.network.spec, rates.ratePerSecond)),
    sum(visitRates(model.network.spec, after)),
  );
  const wanted = Math.min(REQUESTS_WANTED / sum(rates.ratePerSecond), VISITS_MAX / visitsPerSecond);
  const seconds = Math.min(SECONDS_MAX, Math.max(SECONDS_MIN, Math.ceil(wanted)));
  const warmUpSeconds = WARM_UP_SHARE * seconds;
  return { warmUpSeconds, endSeconds: warmUpSeconds + seconds };
}

function answerTo(question: Question, replications: readonly Replication[]): WhatIfAnswer {
  const { model, scenario, rates, factors, plan, seed } = question;
  const range = structureRange(question);
  const operations = plan.operations.map((each, k): OperationAnswer => {
    const over = range.p95Seconds?.[k] ?? null;
    return operationAnswer(question, replications, each, over);
  });
  const requestsBefore = sum(rates.ratePerSecond);
  const requestsAfter = sum(rates.ratePerSecond.map((rate, operation) => rate * factors[operation]!));
  const saturation = {
    before: saturationOf(
      model.network,
      replications.map((each) => each.headroomBefore),
      requestsBefore,
    ),
    after: saturationOf(
      afterwards(question),
      replications.map((each) => each.headroomAfter),
      requestsAfter,
    ),
  };
  const target = mostMoved(operations);
  const { bottleneck } = saturation.after;
  const isWorse = target >= 0 && rise(operations[target]!) > RISE_TO_REMEDY;
  const answer = {
    scenario,
    changes: scenario.changes.map(describeChange),
    baseSeconds: rates.seconds,
    requestsPerSecond: { before: requestsBefore, after: requestsAfter },
    replications: replications.length,
    secondsPerReplication: plan.endSeconds - plan.warmUpSeconds,
    seed,
    operations,
    stations: model.network.stations.map((_, station) => stationAnswer(question, replications, station)),
    saturation,
    isOverloaded: {
      before: mostly(replications, (each) => each.headroomBefore.factor < 1 || each.before.isTruncated),
      after: mostly(replications, (each) => each.headroomAfter.factor < 1 || each.after.isTruncated),
    },
    unidentified: range.unidentified,
    remedy: isWorse && bottleneck !== null ? remedyFor(question, bottleneck, target) : null,
    notes: notesOn(question, replications),
  };
  return { verdict: verdictOf(answer), ...answer };
}

function operationAnswer(
  { model }: Question,
  replications: readonly Replication[],
  { operation, isEntry }: RunPlan["operations"][number],
  p95OverStructuresSeconds: readonly [number, number] | null,
): OperationAnswer {
  const over = (value: (run: Run) => number): Compared =>
    compare(
      replications.map((each) => value(each.before)),
      replications.map((each) => value(each.after)),
    );
  return {
    service: serviceName(model.network, operation),
    operation: model.network.operations[operation]!.name,
    isEntry,
    measured: model.measured.get(operation) ?? null,
    p50Seconds: over((run) => quantile(run, operation, 0.5)),
    p95Seconds: over((run) => quantile(run, operation, 0.95)),
    p99Seconds: over((run) => quantile(run, operation, 0.99)),
    throughputPerSecond: over((run) => run.operations.get(operation)!.throughputPerSecond),
    failureShare: over((run) => run.operations.get(operation)!.failureShare),
    p95OverStructuresSeconds,
  };
}

function stationAnswer({ model }: Question, replications: readonly Replication[], station: number): StationAnswer {
  return {
    service: model.network.stations[station]!.name,
    utilization: compare(
      replications.map((each) => each.before.utilization[station]!),
      replications.map((each) => each.after.utilization[station]!),
    ),
    structures: model.structures[station]!.map(({ structure }) => structureName(structure)),
    isIdentified: model.isIdentified[station]!,
  };
}

/** The network after the changes, under its own names. */
function afterwards({ model, scenario }: Question): WhatIfModel["network"] {
  return { ...model.network, spec: applyScenario(model.network, scenario) };
}

function notesOn({ model, rates, factors, plan }: Question, replications: readonly Replication[]): string[] {
  const notes: string[] = [];
  const isMore = factors.some((factor, operation) => factor > 1.2 && rates.ratePerSecond[operation]! > 0);
  const leaves = model.network.stations.filter(
    ({ kind }, station) =>
      kind !== "service" && model.structures[station]!.every(({ structure }) => structure.discipline === "delay"),
  );
  if (isMore && leaves.length > 0) {
    const names = leaves.map((each) => each.name).join(", ");
    notes.push(`Seen through their callers only, so taken to be as fast under more load: ${names}.`);
  }
  const overloaded = replications.filter((each) => each.headroomAfter.factor < 1).length;
  if (overloaded > 0) {
    const share = `${overloaded} of ${replications.length} worlds`;
    const stretch = duration(plan.endSeconds - plan.warmUpSeconds);
    notes.push(`After the change ${share} are overloaded: latency there grows with time, here over ${stretch}.`);
  }
  if (replications.some((each) => each.before.isTruncated || each.after.isTruncated)) {
    notes.push("Some runs were cut short because too many requests were open: their figures are too low.");
  }
  return notes;
}

function rise({ p95Seconds: { before, after } }: OperationAnswer): number {
  return before === null || after === null ? 0 : after[1] / before[1] - 1;
}

function mostly(replications: readonly Replication[], holds: (each: Replication) => boolean): boolean {
  return replications.filter(holds).length * 2 > replications.length;
}

function sum(values: Float64Array): number {
  return values.reduce((total, each) => total + each, 0);
}
