import type { Scenario } from "../../src/contracts/what-if.ts";
import { type Headroom, headroom } from "../forecast/headroom.ts";
import { stream } from "../kernel/random.ts";
import type { Arrivals, NetworkSpec } from "../kernel/spec.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { applyScenario } from "./apply-scenario.ts";
import { drawNetwork } from "./draw-network.ts";
import { measureRun, type Run, type RunPlan } from "./measure-run.ts";
import type { WhatIfModel } from "./model.ts";
import { drawTraffic, scaleTraffic } from "./scale-traffic.ts";
import type { TrafficRates } from "./traffic-rates.ts";

/** What every run of a question has in common. */
export interface Question {
  readonly model: WhatIfModel;
  readonly scenario: Scenario;
  readonly rates: TrafficRates;
  /** By operation, how many times as many requests enter after as before. */
  readonly factors: Float64Array;
  readonly plan: RunPlan;
  readonly seed: number;
}

/** One world that what was learned allows, without and with the changes: everything else, dice included, is the same. */
export interface Replication {
  readonly before: Run;
  readonly after: Run;
  readonly headroomBefore: Headroom;
  readonly headroomAfter: Headroom;
}

export function replicate(question: Question, replication: number): Replication {
  const { model, scenario, rates, factors, plan } = question;
  const seed = question.seed + replication;
  const before = drawNetwork(model, seed);
  const after = applyScenario({ ...model.network, spec: before }, scenario);
  const traffic = trafficOf(question, replication);
  const rateAfter = rates.ratePerSecond.map((rate, operation) => rate * factors[operation]!);
  return {
    before: measureRun(before, traffic.before, plan, seed),
    after: measureRun(after, traffic.after, plan, seed),
    headroomBefore: headroom(before, rates.ratePerSecond),
    headroomAfter: headroom(after, rateAfter),
  };
}

/** The same requests before and after, closer together where there are to be more. */
export function trafficOf(
  question: Question,
  replication: number,
): { readonly before: Arrivals; readonly after: Arrivals } {
  const { model, rates, factors, plan } = question;
  const afterPerSeen = rates.requestsPerSeen.map((weight, operation) => weight * factors[operation]!);
  const longest = Math.max(...rates.requestsPerSeen, ...afterPerSeen) * plan.endSeconds;
  const drawn = drawTraffic(model.traffic, longest, stream(question.seed + replication, "traffic", "windows"));
  return {
    before: scaleTraffic(drawn, rates.requestsPerSeen, plan.endSeconds),
    after: scaleTraffic(drawn, afterPerSeen, plan.endSeconds),
  };
}

/** p95 by operation of the plan, with the changes made, in a network of one's choice; NaN where nothing came through. */
export function p95After(question: Question, spec: NetworkSpec, replication: number): number[] {
  const { after } = trafficOf(question, replication);
  const run = measureRun(spec, after, question.plan, question.seed + replication);
  return question.plan.operations.map(({ operation }) => quantile(run, operation, 0.95));
}

export function quantile(run: Run, operation: number, p: number): number {
  const { latencySeconds } = run.operations.get(operation)!;
  return quantileOfSorted(latencySeconds, p);
}
