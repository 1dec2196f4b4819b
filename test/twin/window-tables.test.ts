// Goal: what is counted in a window (jobs, rates, entries, call programs) is counted once and put at the right door.
// Method: small windows written by hand, with one thing wrong at a time, beside windows of a simulated application.
import { describe, expect, test } from "vitest";
import type { Observation } from "../../src/contracts/observation.ts";
import { WindowBuilder } from "../../src/topology/window-builder.ts";
import { inFlightAtStart } from "../../twin/forecast/in-flight.ts";
import { arrivalsOf, buildNetwork, NO_OVERRIDES } from "../../twin/forecast/network-builder.ts";
import { simulateWindow } from "../../twin/forecast/simulated-window.ts";
import { expectedVisits } from "../../twin/forecast/traffic.ts";
import { compileNetwork } from "../../twin/kernel/compile-network.ts";
import { calibrate, shareOfSlowestTenth } from "../../twin/learning/calibrate.ts";
import { entriesOf, entryRateOf } from "../../twin/learning/entries.ts";
import { entryByTrace, History } from "../../twin/learning/history.ts";
import { learnRates, windowRates } from "../../twin/learning/node-rates.ts";
import { EARLIER_WINDOW_ROW, type InstanceJobs, jobsByInstance, joinJobs } from "../../twin/learning/window-jobs.ts";
import { ALPHA, BETA, DB, runApplication, TOPOLOGY, USUAL_RATE, WEB, WINDOW_SECONDS } from "./application.ts";

/** A window with one request: web calls alpha, which calls the database. */
function oneRequest(wrong: { db?: "fails" | "missing"; webFails?: boolean; resends?: number } = {}): Observation {
  const builder = new WindowBuilder();
  const trace = builder.addTrace(Uint32Array.of(0, 0, 0, 1), 0);
  const visit = (
    operation: number,
    arrivalSeconds: number,
    sojournSeconds: number,
    segments: number[],
    isError = false,
  ) =>
    builder.addVisit(
      {
        operation,
        instance: operation === 3 ? 4 : operation,
        arrivalSeconds,
        sojournSeconds,
        lagSeconds: 0,
        selfSeconds: segments.reduce((sum, each) => sum + each, 0),
        program: operation,
        isError,
        isRoot: operation === WEB,
        segments,
        groupSeconds: segments.length === 1 ? [] : [segments.reduce((rest, each) => rest - each, sojournSeconds)],
      },
      trace,
    );
  const isFailing = wrong.db === "fails";
  const web = visit(0, 100, 0.1, [0.01, 0.02], isFailing || wrong.webFails === true);
  const alpha = visit(1, 100.015, 0.06, [0.02, 0.01], isFailing);
  const db = wrong.db === "missing" ? -1 : visit(3, 100.036, 0.028, [0.028], isFailing);
  const call = (edge: number, callerVisit: number, calleeVisit: number, durationSeconds: number, gapSeconds: number) =>
    builder.addCall({
      edge,
      callerVisit,
      calleeVisit,
      durationSeconds,
      gapSeconds,
      isError: isFailing,
      resendCount: wrong.resends ?? 0,
    });
  call(0, web, alpha, 0.07, 0.01);
  call(2, alpha, db, 0.03, db < 0 ? Number.NaN : 0.002);
  return builder.build({ index: 10, startSeconds: 100, endSeconds: 110, topology: TOPOLOGY, metrics: [] });
}

