// Goal: a visit stands for as many as its trace's sampling left out, whoever of the trace says so.
// Method: small traces whose spans say, or do not say, with which probability they were kept.
import { expect, test } from "vitest";
import type { Observation } from "../../src/contracts/observation.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { batchOf, type TestSpan } from "./spans.ts";

const [SERVER, CLIENT] = [2, 3];

function observe(spans: readonly TestSpan[], samplingProbability?: number): Observation {
  const limits = { windowSeconds: 5, latenessSeconds: 2, maxOpenTraces: 1000 };
  const options = samplingProbability === undefined ? limits : { ...limits, samplingProbability };
  const observer = new Observer(options, new CountingLedger());
  const windows = [...observer.add(batchOf(spans)), ...observer.finish()];
  expect(windows).toHaveLength(1);
  return windows[0]!;
}

/** A front that calls a service and then a database; probabilities by span. */
function request(trace: number, probability: { front?: number; call?: number; back?: number } = {}): TestSpan[] {
  const id = trace * 10;
  const at = 100 + trace;
  const kept = (value: number | undefined) => (value === undefined ? {} : { samplingProbability: value });
  const call = { trace, parent: id + 1, kind: CLIENT, service: "front", ...kept(probability.call) };
  return [
    { trace, id: id + 1, kind: SERVER, service: "front", start: at, end: at + 0.1, ...kept(probability.front) },
    { ...call, id: id + 2, start: at + 0.01, end: at + 0.04, peer: "back:80", peerKind: 4 },
    { ...call, id: id + 4, start: at + 0.05, end: at + 0.06, peer: "sqlite/shop", peerKind: 1 },
    {
      trace,
      id: id + 3,
      parent: id + 2,
      kind: SERVER,
      service: "back",
      start: at + 0.02,
      end: at + 0.03,
      ...kept(probability.back),
    },
  ];
}

/** Weight of each node's visit in the order front, back, database. */
function weightsByTrace(window: Observation): number[][] {
  const { visits, topology } = window;
  const rows = Array.from({ length: visits.count }, (_, row) => row);
  const nodes = ["front", "back", "sqlite/shop"];
  return [...new Set(visits.trace)].map((trace) =>
    nodes.map((name) => {
      const isOf = (row: number) => topology.nodes[topology.operations[visits.operation[row]!]!.node]!.name === name;
      return visits.weight[rows.find((row) => visits.trace[row] === trace && isOf(row))!]!;
    }),
  );
}

test("without any word of sampling every visit stands for itself", () => {
  expect(weightsByTrace(observe(request(1)))).toEqual([[1, 1, 1]]);
});

test("a visit stands for one over the probability of its span, the database's too", () => {
  const all = request(1, { front: 0.1, call: 0.1, back: 0.1 });
  expect(weightsByTrace(observe(all))).toEqual([[10, 10, 10]]);
});

test("a span that does not say takes the word of the nearest span above it", () => {
  expect(weightsByTrace(observe(request(1, { front: 0.5 })))).toEqual([[2, 2, 2]]);
  expect(weightsByTrace(observe(request(1, { front: 0.5, back: 0.25 })))).toEqual([[2, 4, 2]]);
});

test("the configured probability counts only for traces that say nothing: weights mix in one window", () => {
  const spans = [...request(1), ...request(2, { front: 0.1 })];
  expect(weightsByTrace(observe(spans, 0.2))).toEqual([
    [5, 5, 5],
    [10, 10, 10],
  ]);
});
