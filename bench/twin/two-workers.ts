import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { median } from "./statistics.ts";
import type { WorkloadName } from "./workloads.ts";

const ROUNDS = 7;
const RUNS = 3;

export interface TwoWorkers {
  /** Throughput of both at once over that of one alone, by the wall clock. */
  readonly speedups: readonly number[];
  readonly medianSpeedup: number;
}

/** Compares one worker thread alone with two at once, in turns. */
export async function twoWorkers(name: WorkloadName): Promise<TwoWorkers> {
  const url = new URL("./kernel-worker.ts", import.meta.url);
  const workers = [new Worker(url, { workerData: name }), new Worker(url, { workerData: name })];
  const run = async (worker: Worker): Promise<number> => {
    worker.postMessage(RUNS);
    const [visitsPerSecond] = await once(worker, "message");
    return visitsPerSecond;
  };
  const together = async () => (await Promise.all(workers.map(run))).reduce((sum, rate) => sum + rate, 0);
  await together();
  const speedups: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Alone before and after, as the machine may be getting faster or slower.
    const before = await run(workers[0]!);
    const both = await together();
    const after = await run(workers[1]!);
    speedups.push((2 * both) / (before + after));
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return { speedups, medianSpeedup: median(speedups) };
}
