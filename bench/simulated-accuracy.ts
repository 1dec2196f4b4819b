/**
 * How much worse than the best possible does the twin predict latency at loads it never saw? Truth comes from the separate
 * simulator of `datasets/synthetic`; the oracle is that simulator itself, with its true parameters and the same requests.
 * For each quantile the median over entry operations of |predicted / observed − 1|, and of that the median over applications.
 *
 * Run: npm run bench:simulated [-- <applications>]. Prints a table; the last line is one JSON object.
 */

import { isMainThread } from "node:worker_threads";
import { quantileOfSorted } from "../twin/learning/reference.ts";
import { LEVELS, type Level } from "./accuracy/recording.ts";
import { type ApplicationErrors, PREDICTORS, runApplication } from "./simulated-accuracy/run-application.ts";
import { runInWorkers, serveWork } from "./synthetic/workers.ts";

const APPLICATIONS = 10;

if (isMainThread) {
  const begin = performance.now();
  const count = Number(process.argv[2] ?? APPLICATIONS);
  if (!(Number.isInteger(count) && count > 0))
    throw new RangeError(`applications: ${process.argv[2]} is no whole number above 0`);
  const results = await runInWorkers<ApplicationErrors>(new URL(import.meta.url), count);
  print(results, (performance.now() - begin) / 1000);
} else {
  serveWork(runApplication);
}

function print(results: readonly ApplicationErrors[], seconds: number): void {
  results.forEach(({ name, bottleneck, levels }, index) => {
    console.log(`application ${index}: ${name}, bottleneck ${bottleneck}; percent off, twin and (oracle)`);
    for (const { level, requestCount, errors, coverage } of levels) {
      const cells = errors.twin.map((twin, q) => `${twin.toFixed(1)} (${errors.oracle[q]!.toFixed(1)})`);
      console.log(`  ${level}: ${cells.join("  ")}  ${requestCount} requests, coverage ${coverage.toFixed(2)}`);
    }
  });
  const summary: Record<string, unknown> = {};
  for (const level of LEVELS) {
    console.log(
      `\nbottleneck at ${level}, median over ${results.length} applications${"p50 %  p95 %  p99 %".padStart(24)}`,
    );
    for (const predictor of PREDICTORS) {
      const cells = [0, 1, 2].map((q) => percent(medianError(results, level, predictor, q)).padStart(7));
      console.log(`  ${predictor.padEnd(44)}${cells.join("")}`);
    }
    summary[level] = summaryOf(results, level);
  }
  console.log(JSON.stringify({ applications: results.length, ...summary, seconds: Math.round(seconds) }));
}

function summaryOf(results: readonly ApplicationErrors[], level: Level): Record<string, number> {
  const of = (predictor: (typeof PREDICTORS)[number], q: number): number =>
    rounded(medianError(results, level, predictor, q));
  const coverages = results.flatMap((result) =>
    result.levels.filter((each) => each.level === level).map((each) => each.coverage),
  );
  return {
    p50ErrorPercent: of("twin", 0),
    p95ErrorPercent: of("twin", 1),
    p99ErrorPercent: of("twin", 2),
    oracleP50ErrorPercent: of("oracle", 0),
    oracleP95ErrorPercent: of("oracle", 1),
    oracleP99ErrorPercent: of("oracle", 2),
    intervalCoverage: Number((coverages.reduce((sum, each) => sum + each, 0) / coverages.length).toFixed(3)),
  };
}

function medianError(
  results: readonly ApplicationErrors[],
  level: Level,
  predictor: (typeof PREDICTORS)[number],
  q: number,
): number {
  const errors = results.flatMap((result) =>
    result.levels.filter((each) => each.level === level).map((each) => each.errors[predictor][q]!),
  );
  return quantileOfSorted(Float64Array.from(errors).sort(), 0.5);
}

/** An M/M/c queue that what was learned already overloads has no steady state to tell of. */
function percent(error: number): string {
  return Number.isNaN(error) ? "–" : error.toFixed(1);
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
