/**
 * Runs one workload in this process, so that no other has warmed its code or filled its memory, and prints one JSON object.
 * Use: node bench/twin/run-kernel.ts <workload> <runs>
 */

import { simulate } from "../../twin/kernel/simulate.ts";
import { checksumOf } from "./checksum.ts";
import { median, steadyMean } from "./statistics.ts";
import { KERNEL_SEED, type Workload, type WorkloadName, workload } from "./workloads.ts";

/** What a run of the kernel says of itself. */
export interface KernelRun {
  readonly visitCount: number;
  /** Of one core, all threads of the process counted; the median of the runs after two to warm up. */
  readonly cpuSeconds: number;
  readonly checksum: number;
  readonly meanSojournSeconds: number;
  /** Half of its 99.9 % interval. */
  readonly sojournHalfWidth: number;
  readonly simulatedSeconds: number;
  readonly utilizationMax: number;
  readonly resultMegabytes: number;
  readonly peakMegabytes: number;
}

const WARM_UP_RUNS = 2;

function runKernel(work: Workload, runs: number): KernelRun {
  const seconds: number[] = [];
  let visits = simulate(work.network, work.arrivals, { seed: KERNEL_SEED });
  for (let run = 1; run < WARM_UP_RUNS + runs; run++) {
    const before = process.cpuUsage();
    visits = simulate(work.network, work.arrivals, { seed: KERNEL_SEED });
    const used = process.cpuUsage(before);
    if (run >= WARM_UP_RUNS) seconds.push((used.user + used.system) / 1e6);
  }
  if (visits.isTruncated) throw new Error("the run was cut short");
  const { mean, halfWidth } = steadyMean(visits.sojournSeconds);
  const bytes = Object.values(visits).reduce(
    (sum, column) => sum + (ArrayBuffer.isView(column) ? column.byteLength : 0),
    0,
  );
  return {
    visitCount: visits.count,
    cpuSeconds: median(seconds),
    checksum: checksumOf(visits),
    meanSojournSeconds: mean,
    sojournHalfWidth: halfWidth,
    simulatedSeconds: visits.endSeconds,
    utilizationMax: utilizationMax(work, visits.busySeconds, visits.endSeconds),
    resultMegabytes: bytes / 1e6,
    peakMegabytes: process.resourceUsage().maxRSS / 1000,
  };
}

function utilizationMax({ network }: Workload, busySeconds: Float64Array, seconds: number): number {
  return busySeconds.reduce((most, busy, replica) => {
    return Math.max(most, busy / seconds / network.serverCount[network.replicaStation[replica]!]!);
  }, 0);
}

const [name, runs] = process.argv.slice(2);
console.log(JSON.stringify(runKernel(workload(name as WorkloadName), Number(runs))));
