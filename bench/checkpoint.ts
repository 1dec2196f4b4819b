/**
 * What a checkpoint costs beside a running line: for how long it keeps anything else from running, how much it writes when
 * all is new and when little is, and how long it takes to restore. A large simulated application at a given rate of spans,
 * the shipped model, default settings; a checkpoint every so many seconds of event time.
 *
 * Run: npm run bench:checkpoint [-- --services N --spans-per-second N --seconds N --every N]
 * The last line is one JSON object, of the second half of the run. Pauses are for how long state is taken at once, slices the
 * longest stretches of writing it beside; both as wall time, which a busy machine makes longer, and pauses as processor time.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runCheckpoints } from "./checkpoint/run-checkpoints.ts";

const { values } = parseArgs({
  options: {
    services: { type: "string", default: "10" },
    "spans-per-second": { type: "string", default: "5000" },
    seconds: { type: "string", default: "240" },
    every: { type: "string", default: "5" },
  },
});
const services = count("--services", values.services);
const spansPerSecond = count("--spans-per-second", values["spans-per-second"]);
const seconds = count("--seconds", values.seconds);
const everySeconds = count("--every", values.every);

const directory = mkdtempSync(join(tmpdir(), "spantwin-bench-checkpoint-"));
try {
  const course = await runCheckpoints({ directory, services, spansPerSecond, seconds, everySeconds });
  const settled = course.reports.slice(Math.floor(course.reports.length / 2));
  const of = (key: "pauseMs" | "pauseCpuMs" | "sliceMs" | "cpuMs" | "bytes"): number[] =>
    settled.map((each) => each[key]);
  console.log(
    JSON.stringify({
      services,
      operations: course.operations,
      spansPerSecond: Math.round(course.spansPerSecond),
      checkpoints: course.reports.length,
      pauseP50Ms: round(quantile(of("pauseMs"), 0.5)),
      pauseMaxMs: round(Math.max(...of("pauseMs"))),
      pauseCpuP50Ms: round(quantile(of("pauseCpuMs"), 0.5)),
      pauseCpuMaxMs: round(Math.max(...of("pauseCpuMs"))),
      sliceP50Ms: round(quantile(of("sliceMs"), 0.5)),
      sliceMaxMs: round(Math.max(...of("sliceMs"))),
      bytesFull: course.fullBytes,
      bytesIncremental: Math.round(quantile(of("bytes"), 0.5)),
      checkpointCpuP50Ms: round(quantile(of("cpuMs"), 0.5)),
      cpuShareOfLine: round(course.reports.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / course.lineCpuMs),
      restoreCpuMs: round(course.restoreCpuMs),
    }),
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}

function count(key: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  process.stderr.write(`checkpoint: ${key}: ${text} must be an integer from 1\n`);
  process.exit(2);
}

function quantile(values_: readonly number[], p: number): number {
  const sorted = [...values_].sort((a, b) => a - b);
  return sorted[Math.floor(p * (sorted.length - 1))] ?? Number.NaN;
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
