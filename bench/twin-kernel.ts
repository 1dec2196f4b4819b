/**
 * Visits a second of the simulator on a network of 20 services, once with FIFO worker pools and once with shared CPUs.
 * Prints one JSON line a network: median of 5 rounds. Run: node bench/twin-kernel.ts
 */

import { exponential, lognormal, stream } from "../twin/kernel/random.ts";
import { compileNetwork, simulate } from "../twin/kernel/simulate.ts";
import type { Arrivals, EdgeSpec, NetworkSpec, OperationSpec, StationSpec } from "../twin/kernel/spec.ts";

const SERVICE_COUNT = 20;
const ROUNDS = 5;
const ROOTS = 40_000;
const SEED = 1;

/** Service i calls 2i + 1 and 2i + 2, at once when i is even and one after the other when it is odd: 20 visits a request. */
function tree(discipline: "fifo" | "ps"): NetworkSpec {
  const random = stream(SEED, "tree", "samples");
  const samples = (rows: number, columns: number) =>
    Float64Array.from({ length: rows * columns }, () => lognormal(random, 0.002 / columns, 1));
  const stations: StationSpec[] = [];
  const operations: OperationSpec[] = [];
  const edges: EdgeSpec[] = [];
  for (let service = 0; service < SERVICE_COUNT; service++) {
    const calls: { edge: number }[] = [];
    for (const callee of [2 * service + 1, 2 * service + 2]) {
      if (callee >= SERVICE_COUNT) continue;
      calls.push({ edge: edges.length });
      edges.push({ calleeOperation: callee, gapSamples: samples(4096, 1), isAsync: false });
    }
    const groups = service % 2 === 0 && calls.length > 0 ? [calls] : calls.map((call) => [call]);
    stations.push({
      discipline,
      serverCount: discipline === "fifo" ? 16 : 2,
      replicaWeights: [0.5, 0.5],
      balancing: "round-robin",
    });
    operations.push({
      station: service,
      programs: [{ probability: 1, segmentSamples: samples(4096, groups.length + 1), groups, blockLength: 50 }],
    });
  }
  return { stations, operations, edges };
}

function poisson(ratePerSecond: number): Arrivals {
  const random = stream(SEED, "root", "arrivals");
  let seconds = 0;
  const timeSeconds = Float64Array.from({ length: ROOTS }, () => (seconds += exponential(random, 1 / ratePerSecond)));
  return { timeSeconds, operation: new Uint32Array(ROOTS) };
}

const arrivals = poisson(500);
for (const discipline of ["fifo", "ps"] as const) {
  const network = compileNetwork(tree(discipline));
  const visitsPerSecond: number[] = [];
  let visitCount = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    const visits = simulate(network, arrivals, { seed: round });
    visitsPerSecond.push((visits.count / (performance.now() - start)) * 1000);
    visitCount = visits.count;
    if (visits.isTruncated) throw new Error("the run was cut short");
  }
  visitsPerSecond.sort((a, b) => a - b);
  const median = Math.round(visitsPerSecond[ROUNDS >> 1]!);
  console.log(
    JSON.stringify({
      network: `${SERVICE_COUNT} services, ${discipline}`,
      visitCount,
      visitsPerSecond: median,
      rounds: ROUNDS,
      node: process.version,
    }),
  );
}
