import { expect } from "vitest";
import { compileNetwork, simulate } from "../../twin/kernel/simulate.ts";
import type { Arrivals, NetworkSpec, SimulatedVisits } from "../../twin/kernel/spec.ts";

const REPLICATIONS = 20;
/** Student's t for 19 degrees of freedom at 99.9 %, two-sided. */
const T_999 = 3.883;

export interface Interval {
  readonly mean: number;
  readonly halfWidth: number;
}

/** Mean over independent replications with its 99.9 % confidence interval. Each has its own arrivals and dice. */
export function replicate(
  spec: NetworkSpec,
  seed: number,
  arrivals: (seed: number) => Arrivals,
  measure: (visits: SimulatedVisits) => number,
): Interval {
  const network = compileNetwork(spec);
  const values: number[] = [];
  for (let run = 0; run < REPLICATIONS; run++) {
    const runSeed = seed * 1000 + run;
    const visits = simulate(network, arrivals(runSeed), { seed: runSeed });
    expect(visits.isTruncated, `seed ${runSeed}`).toBe(false);
    values.push(measure(visits));
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / REPLICATIONS;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (REPLICATIONS - 1);
  return { mean, halfWidth: T_999 * Math.sqrt(variance / REPLICATIONS) };
}

/** Mean sojourn time of the visits of `operation`, without the first fifth of the arrivals (warm-up). */
export function meanSojourn(visits: SimulatedVisits, operation = 0): number {
  return steadyMean(visits, operation, visits.sojournSeconds);
}

export function meanWaiting(visits: SimulatedVisits, operation = 0): number {
  return steadyMean(visits, operation, visits.waitingSeconds);
}

function steadyMean(visits: SimulatedVisits, operation: number, column: Float64Array): number {
  let rootCount = 0;
  for (let i = 0; i < visits.count; i++) rootCount += visits.isRoot[i]!;
  let sum = 0;
  let count = 0;
  for (let i = 0; i < visits.count; i++) {
    if (visits.operation[i] !== operation || visits.root[i]! < rootCount / 5) continue;
    sum += column[i]!;
    count++;
  }
  return sum / count;
}

/** Theory lies in the interval, and the interval is narrow enough to mean something. */
export function expectAgreement(interval: Interval, theory: number, seed: number, widest = 0.06): void {
  const { mean, halfWidth } = interval;
  const said = `theory ${theory}, simulated ${mean} ± ${halfWidth} (seed ${seed})`;
  expect(halfWidth / theory, `${said}: too wide to tell`).toBeLessThan(widest);
  expect(Math.abs(mean - theory), said).toBeLessThanOrEqual(halfWidth);
}