describe("rates of a window", () => {
  test("are all zero where nothing failed", () => {
    for (const [node, rates] of windowRates(oneRequest())) {
      expect([rates.errorShare, rates.missingShare, rates.resendMean], `node ${node}`).toEqual([0, 0, 0]);
    }
  });

  test("put an error at the node where it began, not at those that passed it on", () => {
    const rates = windowRates(oneRequest({ db: "fails" }));
    expect([WEB, ALPHA, DB].map((node) => rates.get(node)!.errorShare)).toEqual([0, 0, 1]);
  });

  test("put an error at a caller whose calls all went well", () => {
    const rates = windowRates(oneRequest({ webFails: true }));
    expect([WEB, ALPHA, DB].map((node) => rates.get(node)!.errorShare)).toEqual([1, 0, 0]);
  });

  test("put a call that never arrived at the callee, though it has no visit", () => {
    const rates = windowRates(oneRequest({ db: "missing" }));
    expect([WEB, ALPHA, DB].map((node) => rates.get(node)!.missingShare)).toEqual([0, 0, 1]);
  });

  test("put resends at the callee", () => {
    const rates = windowRates(oneRequest({ resends: 2 }));
    expect([ALPHA, DB].map((node) => rates.get(node)!.resendMean)).toEqual([2, 2]);
    expect(rates.get(WEB)!.resendMean).toBe(0);
  });

  test("keep a CPU share learned before when a window has none, and take the first one whole", () => {
    const window = { errorShare: 0, missingShare: 0, resendMean: 0, cpuMean: Number.NaN, callCount: 1 };
    const known = { errorShare: 0, missingShare: 0, resendMean: 0, cpuMean: 0.4 };
    expect(learnRates(known, window, 0.1).cpuMean).toBe(0.4);
    expect(learnRates(window, { ...window, cpuMean: 0.3 }, 0.1).cpuMean).toBe(0.3);
    expect(learnRates(known, { ...window, cpuMean: 0.8 }, 0.1).cpuMean).toBeCloseTo(0.44, 10);
  });

  test("read the CPU of a service as the mean over its instances", () => {
    const point = (instance: string, value: number, service = "beta", name = "process.cpu.utilization") => ({
      name,
      unit: "1",
      service,
      instance,
      attributes: "",
      timeSeconds: 105,
      value,
      count: 1,
      cumulative: false,
    });
    const metrics = [
      point("a", 0.2),
      point("b", 0.6),
      point("c", 9, "alpha", "process.memory"),
      point("d", 1, "nobody"),
    ];
    const rates = windowRates({ ...runApplication(10, 1, 1)[0]!, metrics });
    expect(rates.get(BETA)!.cpuMean).toBeCloseTo(0.4, 10);
    expect(rates.get(ALPHA)!.cpuMean).toBeNaN();
  });
});

describe("jobs of a window", () => {
  test("are the visits, each once, by instance and in order of arrival", () => {
    const window = runApplication(10, 1, 1)[0]!;
    const jobs = jobsByInstance(window);
    expect(jobs.map((each) => each.instance)).toEqual([0, 1, 2, 3, 4]);
    expect(jobs.map((each) => each.node)).toEqual([WEB, ALPHA, BETA, BETA, DB]);
    const rows = jobs.flatMap((each) => [...each.rows]).sort((a, b) => a - b);
    expect(rows).toEqual(Array.from({ length: window.visits.count }, (_, row) => row));
    for (const { arrivalSeconds } of jobs) expect(arrivalSeconds).toEqual(arrivalSeconds.slice().sort());
  });

  test("know how long a visit waited for its calls: the parallel ones once", () => {
    const jobs = jobsByInstance(oneRequest());
    expect(jobs[0]!.childSeconds[0]).toBeCloseTo(0.07, 10);
    expect(jobs[1]!.childSeconds[0]).toBeCloseTo(0.03, 10);
    const parallel = runApplication(10, 1, 1)[0]!;
    const [web] = jobsByInstance(parallel);
    web!.childSeconds.forEach((child, i) => {
      const row = web!.rows[i]!;
      const calls = [...parallel.calls.callerVisit].flatMap((caller, k) =>
        caller === row ? [parallel.calls.durationSeconds[k]!] : [],
      );
      expect(child).toBeCloseTo(Math.max(...calls), 9);
    });
  });

  test("of two windows joined stay in order of arrival, and those of the earlier one are marked", () => {
    const [earlier, later] = runApplication(10, 2, 1).map((each) => jobsByInstance(each)[1]!);
    const joined = joinJobs(earlier, later!);
    expect(joined.rows.length).toBe(earlier!.rows.length + later!.rows.length);
    expect(joined.arrivalSeconds).toEqual(joined.arrivalSeconds.slice().sort());
    expect(joined.rows.filter((row) => row === EARLIER_WINDOW_ROW)).toHaveLength(earlier!.rows.length);
    const own = [...joined.rows].flatMap((row, i) => (row === EARLIER_WINDOW_ROW ? [] : [joined.departureSeconds[i]!]));
    expect(own).toEqual([...later!.departureSeconds]);
    expect(joinJobs(undefined, later!)).toBe(later);
  });
});

