import { expect } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { simulate } from "../../twin/kernel/simulate.ts";
import type { Arrivals, NetworkSpec, SimulatedVisits } from "../../twin/kernel/spec.ts";

const REPLICATIONS = 20;
/** Student's t for 19 degrees of freedom at 99.9 %, two-sided. */
const T_999 = 3.883;
/** Runs begin empty: what the first of the arrivals caused is not counted. */
const WARM_UP_SHARE = 1 / 5;

/** The 99.9 % confidence interval (Student's t) of a mean over independent replications. */
export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
  /** What another needs to see the same. */
  readonly made?: string;
}

/** One number a replication, each with arrivals and dice of its own; seeds `seed` × 1000 and following. */
export function replicate(
  spec: NetworkSpec,
  seed: number,
  arrivals: (seed: number) => Arrivals,
  measure: (visits: SimulatedVisits) => number,
): Interval {
  return replicateAll(spec, seed, arrivals, (visits) => [measure(visits)])[0]!;
}

/** As `replicate`, for several numbers of the same runs. */
export function replicateAll(
  spec: NetworkSpec,
  seed: number,
  arrivals: (seed: number) => Arrivals,
  measure: (visits: SimulatedVisits) => readonly number[],
): Interval[] {
  const network = compileNetwork(spec);
  const runs = Array.from({ length: REPLICATIONS }, (_, run) => {
    const runSeed = seed * 1000 + run;
    const visits = simulate(network, arrivals(runSeed), { seed: runSeed });
    expect(visits.isTruncated, `seed ${runSeed}`).toBe(false);
    return measure(visits);
  });
  const made = `${REPLICATIONS} replications, seeds ${seed * 1000} to ${seed * 1000 + REPLICATIONS - 1}`;
  return runs[0]!.map((_, column) => {
    const values = runs.map((run) => run[column]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / REPLICATIONS;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (REPLICATIONS - 1);
    return { mean, halfWidth: T_999 * Math.sqrt(variance / REPLICATIONS), made };
  });
}

/** Mean sojourn time of the visits of `operation` that were served. */
export function meanSojourn(visits: SimulatedVisits, operation = 0): number {
  return mean(steady(visits, operation, visits.sojournSeconds));
}

export function meanWaiting(visits: SimulatedVisits, operation = 0): number {
  return mean(steady(visits, operation, visits.waitingSeconds));
}

/** Variance of the waiting time about a mean known from theory, which costs no degree of freedom. */
export function waitingVariance(visits: SimulatedVisits, meanSeconds: number): number {
  return mean(steady(visits, 0, visits.waitingSeconds).map((seconds) => (seconds - meanSeconds) ** 2));
}

/** Share of the visits of `operation` that waited longer than `seconds`. */
export function waitedLonger(visits: SimulatedVisits, seconds: number, operation = 0): number {
  return mean(steady(visits, operation, visits.waitingSeconds).map((waited) => (waited > seconds ? 1 : 0)));
}

/** The p-quantile of the sojourn times of `operation`. */
export function sojournQuantile(visits: SimulatedVisits, p: number, operation = 0): number {
  const sorted = steady(visits, operation, visits.sojournSeconds).sort();
  return sorted[Math.floor(p * sorted.length)]!;
}

/** Share of the visits from outside that were refused. */
export function refusedShare(visits: SimulatedVisits): number {
  const from = firstSteadyRoot(visits);
  let refused = 0;
  let count = 0;
  for (let i = 0; i < visits.count; i++) {
    if (visits.isRoot[i] === 0 || visits.root[i]! < from) continue;
    refused += visits.isFailed[i]!;
    count++;
  }
  return refused / count;
}

/** A column of the visits of `operation` that did not fail, warm-up left out. */
function steady(visits: SimulatedVisits, operation: number, column: Float64Array): Float64Array {
  const from = firstSteadyRoot(visits);
  return column.filter(
    (_, i) => visits.operation[i] === operation && visits.root[i]! >= from && visits.isFailed[i] === 0,
  );
}

function firstSteadyRoot(visits: SimulatedVisits): number {
  let roots = 0;
  for (let i = 0; i < visits.count; i++) roots += visits.isRoot[i]!;
  return roots * WARM_UP_SHARE;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Theory lies in the interval, and the interval is narrow enough to mean something: a share `widest` of theory to each side. */
export function expectAgreement(interval: Interval, theory: number, seed: number, widest = 0.06): void {
  const said = describeInterval(interval, theory, seed);
  expect(interval.halfWidth / theory, `${said}: too wide to tell`).toBeLessThan(widest);
  expect(Math.abs(interval.mean - theory), said).toBeLessThanOrEqual(interval.halfWidth);
}

/** An approximation is off by no more than `errorShare` of what was simulated, and that is known well enough. */
export function expectWithin(interval: Interval, approximation: number, seed: number, errorShare: number): void {
  const said = describeInterval(interval, approximation, seed);
  expect(interval.halfWidth / interval.mean, `${said}: too wide to tell`).toBeLessThan(0.15);
  expect(Math.abs(approximation / interval.mean - 1), said).toBeLessThanOrEqual(errorShare);
}

function describeInterval({ mean: simulated, halfWidth, made }: Interval, theory: number, seed: number): string {
  return `theory ${theory}, simulated ${simulated} ± ${halfWidth} at 99.9 % (${made ?? `seed ${seed}`})`;
}
