/**
 * What is left of the twin when only some of the traces are kept: structures found, latency predicted at a load never
 * learned (beside the simulator that made the truth, with its true parameters), false alarms in a surge and when nothing is
 * wrong, and slow-downs found. Truth comes from the separate simulator of `datasets/synthetic`; traces are head-sampled.
 *
 * Run: npm run bench:sampled [-- <applications>]. Prints a table; the last line is one JSON object.
 */

import { isMainThread } from "node:worker_threads";
import { quantileOfSorted } from "../twin/learning/reference.ts";
import { CONDITIONS, runSampled, type SampledResult } from "./sampled/run-sampled.ts";
import { runInWorkers, serveWork } from "./synthetic/workers.ts";

const APPLICATIONS = 6;

if (isMainThread) {
  const begin = performance.now();
  const count = Number(process.argv[2] ?? APPLICATIONS);
  if (!(Number.isInteger(count) && count > 0))
    throw new RangeError(`applications: ${process.argv[2]} is no whole number above 0`);
  const results = await runInWorkers<SampledResult>(new URL(import.meta.url), count * CONDITIONS.length);
  print(results, count, (performance.now() - begin) / 1000);
} else {
  serveWork(runSampled);
}

function print(results: readonly SampledResult[], applications: number, seconds: number): void {
  const rows = CONDITIONS.map((condition) => ({
    condition: `${100 * condition} %`,
    ...summaryOf(results.filter(({ samplingProbability }) => samplingProbability === condition)),
  }));
  for (const row of rows) {
    console.log(`\n${row.condition} of the traces`);
    console.log(
      `  structure: c ${row.countRight}, discipline ${row.disciplineRight}, truth plausible ${row.plausible}`,
    );
    console.log(`  held out at 0.75, percent off at p50, p95, p99: ${row.errorPercents.join(" ")}`);
    console.log(`  the oracle there: ${row.oracleErrorPercents.join(" ")}`);
    console.log(`  windows with an alarm: ${row.surgeAlarms} in the surge, ${row.quietAlarms} when nothing is wrong`);
    console.log(`  found: ×1.5 ${row.found15}, ×2 ${row.found2}; ${row.learningSeconds} CPU s of learning`);
  }
  console.log(JSON.stringify({ applications, conditions: rows, seconds: Math.round(seconds) }));
}

function summaryOf(results: readonly SampledResult[]) {
  const sum = (of: (result: SampledResult) => number): number => results.reduce((total, each) => total + of(each), 0);
  const stations = sum((each) => each.stations);
  const median = (of: (result: SampledResult) => number): number =>
    Number(quantileOfSorted(Float64Array.from(results, of).sort(), 0.5).toFixed(1));
  const quantiles = [0, 1, 2] as const;
  return {
    countRight: `${sum((each) => each.countRight)}/${stations}`,
    disciplineRight: `${sum((each) => each.disciplineRight)}/${stations}`,
    plausible: `${sum((each) => each.amongPlausible)}/${stations}`,
    errorPercents: quantiles.map((q) => median((each) => each.errors[q])),
    oracleErrorPercents: quantiles.map((q) => median((each) => each.oracleErrors[q])),
    surgeAlarms: `${sum((each) => each.surgeAlarms)}/${sum((each) => each.surgeWindows)}`,
    quietAlarms: `${sum((each) => each.quietAlarms)}/${sum((each) => each.quietWindows)}`,
    found15: `${sum((each) => (each.isFound["×1.5"] ? 1 : 0))}/${results.length}`,
    found2: `${sum((each) => (each.isFound["×2"] ? 1 : 0))}/${results.length}`,
    learningSeconds: median((each) => each.learningSeconds),
  };
}