describe("traffic of a window", () => {
  test("is the requests from outside, per second and by entry operation", () => {
    const window = runApplication(10, 1, 1)[0]!;
    const requests = window.traceIds.length / 4;
    expect(entryRateOf(window)).toBeCloseTo(requests / WINDOW_SECONDS, 10);
    expect([...entriesOf(window)]).toEqual([[WEB, requests]]);
    expect([...new Set(entryByTrace(window))]).toEqual([WEB]);
  });

  test("implies the visits every node should have", () => {
    const history = new History();
    for (const window of runApplication(10, 6, 1)) history.learn(window);
    const knowledge = calibrate(history, TOPOLOGY);
    const expected = [WEB, ALPHA, BETA, DB].map((node) =>
      expectedVisits(knowledge.nodes.get(node)!, new Map([[WEB, 100]])),
    );
    expect(expected.slice(0, 3)).toEqual([100, 100, 100].map((each) => expect.closeTo(each, 6)));
    // Every fifth visit of alpha does without the database.
    expect(expected[DB]).toBeGreaterThan(172);
    expect(expected[DB]).toBeLessThan(188);
  });
});

describe("what is remembered", () => {
  test("is bounded: 4000 visits an instance, 2000 gaps an edge, however long it learns", () => {
    const history = new History();
    const windows = runApplication(10, 8, 1, { ratePerSecond: 40 });
    for (let round = 0; round < 3; round++) for (const window of windows) history.learn(window);
    expect(history.windowCount).toBe(24);
    expect(Math.max(...[...history.visitsByInstance.values()].map((each) => each.length))).toBe(4000);
    expect(Math.max(...[...history.gapsByEdge.values()].map((each) => each.length))).toBe(2000);
  });

  test("of what latency is without load comes from quiet windows only", () => {
    const history = new History();
    for (const window of runApplication(10, 4, 1)) history.learn(window);
    const quiet = history.sojournByOperation.get(WEB)!.length;
    for (const window of runApplication(50, 2, 1, { ratePerSecond: 2 * USUAL_RATE })) history.learn(window);
    expect(history.sojournByOperation.get(WEB)!.length).toBe(quiet);
    expect(history.visitsByInstance.get(0)!.length).toBeGreaterThan(quiet);
  });

  test("gives programs whose probabilities sum to one and whose work is free of waiting", () => {
    const history = new History();
    for (const window of runApplication(10, 8, 1, { ratePerSecond: 45 })) history.learn(window);
    const knowledge = calibrate(history, TOPOLOGY);
    const { spec, operationIndex } = buildNetwork(knowledge, TOPOLOGY, NO_OVERRIDES);
    for (const { programs } of spec.operations) {
      expect(programs.reduce((sum, each) => sum + each.probability, 0)).toBeCloseTo(1, 10);
    }
    const alpha = spec.operations[operationIndex[ALPHA]!]!;
    const shares = alpha.programs.map((each) => each.probability).sort();
    expect(shares[0]).toBeCloseTo(0.2, 1);
    const remembered = knowledge.nodes
      .get(ALPHA)!
      .operations.get(ALPHA)!
      .programs.find((each) => each.segmentCount === 1)!;
    const mean = remembered.segmentSamples.reduce((sum, each) => sum + each, 0) / remembered.segmentSamples.length;
    const waited = [...history.visitsByInstance.get(ALPHA)!].filter((each) => each.segments.length === 1);
    const withWaiting = waited.reduce((sum, each) => sum + each.segments[0]!, 0) / waited.length;
    expect(withWaiting / 0.024).toBeGreaterThan(1.25);
    expect(mean / 0.024).toBeGreaterThan(0.85);
    expect(mean / 0.024).toBeLessThan(1.15);
  });

  test("tells how much of all work its slowest tenth is, when there are ten", () => {
    expect(shareOfSlowestTenth([1, 1, 1, 1, 1, 1, 1, 1, 1, 11])).toBeCloseTo(11 / 20, 10);
    expect(shareOfSlowestTenth([1, 1, 1, 1, 1, 1, 1, 1, 11])).toBeNaN();
  });
});

