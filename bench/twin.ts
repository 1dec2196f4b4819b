/**
 * How fast the twin's kernel is: next to the same algorithm in C++ and to SimPy on an open network of 50 stations, on
 * applications of 20 services, on two workers, and up to 1,000 stations. Runs take turns, so that what else the machine
 * does hits all alike. Its last line is one JSON object. Run: npm run bench:twin
 *
 * A pace is visits by CPU seconds of one core, all threads of the process counted; only the two workers are timed by the
 * wall clock. What cannot be had (no compiler, no SimPy) is null in the JSON and named in the text.
 * With `-- --document`, docs/benchmarks.md is written anew.
 */

import { cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { writeBenchmarks } from "./twin/document.ts";
import { writeModelFile } from "./twin/model-file.ts";
import { openNetwork, openNetworkSojournSeconds } from "./twin/open-network.ts";
import { cachePath, compileReference, pythonWithSimpy, runKernel, runReference, runSimpy } from "./twin/programs.ts";
import { rpcSize } from "./twin/rpc-network.ts";
import type { KernelRun } from "./twin/run-kernel.ts";
import { median } from "./twin/statistics.ts";
import { type TwoWorkers, twoWorkers } from "./twin/two-workers.ts";
import { KERNEL_SEED, workload } from "./twin/workloads.ts";

const ROUNDS = 7;
const RUNS = 3;
const STATION_COUNTS = [10, 30, 100, 300, 1000] as const;

/** Paces in visits a CPU second, one entry a round. */
interface Paces {
  readonly kernel: number[];
  readonly reference: number[];
  readonly simpy: number[];
  readonly rpcFifo: number[];
  readonly rpcPs: number[];
}

const { values: options } = parseArgs({ options: { document: { type: "boolean", default: false } } });
const lines: string[] = [];
const loadBefore = loadavg()[0]!;
const faults: string[] = [];
const reference = compileReference();
if (reference === undefined) say("C++ reference: not run, there is no g++ that compiles it");
const python = pythonWithSimpy();
if (python === undefined) say("SimPy: not run, there is no python3 that has it or gets it by pip");

const modelFile = cachePath("open-network.model");
const { network, arrivals } = workload("open");
writeModelFile(modelFile, network, arrivals);

const paces: Paces = { kernel: [], reference: [], simpy: [], rpcFifo: [], rpcPs: [] };
const last: { open?: KernelRun; fifo?: KernelRun; ps?: KernelRun } = {};
const programs = [
  () => {
    last.open = runKernel("open", RUNS);
    paces.kernel.push(paceOf(last.open));
  },
  () => {
    if (reference === undefined) return;
    const run = runReference(reference, modelFile, KERNEL_SEED, RUNS);
    paces.reference.push(paceOf(run));
    if (last.open !== undefined && run.checksum !== last.open.checksum)
      faults.push(`C++ has checksum ${run.checksum}, the kernel ${last.open.checksum}: they did not do the same work`);
  },
  () => {
    if (python !== undefined) paces.simpy.push(paceOf(runSimpy(python, KERNEL_SEED)));
  },
  () => {
    last.fifo = runKernel("rpc-fifo", RUNS);
    paces.rpcFifo.push(paceOf(last.fifo));
  },
  () => {
    last.ps = runKernel("rpc-ps", RUNS);
    paces.rpcPs.push(paceOf(last.ps));
  },
];
for (let round = 0; round < ROUNDS; round++) {
  for (let turn = 0; turn < programs.length; turn++) programs[(round + turn) % programs.length]!();
}
const sizes = STATION_COUNTS.map((count) => ({ count, run: runKernel(`stations-${count}`, RUNS) }));
const workers = await twoWorkers("rpc-fifo");
report(last as Required<typeof last>, workers);
if (options.document) writeBenchmarks(lines);

function report({ open, fifo, ps }: Required<typeof last>, { medianSpeedup, speedups }: TwoWorkers): void {
  const theory = openNetworkSojournSeconds(openNetwork);
  const isAsTheory = Math.abs(open.meanSojournSeconds - theory) <= open.sojournHalfWidth;
  if (!isAsTheory) faults.push(`the mean sojourn is not that of Erlang C, ${theory} s: see below`);
  const nanoseconds = sizes.map(({ run }) => (1e9 * run.cpuSeconds) / run.visitCount);
  const rpcSpansPerSecondFifo = median(paces.rpcFifo);
  const rpcSpansPerSecondPs = median(paces.rpcPs);

  say(`\n${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores, Node ${process.versions.node}`);
  say(
    `load average ${loadBefore.toFixed(1)} before, ${loadavg()[0]!.toFixed(1)} after; the bench itself makes up to 2`,
  );
  say(`medians of ${ROUNDS} rounds [lowest … highest], million visits a CPU second`);
  for (const [name, values] of [
    ["open network, kernel", paces.kernel],
    ["open network, C++", paces.reference],
    ["open network, SimPy", paces.simpy],
    [`${rpcSize.servicesPerApplication} services, FIFO`, paces.rpcFifo],
    [`${rpcSize.servicesPerApplication} services, PS`, paces.rpcPs],
  ] as const) {
    say(`  ${name.padEnd(24)} ${values.length === 0 ? "not run" : range(values.map((pace) => pace / 1e6))}`);
  }
  say(`open network: mean sojourn ${open.meanSojournSeconds.toFixed(4)} ± ${open.sojournHalfWidth.toFixed(4)} s`);
  say(`  (99.9 % interval), Erlang C ${theory.toFixed(4)} s; checksum ${open.checksum}`);
  for (const [name, run] of [["FIFO", fifo] as const, ["PS", ps] as const]) {
    const rate = (run.visitCount / run.simulatedSeconds).toFixed(0);
    say(`${name}: ${rate} spans a second in the model, busiest instance at ${run.utilizationMax.toFixed(2)}`);
  }
  say(`two workers at once against one: ${range(speedups)}`);
  say("stations  ns a span  result MB  peak of the process MB");
  sizes.forEach(({ count, run }, index) => {
    const columns = [nanoseconds[index]!, run.resultMegabytes, run.peakMegabytes].map((value) => value.toFixed(0));
    say(`${String(count).padStart(8)} ${columns.map((text) => text.padStart(10)).join(" ")}`);
  });
  for (const fault of faults) say(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
  say(
    JSON.stringify({
      ratioToCpp: ratio(paces.kernel, paces.reference),
      ratioToSimpy: ratio(paces.kernel, paces.simpy),
      rpcSpansPerSecondFifo: Math.round(rpcSpansPerSecondFifo),
      rpcSpansPerSecondPs: Math.round(rpcSpansPerSecondPs),
      realTimeFactor: Math.round(median(paces.rpcFifo.map((pace) => (pace * fifo.simulatedSeconds) / fifo.visitCount))),
      twoWorkerSpeedup: rounded(medianSpeedup),
      openVisitsPerSecond: Math.round(median(paces.kernel)),
      nanosecondsPerSpan: Object.fromEntries(sizes.map(({ count }, index) => [count, Math.round(nanoseconds[index]!)])),
      peakMegabytes: Math.round(Math.max(...sizes.map(({ run }) => run.peakMegabytes))),
      isAsErlangC: isAsTheory,
      rounds: ROUNDS,
    }),
  );
}

function say(line: string): void {
  lines.push(line);
  console.log(line);
}

function paceOf(run: { readonly visitCount: number; readonly cpuSeconds: number }): number {
  return run.visitCount / run.cpuSeconds;
}

/** Median of the rounds' ratios; null when one of the two did not run. */
function ratio(ours: readonly number[], theirs: readonly number[]): number | null {
  return theirs.length === 0 ? null : rounded(median(ours.map((pace, round) => pace / theirs[round]!)));
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

function range(values: readonly number[]): string {
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
    value.toPrecision(3),
  );
  return `${middle} [${low} … ${high}]`;
}
