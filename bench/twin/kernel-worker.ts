/** Runs the workload it is started with as often as it is told, and answers with visits a second of wall clock. */
import { parentPort, workerData } from "node:worker_threads";
import { simulate } from "../../twin/kernel/simulate.ts";
import { type WorkloadName, workload } from "./workloads.ts";

const { network, arrivals } = workload(workerData as WorkloadName);
const port = parentPort!;

port.on("message", (runs: number) => {
  const start = performance.now();
  let visitCount = 0;
  for (let run = 0; run < runs; run++) visitCount += simulate(network, arrivals, { seed: run }).count;
  port.postMessage(visitCount / ((performance.now() - start) / 1000));
});
