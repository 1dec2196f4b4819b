/**
 * Learns a testbed recording at up to 0.57 of its bottleneck, predicts it at 0.75, 0.8 and 0.9, and prints how far off the
 * twin and the naive forecasts were: for each quantile the median over entry operations of |predicted / observed − 1|.
 * Its last line is one JSON object. Run: npm run bench:accuracy [-- folder] [--picture file.svg]
 */

import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { SHOP } from "../datasets/testbed/shop.ts";
import type { Observation } from "../src/contracts/observation.ts";
import { dataHash } from "../src/pipeline/data-hash.ts";
import { linearRegression, markovQueue, type NaiveGrounds, trainingQuantiles } from "./accuracy/naive.ts";
import { drawPicture, type Panel } from "./accuracy/picture.ts";
import { errorPercents, type Prediction, quantilesOf } from "./accuracy/quantiles.ts";
import { type HeldOutLevel, type HeldOutRecording, readHeldOut } from "./accuracy/recording.ts";
import { requestsOf, sojournsByOperation } from "./accuracy/requests.ts";

import { intervalCoverage, learnedTwin, predictLevel } from "./accuracy/twin-prediction.ts";

const { values, positionals } = parseArgs({ options: { picture: { type: "string" } }, allowPositionals: true });
const folder = positionals[0] ?? "datasets/held-out";
const recording = await readHeldOut(folder);
console.log(`recording ${folder}, sha256 ${await dataHash(folder)}…`);
const { topology } = recording.learning[0]!;
const twin = learnedTwin(recording.learning);
const grounds = naiveGrounds(recording);

const summary: Record<string, Record<string, number>> = {};
for (const level of recording.levels) {
  const { requestCount, observed, ratePerSecond } = observedAt(level);
  const twinErrors = errorPercents(predictLevel(twin, topology, level), observed);
  const coverage = intervalCoverage(twin, level);
  console.log(`\nbottleneck at ${level.level}: ${requestCount} requests, ${ratePerSecond.toFixed(1)} a second`);
  printRow("", ["p50 %", "p95 %", "p99 %"]);
  printRow("twin", twinErrors.map(percent));
  printRow("as while learning", errorPercents(trainingQuantiles(grounds), observed).map(percent));
  printRow("M/M/c at the bottleneck", errorPercents(markovQueue(grounds, ratePerSecond), observed).map(percent));
  printRow("line over the rate", errorPercents(linearRegression(grounds, ratePerSecond), observed).map(percent));
  console.log(`  90 % bands of ${level.windows.length} windows hold ${percent(100 * coverage)} %`);
  summary[level.level] = {
    p50ErrorPercent: twinErrors[0],
    p95ErrorPercent: twinErrors[1],
    p99ErrorPercent: twinErrors[2],
    intervalCoverage: coverage,
  };
}
printSaturation(recording);
if (values.picture !== undefined) await writeFile(values.picture, drawPicture(recording.levels.map(panelOf)));
console.log(JSON.stringify(summary));

function observedAt(level: HeldOutLevel): { requestCount: number; observed: Prediction; ratePerSecond: number } {
  const sojourns = sojournsByOperation(level.requests, level.startSeconds);
  const requestCount = [...sojourns.values()].reduce((sum, sorted) => sum + sorted.length, 0);
  return {
    requestCount,
    observed: new Map([...sojourns].map(([operation, sorted]) => [operation, quantilesOf(sorted)])),
    ratePerSecond: requestCount / (level.endSeconds - level.startSeconds),
  };
}

function panelOf(level: HeldOutLevel): Panel {
  const predicted = twin.predictRequests(topology, level.requests, level.startSeconds);
  const observed = sojournsByOperation(level.requests, level.startSeconds);
  return {
    title: `bottleneck busy ${level.level}, learned at most 0.57`,
    curves: [...observed]
      .sort(([a], [b]) => a - b)
      .map(([operation, sorted]) => ({
        operation: topology.operations[operation]!.name,
        observed: sorted,
        replicates: predicted.get(operation) ?? [],
      })),
  };
}

/** Served requests per second once more come than can be served, beside what the twin says from the learning windows. */
function printSaturation({ overload }: HeldOutRecording): void {
  // In the first windows the queue has yet to grow.
  const full = overload.slice(2);
  const served = full.reduce((sum, window) => sum + requestsOf([window]).operation.length, 0);
  const measured = served / full.reduce((sum, window) => sum + window.endSeconds - window.startSeconds, 0);
  const capacity = twin.forecast(overload[0]!).capacity;
  if (capacity === null) {
    console.log("\nsaturation: not yet identifiable");
    return;
  }
  const { saturationRatePerSecond, saturationRangePerSecond, node } = capacity;
  const range = saturationRangePerSecond.map((rate) => rate.toFixed(1)).join(" to ");
  const difference = percent(100 * (saturationRatePerSecond / measured - 1));
  console.log(
    `\nsaturation: twin ${saturationRatePerSecond.toFixed(1)} requests/s (${range}) at ${topology.nodes[node]!.name}, ` +
      `measured ${measured.toFixed(1)}: ${difference} % off`,
  );
}

/** What somebody without a twin could know: the learning windows, and the mean time at the bottleneck in the quietest. */
function naiveGrounds({ learning }: HeldOutRecording): NaiveGrounds {
  const [bottleneck] = SHOP.bottleneck.split("/");
  const windows = learning.map((window) => requestsOf([window]));
  const quietest = [...learning].sort((a, b) => a.visits.count - b.visits.count).slice(0, learning.length / 4);
  return {
    windows,
    windowSeconds: learning[0]!.endSeconds - learning[0]!.startSeconds,
    bottleneckServiceSeconds: meanSojournSeconds(quietest, bottleneck!),
    bottleneckServers: SHOP.services.find((service) => service.name === bottleneck)!.workerCount,
  };
}

function meanSojournSeconds(windows: readonly Observation[], node: string): number {
  const sojourns = windows.flatMap(({ visits, topology: { operations, nodes } }) =>
    Array.from(visits.operation.keys())
      .filter((row) => nodes[operations[visits.operation[row]!]!.node]!.name === node)
      .map((row) => visits.sojournSeconds[row]!),
  );
  return sojourns.reduce((sum, seconds) => sum + seconds, 0) / sojourns.length;
}

function printRow(name: string, cells: readonly string[]): void {
  console.log(`  ${name.padEnd(26)}${cells.map((cell) => cell.padStart(9)).join("")}`);
}

function percent(value: number): string {
  return value.toFixed(1);
}
