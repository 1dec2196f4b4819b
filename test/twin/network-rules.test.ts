// Goal: a network that breaks a rule of `spec.ts` is refused with the entry, the value and the rule.
import { expect, test } from "vitest";
import { compileNetwork } from "../../twin/kernel/simulate.ts";
import type { NetworkSpec } from "../../twin/kernel/spec.ts";
import { delay, edge, fifo, operation, program, ps, single } from "./networks.ts";

const sound: NetworkSpec = {
  stations: [fifo(2)],
  operations: [operation(0, program([1, 2], [[0]])), operation(0, program([1]))],
  edges: [edge(1)],
};

const half = { ...program([1]), probability: 0.5 };

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
  ["edges[0].gapSamples.length: 0 must be", { edges: [{ ...edge(1), gapSamples: new Float64Array() }] }],
])("%s", (message, broken) => {
  expect(() => compileNetwork({ ...sound, ...broken })).toThrow(message);
});

test("a sound network is not refused", () => {
  expect(() => compileNetwork(sound)).not.toThrow();
  expect(() => compileNetwork(single(ps(0.5), [0]))).not.toThrow();
});
