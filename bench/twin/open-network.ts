import { exponential, stream } from "../../twin/kernel/random.ts";
import type { Arrivals, NetworkSpec, OperationSpec, StationSpec } from "../../twin/kernel/spec.ts";
import { meanSojournSeconds } from "../../twin/theory/markov-queues.ts";

/** An open network of equal M/M/c stations whose jobs go from any of them to any other, by chance alone. */
export interface OpenNetwork {
  readonly stationCount: number;
  readonly serverCount: number;
  readonly utilization: number;
  /** Chance of a job to leave after a visit; it makes 1 / this visits in all. */
  readonly leaveProbability: number;
}

/** 50 stations of 8 servers at ρ = 0.7, 5 visits a job: about 280 visits in service at once. Mean service is 1 s. */
export const openNetwork: OpenNetwork = {
  stationCount: 50,
  serverCount: 8,
  utilization: 0.7,
  leaveProbability: 0.2,
};

/** Service times are drawn from so many equally likely values. */
const SERVICE_ROWS = 4096;

/** Each operation has one program for each station a job may go to next, and one for leaving. */
export function openNetworkSpec({ stationCount, serverCount, leaveProbability }: OpenNetwork): NetworkSpec {
  const station: StationSpec = { discipline: "fifo", serverCount, replicaWeights: [1], balancing: "random" };
  const service = exponentialTable(1, SERVICE_ROWS);
  // A program that calls has a segment after the call, in which nothing is left to do.
  const serviceThenCall = Float64Array.from({ length: 2 * SERVICE_ROWS }, (_, i) =>
    i % 2 === 0 ? service[i >> 1]! : 0,
  );
  const goingOn = Array.from({ length: stationCount }, (_, edge) => ({
    probability: (1 - leaveProbability) / stationCount,
    segmentSamples: serviceThenCall,
    groups: [[{ edge }]],
    blockLength: 1,
  }));
  const leaving = { probability: leaveProbability, segmentSamples: service, groups: [], blockLength: 1 };
  const operation = (index: number): OperationSpec => ({ station: index, programs: [leaving, ...goingOn] });
  return {
    stations: Array.from({ length: stationCount }, () => station),
    operations: Array.from({ length: stationCount }, (_, index) => operation(index)),
    edges: Array.from({ length: stationCount }, (_, index) => ({
      calleeOperation: index,
      gapSamples: Float64Array.of(0),
      isAsync: true,
    })),
  };
}

/** Poisson arrivals, each at a station drawn evenly. */
export function openNetworkArrivals(network: OpenNetwork, jobCount: number, seed: number): Arrivals {
  const { stationCount, serverCount, utilization, leaveProbability } = network;
  const times = stream(seed, "jobs", "arrivals");
  const stations = stream(seed, "jobs", "station");
  const meanSeconds = 1 / (stationCount * serverCount * utilization * leaveProbability);
  const timeSeconds = new Float64Array(jobCount);
  const operation = new Uint32Array(jobCount);
  let seconds = 0;
  for (let job = 0; job < jobCount; job++) {
    seconds += exponential(times, meanSeconds);
    timeSeconds[job] = seconds;
    operation[job] = stations.nextIndex(stationCount);
  }
  return { timeSeconds, operation };
}

/** What theory says of a visit: by Jackson's theorem every station is an M/M/c queue for itself. */
export function openNetworkSojournSeconds({ serverCount, utilization }: OpenNetwork): number {
  return meanSojournSeconds({
    arrivalRatePerSecond: serverCount * utilization,
    meanServiceSeconds: 1,
    serverCount,
  });
}

/** The exponential distribution as equally likely values: the mean of each of `rows` slices, so the whole mean is exact. */
function exponentialTable(mean: number, rows: number): Float64Array {
  const upTo = (v: number) => (v === 0 ? 0 : v - v * Math.log(v));
  return Float64Array.from(
    { length: rows },
    (_, row) => mean * rows * (upTo(1 - row / rows) - upTo(1 - (row + 1) / rows)),
  );
}
