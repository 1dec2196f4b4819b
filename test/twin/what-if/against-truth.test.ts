// Goal: what the twin says a change would do is what the system does once the change is really made.
// Method: an application with a known truth is learned from its spans in its usual state; the same application is then run
// with the change in place, and latencies are compared. Truth and twin share a simulator, so this tests learning, editing
// and asking, not the laws of queueing; those are held against theory elsewhere.
import { beforeAll, describe, expect, test } from "vitest";
import type { Change, OperationAnswer } from "../../../src/contracts/what-if.ts";
import { quantileOfSorted } from "../../../twin/learning/reference.ts";
import { Twin } from "../../../twin/twin.ts";
import { BaseTraffic } from "../../../twin/what-if/base-traffic.ts";
import type { WhatIfModel } from "../../../twin/what-if/model.ts";
import { whatIf } from "../../../twin/what-if/what-if.ts";
import { ALPHA, BETA, EDGES, runApplication, type Change as TrueChange, USUAL_RATE } from "../application.ts";
import { only } from "./models.ts";

const LEARNING_WINDOWS = 30;

let model: WhatIfModel;

beforeAll(() => {
  const twin = new Twin({ seed: 1, replicates: 2, learningWindows: LEARNING_WINDOWS });
  const traffic = new BaseTraffic();
  for (const observation of runApplication(10, LEARNING_WINDOWS, 3)) {
    twin.learn(twin.forecast(observation));
    traffic.add(observation);
  }
  model = twin.whatIfModel(traffic)!;
});

/** Latencies of requests to the changed application, ascending. */
function truth(change: TrueChange): Float64Array {
  const windows = runApplication(500, 60, 3, change);
  const latencies = windows.flatMap(({ visits }) =>
    Array.from(visits.sojournSeconds).filter((_, row) => visits.isRoot[row] === 1),
  );
  return Float64Array.from(latencies).sort();
}

function ask(...changes: Change[]): OperationAnswer {
  return whatIf(model, only(...changes), { seed: 5, replications: 8 }).operations[0]!;
}

describe("the answer is what happens", () => {
  const twice: Change = { verb: "traffic", operation: null, to: { factor: 1.8 } };
  const ratePerSecond = 1.8 * USUAL_RATE;

  test.each<{ readonly what: string; readonly changes: readonly Change[]; readonly made: TrueChange }>([
    { what: "when nothing changes", changes: [], made: {} },
    { what: "with 1.8× the traffic", changes: [twice], made: { ratePerSecond } },
    {
      what: "with 1.8× the traffic and twice the workers",
      changes: [twice, { verb: "servers", service: "alpha", count: 4 }],
      made: { ratePerSecond, alphaServers: 4 },
    },
    {
      what: "when the code of alpha is 1.5× slower",
      changes: [{ verb: "serviceTime", target: "alpha", to: { factor: 1.5 } }],
      made: { slower: { [ALPHA]: 1.5 } },
    },
    {
      what: "when beta has a third of its service time",
      changes: [{ verb: "serviceTime", target: "beta stock", to: { factor: 1 / 3 } }],
      made: { slower: { [BETA]: 1 / 3 } },
    },
    {
      what: "when alpha is 20 ms away",
      changes: [{ verb: "edgeDelay", edge: { from: "web", to: "alpha" }, addedSeconds: 0.02 }],
      made: { addedGapSeconds: { [EDGES.webToAlpha]: 0.02 } },
    },
    {
      what: "when alpha remembers 90 %",
      changes: [{ verb: "cacheHit", target: "alpha", share: 0.9 }],
      made: { rememberedShare: 0.9 },
    },
    {
      what: "when beta has one copy for 1.8× the traffic",
      changes: [twice, { verb: "replicas", service: "beta", count: 1 }],
      made: { ratePerSecond, betaInstances: [2] },
    },
  ])(
    "$what",
    ({ changes, made }) => {
      const really = truth(made);
      const answer = ask(...changes);
      for (const [p, compared, tolerance] of [
        [0.5, answer.p50Seconds, 0.08],
        [0.95, answer.p95Seconds, 0.15],
        [0.99, answer.p99Seconds, 0.2],
      ] as const) {
        const ratio = compared.after![1] / quantileOfSorted(really, p);
        expect(Math.abs(ratio - 1)).toBeLessThan(tolerance);
      }
    },
    120_000,
  );
});

describe("the model", () => {
  test("carries names, entries, measured latency and every plausible structure of what was learned", () => {
    expect(model.network.stations.map((each) => each.name).sort()).toEqual(["alpha", "beta", "db", "web"]);
    expect(model.network.operations.filter((each) => each.isEntry).map((each) => each.name)).toEqual(["GET /"]);
    const alpha = model.network.stations.findIndex((each) => each.name === "alpha");
    expect(model.structures[alpha]![0]!.structure).toEqual({ discipline: "fifo", serverCount: 2 });
    const entry = model.network.operations.findIndex((each) => each.isEntry);
    const { p50Seconds, p95Seconds, p99Seconds } = model.measured.get(entry)!;
    expect(0 < p50Seconds && p50Seconds < p95Seconds && p95Seconds < p99Seconds).toBe(true);
  });
});

describe("calls whose caller was lost", () => {
  test("are not taken for requests from outside", () => {
    const twin = new Twin({ seed: 1, replicates: 2, learningWindows: 12 });
    const traffic = new BaseTraffic();
    for (const observation of runApplication(10, 12, 3)) {
      twin.learn(twin.forecast(observation));
      const isRoot = observation.visits.isRoot.slice();
      isRoot[observation.visits.operation.indexOf(ALPHA)] = 1;
      traffic.add({ ...observation, visits: { ...observation.visits, isRoot } });
    }
    const entries = twin.whatIfModel(traffic)!.network.operations.filter((each) => each.isEntry);
    expect(entries.map((each) => each.name)).toEqual(["GET /"]);
  });
});
