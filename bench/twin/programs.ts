import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type OpenNetwork, openNetwork } from "./open-network.ts";
import type { KernelRun } from "./run-kernel.ts";
import { median } from "./statistics.ts";
import { OPEN_JOBS, type WorkloadName } from "./workloads.ts";

const here = fileURLToPath(new URL(".", import.meta.url));
const cache = fileURLToPath(new URL("../../.cache/bench-twin/", import.meta.url));
const SIMPY_JOBS = OPEN_JOBS / 20;
const SIMPY_VERSION = "4.1.2";
const INSTALL_LIMIT_MILLISECONDS = 60_000;

/** A run of a program that is not the kernel, in CPU seconds of one core. */
export interface ReferenceRun {
  readonly visitCount: number;
  readonly cpuSeconds: number;
}

/** Where files of the bench are kept; it is made when it is missing. */
export function cachePath(name: string): string {
  mkdirSync(cache, { recursive: true });
  return join(cache, name);
}

/** The C++ reference as a program, compiled anew when its source has changed; undefined without a compiler. */
export function compileReference(): string | undefined {
  const source = join(here, "reference.cpp");
  const hash = createHash("sha256").update(readFileSync(source)).digest("hex").slice(0, 16);
  const program = cachePath(`reference-${hash}`);
  if (existsSync(program)) return program;
  // Without contraction to fused operations, so that every sum has the same bits as in JavaScript.
  const flags = ["-O3", "-march=native", "-ffp-contract=off", "-std=c++17", "-o", program, source];
  return spawnSync("g++", flags, { stdio: ["ignore", "ignore", "inherit"] }).status === 0 ? program : undefined;
}

/** A Python that has SimPy, put into the cache when the system has none; undefined where that cannot be had. */
export function pythonWithSimpy(): string | undefined {
  const has = (python: string) => spawnSync(python, ["-c", "import simpy"], { stdio: "ignore" }).status === 0;
  const own = join(cachePath("python"), "bin", "python");
  const found = ["python3", own].find(has);
  if (found !== undefined) return found;
  const run = (program: string, ...parameters: string[]) =>
    spawnSync(program, parameters, { stdio: "ignore", timeout: INSTALL_LIMIT_MILLISECONDS }).status === 0;
  const isMade =
    run("python3", "-m", "venv", cachePath("python")) &&
    run(own, "-m", "pip", "install", "--quiet", "--retries=1", `simpy==${SIMPY_VERSION}`);
  return isMade && has(own) ? own : undefined;
}

/** Some runs of the C++ reference in one process; the first warms up. */
export function runReference(
  program: string,
  modelFile: string,
  seed: number,
  runs: number,
): ReferenceRun & { readonly checksum: number } {
  const output = execFileSync(program, [modelFile, String(seed), String(runs + 1)], { encoding: "utf8" });
  const all: (ReferenceRun & { readonly checksum: number })[] = output
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return { ...all[0]!, cpuSeconds: median(all.slice(1).map((run) => run.cpuSeconds)) };
}

/** The open network with fewer jobs, as SimPy is slow; its pace does not depend on their number. */
export function runSimpy(python: string, seed: number): ReferenceRun & { readonly meanSojournSeconds: number } {
  const { stationCount, serverCount, utilization, leaveProbability }: OpenNetwork = openNetwork;
  const parameters = [stationCount, serverCount, utilization, leaveProbability, SIMPY_JOBS, seed].map(String);
  return JSON.parse(execFileSync(python, [join(here, "open-network.py"), ...parameters], { encoding: "utf8" }));
}

/** The kernel in a process of its own. */
export function runKernel(name: WorkloadName, runs: number): KernelRun {
  const parameters = [join(here, "run-kernel.ts"), name, String(runs)];
  return JSON.parse(execFileSync(process.execPath, parameters, { encoding: "utf8" }));
}
