import { exponential, type RandomStream, stream } from "../../twin/kernel/random.ts";
import type { Arrivals, EdgeSpec, NetworkSpec, OperationSpec, StationSpec } from "../../twin/kernel/spec.ts";

export interface RandomCase {
  readonly spec: NetworkSpec;
  readonly arrivals: Arrivals;
  readonly seed: number;
}

/** A network of 1 to 6 stations of all kinds without cycles, with calls of all kinds, and arrivals at all of them. */
export function randomCase(seed: number): RandomCase {
  const random = stream(seed, "case", "network");
  const stationCount = 1 + random.nextIndex(6);
  const stations: StationSpec[] = [];
  const operations: OperationSpec[] = [];
  const edges: EdgeSpec[] = [];
  for (let station = 0; station < stationCount; station++) {
    stations.push(makeStation(random));
    const groups: { edge: number }[][] = [];
    for (let group = random.nextIndex(3); group > 0 && station + 1 < stationCount; group--) {
      const calls: { edge: number }[] = [];
      for (let call = 1 + random.nextIndex(2); call > 0; call--) {
        calls.push({ edge: edges.length });
        edges.push({
          calleeOperation: station + 1 + random.nextIndex(stationCount - station - 1),
          gapSamples: table(random, random.nextIndex(2) * 0.01, 50),
          isAsync: random.nextUniform() < 0.25,
        });
      }
      groups.push(calls);
    }
    const segmentSamples = table(random, 0.05 / (groups.length + 1), 60 * (groups.length + 1));
    operations.push({
      station,
      programs: [{ probability: 1, segmentSamples, groups, blockLength: 1 + random.nextIndex(4) }],
    });
  }
  let seconds = 0;
  const timeSeconds = Float64Array.from({ length: 300 }, () => (seconds += exponential(random, 0.08)));
  const operation = Uint32Array.from(timeSeconds, () => random.nextIndex(stationCount));
  return { spec: { stations, operations, edges }, arrivals: { timeSeconds, operation }, seed };
}

function makeStation(random: RandomStream): StationSpec {
  const replicaWeights = random.nextUniform() < 0.4 ? [0.5, 0.5] : [1];
  const balancing = random.nextUniform() < 0.5 ? "random" : "round-robin";
  const kind = random.nextIndex(5);
  if (kind < 2) return { discipline: "fifo", serverCount: 1 + random.nextIndex(4), replicaWeights, balancing };
  if (kind < 4) return { discipline: "ps", serverCount: 0.5 + random.nextUniform() * 3, replicaWeights, balancing };
  return { discipline: "delay", serverCount: Number.POSITIVE_INFINITY, replicaWeights, balancing };
}

/** Exponential values, rounded so that exact ties occur. */
function table(random: RandomStream, mean: number, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => Math.round(exponential(random, Math.max(mean, 1e-9)) * 256) / 256);
}
