/**
 * What a verdict costs: a window of a large application on one core, the explanation of an incident in it, and memory over
 * hours of replay. The shipped model, default settings, simulated applications.
 *
 * Run: npm run bench:verdict [-- --services N --spans-per-second N --hours N]
 * The last line is one JSON object. The replay's own requests and spans are held in memory by the simulation, all of them
 * before it starts: what grows besides is the product's.
 */

import { parseArgs } from "node:util";
import { readArtifact } from "../models/artifact.ts";
import { loadBackend } from "../models/backend.ts";
import { createNodeModel } from "../models/node-model.ts";
import { SHIPPED_ARTIFACT } from "../src/pipeline/scorers.ts";
import { replayHours } from "./verdict/memory.ts";
import { measureWindows } from "./verdict/window-cost.ts";

const SEED = 7;

const { values } = parseArgs({
  options: {
    services: { type: "string", default: "60" },
    "spans-per-second": { type: "string", default: "3000" },
    hours: { type: "string", default: "6" },
  },
});
const services = count("--services", values.services);
const spansPerSecond = count("--spans-per-second", values["spans-per-second"]);
const hours = count("--hours", values.hours);

const backend = await loadBackend("auto");
const scorer = createNodeModel(backend, readArtifact(SHIPPED_ARTIFACT));
const cost = measureWindows(SEED, services, spansPerSecond, scorer);
console.log(
  `${services} services, ${cost.nodes} nodes, ${cost.spansPerSecond.toFixed(0)} spans/s: a window takes ` +
    `${quantile(cost.windowMs, 0.5).toFixed(0)} ms, an explanation ${quantile(cost.explanationMs, 0.5).toFixed(0)} ms`,
);
const memory = replayHours(hours, SEED, backend.tf, scorer);
console.log(`heap by hour, MiB: ${memory.heapMiB.map((each) => each.toFixed(1)).join(" ")}`);
console.log(
  JSON.stringify({
    services,
    nodes: cost.nodes,
    spansPerSecond: Math.round(cost.spansPerSecond),
    windowMsMedian: round(quantile(cost.windowMs, 0.5)),
    windowMsMax: round(Math.max(...cost.windowMs)),
    explanationMsMedian: round(quantile(cost.explanationMs, 0.5)),
    explanationMsMax: round(Math.max(...cost.explanationMs)),
    explanationRight: round(cost.rightShare),
    replayHours: hours,
    replaySpans: memory.spans,
    replayFalseIncidents: memory.falseIncidents,
    heapSlopePercentPerHour: round(slopePercent(memory.heapMiB.slice(1))),
    tensorsFirstHour: memory.tensors[0] ?? null,
    tensorsLastHour: memory.tensors.at(-1) ?? null,
  }),
);

function count(key: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  process.stderr.write(`verdict: ${key}: ${text} must be an integer from 1\n`);
  process.exit(2);
}

function quantile(values_: readonly number[], p: number): number {
  const sorted = [...values_].sort((a, b) => a - b);
  return sorted[Math.floor(p * (sorted.length - 1))] ?? Number.NaN;
}

/** Least squares, per hour, of the mean. */
function slopePercent(course: readonly number[]): number {
  const n = course.length;
  const meanHour = (n - 1) / 2;
  const mean = course.reduce((sum, each) => sum + each, 0) / n;
  const up = course.reduce((sum, each, hour) => sum + (hour - meanHour) * (each - mean), 0);
  const down = course.reduce((sum, _, hour) => sum + (hour - meanHour) ** 2, 0);
  return (100 * up) / down / mean;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
