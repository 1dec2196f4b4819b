// Goal: a network that breaks a rule of `spec.ts` is refused with the entry, the value and the rule.
import { expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import type { EdgeSpec, NetworkSpec } from "../../twin/kernel/spec.ts";
import { delay, edge, fifo, operation, program, ps, single } from "./networks.ts";

const sound: NetworkSpec = {
  stations: [fifo(2)],
  operations: [operation(0, program([1, 2], [[0]])), operation(0, program([1]))],
  edges: [edge(1)],
};

const half = { ...program([1]), probability: 0.5 };

const pool = { station: 0, connectionCount: 1 };

function withEdge(extra: Partial<EdgeSpec>): Partial<NetworkSpec> {
  return { edges: [{ ...edge(1), ...extra }] };
}

function retry(attemptsMax: number, backoffSeconds = 1, backoffFactor = 1): NonNullable<EdgeSpec["retry"]> {
  return { attemptsMax, backoffSeconds, backoffFactor };
}

test.each<[string, Partial<NetworkSpec>]>([
  ["stations[0].serverCount: 1.5 must be whole and ≥ 1", { stations: [fifo(1.5)] }],
  ["stations[0].serverCount: 0 must be whole and ≥ 1", { stations: [fifo(0)] }],
  ["stations[0].serverCount: 0 must be finite and > 0", { stations: [ps(0)] }],
  ["stations[0].serverCount: Infinity must be finite and > 0", { stations: [ps(Number.POSITIVE_INFINITY)] }],
  ["stations[0].serverCount: 3 must be Infinity", { stations: [{ ...delay(), serverCount: 3 }] }],
  ["stations[0].replicaWeights.length: 0 must be from 1 to 65535", { stations: [{ ...fifo(1), replicaWeights: [] }] }],
  ["stations[0].replicaWeights: 0.9 must sum to 1", { stations: [{ ...fifo(1), replicaWeights: [0.5, 0.4] }] }],
  ["stations[0].replicaWeights: -0.5 must be from 0 to 1", { stations: [{ ...fifo(1), replicaWeights: [-0.5, 1.5] }] }],
  ["operations[0].station: 7 must be from 0 to 0", { operations: [operation(7, program([1]))] }],
  ["operations[0].programs.length: 0 must be from 1 to 65535", { operations: [operation(0)] }],
  ["operations[0].programs: 0.5 must sum to 1", { operations: [operation(0, half)] }],
  ["operations[0].programs[0].segmentSamples.length: 0 must be 1 to", { operations: [operation(0, program([]))] }],
  [
    "operations[0].programs[0].segmentSamples.length: 3 must be 1 to",
    { operations: [operation(0, program([1, 2, 3], [[0]]))] },
  ],
  [
    "operations[0].programs[0].segmentSamples[1]: NaN must be",
    { operations: [operation(0, program([1, Number.NaN]))] },
  ],
  ["operations[0].programs[0].segmentSamples[0]: -1 must be", { operations: [operation(0, program([-1]))] }],
  ["operations[0].programs[0].blockLength: 0 must be", { operations: [operation(0, program([1], [], 0))] }],
  [
    "operations[0].programs[0].groups edge: 9 must be from 0 to 0",
    { operations: [operation(0, program([1, 1], [[9]]))] },
  ],
  ["edges[0].calleeOperation: 5 must be from 0 to 1", { edges: [edge(5)] }],
  ["edges[0].gapSamples[0]: -1 must be", { edges: [edge(1, -1)] }],
  ["stations[0].workerCount: 4 must not be set at a fifo station", { stations: [{ ...fifo(1), workerCount: 4 }] }],
  ["stations[0].workerCount: 0 must be whole and from 1", { stations: [{ ...ps(1), workerCount: 0 }] }],
  ["stations[0].queueCapacity: 4 must not be set where nobody queues", { stations: [{ ...ps(1), queueCapacity: 4 }] }],
  ["stations[0].queueCapacity: -1 must be whole and from 0", { stations: [{ ...fifo(1), queueCapacity: -1 }] }],
  ["stations[0].batch.sizeMax: 4 must not be set but at a fifo", { stations: [{ ...ps(1), batch: { sizeMax: 4 } }] }],
  ["stations[0].batch.sizeMax: 0 must be whole and from 1", { stations: [{ ...fifo(1), batch: { sizeMax: 0 } }] }],
  [
    "stations[0].throttle.periodSeconds: 0.1 must not be set but at a ps",
    { stations: [{ ...fifo(1), throttle: { periodSeconds: 0.1, quotaSeconds: 0.1 } }] },
  ],
  [
    "stations[0].throttle.periodSeconds: 0.00001 must be finite and ≥ 0.0001",
    { stations: [{ ...ps(1), throttle: { periodSeconds: 0.00001, quotaSeconds: 0.1 } }] },
  ],
  [
    "stations[0].throttle.quotaSeconds: 0 must be finite and > 0",
    { stations: [{ ...ps(1), throttle: { periodSeconds: 0.1, quotaSeconds: 0 } }] },
  ],
  [
    "stations[0].pause.intervalSeconds: 1 must not be set but at a ps",
    { stations: [{ ...delay(), pause: { intervalSeconds: 1, durationSeconds: 0.1 } }] },
  ],
  [
    "stations[0].pause.durationSeconds: 1 must be ≥ 0 and less than intervalSeconds",
    { stations: [{ ...ps(1), pause: { intervalSeconds: 1, durationSeconds: 1 } }] },
  ],
  ["edges[0].lossProbability: 1 must be ≥ 0 and < 1", withEdge({ lossProbability: 1, retransmitSeconds: 1 })],
  ["edges[0].lossProbability: 0.1 needs retransmitSeconds", withEdge({ lossProbability: 0.1 })],
  ["edges[0].retransmitSeconds: 1 needs lossProbability", withEdge({ retransmitSeconds: 1 })],
  ["edges[0].retransmitSeconds: 0 must be finite and > 0", withEdge({ lossProbability: 0.1, retransmitSeconds: 0 })],
  ["edges[0].timeoutSeconds: 0 must be finite and > 0", withEdge({ timeoutSeconds: 0 })],
  [
    "edges[0].timeoutSeconds: 1 must not be set on an asynchronous edge",
    withEdge({ timeoutSeconds: 1, isAsync: true }),
  ],
  [
    "edges[0].retry.attemptsMax: 2 must not be set on an asynchronous edge",
    withEdge({ retry: retry(2), isAsync: true }),
  ],
  [
    "edges[0].isRequired: false must not be set on an asynchronous edge",
    withEdge({ isRequired: false, isAsync: true }),
  ],
  [
    "edges[0].pool: 0 must not be set on an asynchronous edge",
    { ...withEdge({ pool: 0, isAsync: true }), pools: [pool] },
  ],
  ["edges[0].retry.attemptsMax: 0 must be whole and from 1 to 1000", withEdge({ retry: retry(0) })],
  ["edges[0].retry.backoffSeconds: -1 must be finite and ≥ 0", withEdge({ retry: retry(2, -1) })],
  ["edges[0].retry.backoffFactor: 0.5 must be ≥ 1", withEdge({ retry: retry(2, 1, 0.5) })],
  [
    "edges[0].retry.backoffFactor: 100 must be ≥ 1 and leave every wait finite",
    withEdge({ retry: retry(500, 1, 100) }),
  ],
  ["edges[0].pool: 0 must be from 0 to -1", withEdge({ pool: 0 })],
  ["pools[0].connectionCount: 0 must be whole and from 1", { pools: [{ station: 0, connectionCount: 0 }] }],
  ["pools[0].station: 3 must be from 0 to 0", { pools: [{ station: 3, connectionCount: 1 }] }],
  [
    "edges[0].pool: 0 must be a pool of station 0, which calls along this edge",
    { ...withEdge({ pool: 0 }), stations: [fifo(2), fifo(2)], pools: [{ station: 1, connectionCount: 1 }] },
  ],
  ["edges[0].gapSamples.length: 0 must be", { edges: [{ ...edge(1), gapSamples: new Float64Array() }] }],
])("%s", (message, broken) => {
  expect(() => compileNetwork({ ...sound, ...broken })).toThrow(message);
});

test("a sound network is not refused", () => {
  expect(() => compileNetwork(sound)).not.toThrow();
  expect(() => compileNetwork(single(ps(0.5), [0]))).not.toThrow();
  const all = { lossProbability: 0.1, retransmitSeconds: 0.2, timeoutSeconds: 1, retry: retry(3), isRequired: false };
  expect(() => compileNetwork({ ...sound, ...withEdge({ ...all, pool: 0 }), pools: [pool] })).not.toThrow();
});
