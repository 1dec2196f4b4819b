/**
 * Surges without a fault: how often is a node called faulty all the same? On truth made by the separate simulator of
 * `datasets/synthetic`, through the whole line, next to what a monitor without a twin would have said.
 *
 * A window calls a node faulty when the largest of the forecast's residuals that speak against it is at the threshold of
 * the `twin-residual` scorer and its effect above the floors of materiality: what the detector counts as evidence.
 *
 * Run: npm run bench:specificity [-- <recordings>]. Prints tables; the last line is one JSON object.
 */

import { isMainThread } from "node:worker_threads";
import { loadScorer } from "../src/pipeline/scorers.ts";
import { loadSettings } from "../src/settings/load.ts";
import { printReport } from "./specificity/report.ts";
import { runSurge, type SurgeResult } from "./specificity/run-surge.ts";
import { runInWorkers, serveWork } from "./synthetic/workers.ts";

const RECORDINGS = 54;

if (isMainThread) {
  const begin = performance.now();
  const count = Number(process.argv[2] ?? RECORDINGS);
  if (!(Number.isInteger(count) && count > 0))
    throw new RangeError(`recordings: ${process.argv[2]} is no whole number above 0`);
  const results = await runInWorkers<SurgeResult>(new URL(import.meta.url), count);
  printReport(results, (performance.now() - begin) / 1000);
} else {
  const { scorer } = await loadScorer(loadSettings({ env: {}, flags: {} }));
  serveWork((index) => runSurge(index, scorer));
}