describe("a window simulated again", () => {
  const windows = runApplication(10, 8, 1);
  const history = new History();
  for (const window of windows) history.learn(window);
  const network = buildNetwork(calibrate(history, TOPOLOGY), TOPOLOGY, NO_OVERRIDES);
  const compiled = compileNetwork(network.spec);
  const variants = Array.from({ length: 4 }, () => ({ network, compiled }));
  const jobsOf = (window: Observation) => {
    const jobs = new Map<number, InstanceJobs[]>();
    for (const run of jobsByInstance(window)) jobs.set(run.node, [...(jobs.get(run.node) ?? []), run]);
    return jobs;
  };
  const run = (seed: number) => simulateWindow({ variants, window: windows[7]!, jobs: jobsOf(windows[7]!), seed });

  test("takes its own arrivals, and those that came before from where they were", () => {
    let waiting = 0;
    for (const window of windows) {
      const arrivals = arrivalsOf(window, network.operationIndex);
      const { operation, isWaiting, parent } = inFlightAtStart(window, network, jobsOf(window));
      const underWay = operation.filter((each) => network.topologyOperation[each] === WEB).length;
      expect(arrivals.timeSeconds.length + underWay).toBe(window.traceIds.length / 4);
      expect(arrivals.timeSeconds).toEqual(arrivals.timeSeconds.slice().sort());
      // The application is simulated, so its clocks agree: whoever is called is waited for.
      expect(parent.filter((each) => each < 0).length).toBe(underWay);
      waiting += isWaiting.reduce((sum, each) => sum + each, 0);
    }
    expect(waiting).toBeGreaterThan(0);
  });

  test("is the same for the same seed and another for another, and pools all its replicates", () => {
    expect(run(5)).toEqual(run(5));
    expect(run(6).entryMeanSeconds).not.toBe(run(5).entryMeanSeconds);
    for (const { replicates, pooled } of run(5).operations.values()) {
      expect(replicates.reduce((sum, each) => sum + each.length, 0)).toBe(pooled.count);
    }
  });

  test("predicts latency and number of visits of every operation within a tenth of what came", () => {
    const simulated = run(5);
    const { visits } = windows[7]!;
    for (let operation = 0; operation < TOPOLOGY.operations.length; operation++) {
      const seen = [...visits.sojournSeconds].filter((_, row) => visits.operation[row] === operation);
      const predicted = simulated.operations.get(operation)!;
      expect(Math.abs(predicted.pooled.count / 4 / seen.length - 1), `visits of ${operation}`).toBeLessThan(0.1);
      const mean = seen.reduce((sum, each) => sum + each, 0) / seen.length;
      expect(Math.abs(predicted.pooled.meanSeconds / mean - 1), `latency of ${operation}`).toBeLessThan(0.15);
    }
  });
});
