import type { Arrivals, NetworkSpec, ProgramSpec } from "../../twin/kernel/spec.ts";
import {
  edge,
  exponentialTable,
  fifo,
  lognormalTable,
  operation,
  poissonArrivals,
  program,
  ps,
} from "../twin/networks.ts";

export interface RpcNetwork {
  readonly name: string;
  readonly spec: NetworkSpec;
  /** By operation: share of the requests from outside. */
  readonly entryShare: readonly number[];
}

/** Work in equal parts around the call groups. */
function around(samples: Float64Array, groups: number[][]): ProgramSpec {
  const parts = groups.length + 1;
  return program(
    Array.from(samples).flatMap((seconds) => new Array<number>(parts).fill(seconds / parts)),
    groups,
  );
}

const exponential = (meanSeconds: number) => exponentialTable(meanSeconds, 8192);

/** Small applications in which a visit keeps a worker while it waits for a call. */
export const RPC_NETWORKS: readonly RpcNetwork[] = [
  {
    name: "one worker above one server",
    spec: {
      stations: [fifo(1), fifo(1)],
      operations: [operation(0, around(exponential(0.03), [[0]])), operation(1, program(exponential(0.1)))],
      edges: [edge(1)],
    },
    entryShare: [1, 0],
  },
  {
    name: "four workers above one server",
    spec: {
      stations: [fifo(4), fifo(1)],
      operations: [operation(0, around(exponential(0.01), [[0]])), operation(1, program(exponential(0.1)))],
      edges: [edge(1)],
    },
    entryShare: [1, 0],
  },
  {
    name: "a shared processor above workers above two servers with steady work",
    spec: {
      stations: [ps(2), fifo(8), fifo(2)],
      operations: [
        operation(0, around(exponential(0.04), [[0]])),
        operation(1, around(exponential(0.1), [[1]])),
        operation(2, program(lognormalTable(0.05, 0.5, 1))),
      ],
      edges: [edge(1, 0.002), edge(2, 0.001)],
    },
    entryShare: [1, 0, 0],
  },
  {
    name: "parallel calls, and two callers of one server",
    spec: {
      stations: [{ ...ps(2), workerCount: 16 }, ps(1), fifo(4), fifo(1)],
      operations: [
        operation(0, around(exponential(0.03), [[0, 1], [2]])),
        operation(1, program(lognormalTable(0.02, 1.5, 2))),
        operation(2, around(exponential(0.04), [[3]])),
        operation(3, program(lognormalTable(0.012, 0.3, 3))),
      ],
      edges: [edge(1, 0.002), edge(2, 0.002), edge(3, 0.001), edge(3, 0.001)],
    },
    entryShare: [1, 0, 0, 0],
  },
  {
    name: "workers above workers above a shared processor with very uneven work",
    spec: {
      stations: [fifo(6), fifo(3), ps(1)],
      operations: [
        operation(0, around(exponential(0.02), [[0]])),
        operation(1, around(exponential(0.03), [[1]])),
        operation(2, program(lognormalTable(0.04, 2, 5))),
      ],
      edges: [edge(1), edge(2)],
    },
    entryShare: [1, 0, 0],
  },
  {
    name: "two replicas in the middle",
    spec: {
      stations: [fifo(6), { ...fifo(2), replicaWeights: [0.5, 0.5] }, ps(1)],
      operations: [
        operation(0, around(exponential(0.02), [[0]])),
        operation(1, around(exponential(0.06), [[1]])),
        operation(2, program(lognormalTable(0.03, 1, 5))),
      ],
      edges: [edge(1), edge(2)],
    },
    entryShare: [1, 0, 0],
  },
  {
    name: "two services with one database",
    spec: {
      stations: [fifo(3), fifo(5), fifo(1)],
      operations: [
        operation(0, around(exponential(0.02), [[0]])),
        operation(1, around(exponential(0.05), [[1]])),
        operation(2, program(exponential(0.03))),
      ],
      edges: [edge(2), edge(2)],
    },
    entryShare: [0.5, 0.5, 0],
  },
  {
    name: "two connections in front of a database",
    spec: {
      stations: [ps(4), fifo(8)],
      operations: [operation(0, around(exponential(0.02), [[0]])), operation(1, program(exponential(0.05)))],
      edges: [{ ...edge(1, 0.002), pool: 0 }],
      pools: [{ station: 0, connectionCount: 2 }],
    },
    entryShare: [1, 0],
  },
];

/** Poisson arrivals, the first two operations in turn by chance of their shares. */
export function requests({ entryShare }: RpcNetwork, ratePerSecond: number, count: number, seed: number): Arrivals {
  const { timeSeconds, operation: operations } = poissonArrivals(ratePerSecond, count, seed);
  const chance = poissonArrivals(1, count, seed + 500_000).timeSeconds;
  // Gaps of a second Poisson stream: below −ln(1 − share) with that chance.
  const limit = -Math.log(1 - entryShare[0]!);
  return {
    timeSeconds,
    operation: operations.map((_, i) => (chance[i]! - (i === 0 ? 0 : chance[i - 1]!) < limit ? 0 : 1)),
  };
}
