// Goal: what was under way when a window began is read rightly from the spans that ended later.
// Method: one request written by hand whose visits overlap the start of the window in every way, on a learned network.
import { describe, expect, test } from "vitest";
import type { Observation } from "../../../src/contracts/observation.ts";
import { WindowBuilder } from "../../../src/topology/window-builder.ts";
import { inFlightAtStart } from "../../../twin/forecast/in-flight.ts";
import { buildNetwork, NO_OVERRIDES } from "../../../twin/forecast/network-builder.ts";
import { calibrate } from "../../../twin/learning/calibrate.ts";
import { History } from "../../../twin/learning/history.ts";
import { type InstanceJobs, jobsByInstance } from "../../../twin/learning/window-jobs.ts";
import { ALPHA, ALPHA_SERVERS, BETA, EDGES, runApplication, TOPOLOGY, WEB } from "../application.ts";

const START = 100;
const history = new History();
for (const window of runApplication(10, 12, 1, { ratePerSecond: 40 })) history.learn(window);
const network = buildNetwork(calibrate(history, TOPOLOGY), TOPOLOGY, NO_OVERRIDES);

interface WrittenVisit {
  readonly operation: number;
  readonly arrivalSeconds: number;
  /** Self segment, call group, self segment, …; seconds. */
  readonly course: readonly number[];
  /** Row of the caller and the edge of the call. */
  readonly caller?: readonly [row: number, edge: number];
}

function windowOf(visits: readonly WrittenVisit[]): Observation {
  const builder = new WindowBuilder();
  const trace = builder.addTrace(Uint32Array.of(0, 0, 0, 1), 0);
  for (const { operation, arrivalSeconds, course } of visits) {
    const segments = course.filter((_, k) => k % 2 === 0);
    const sojournSeconds = course.reduce((sum, each) => sum + each, 0);
    builder.addVisit(
      {
        operation,
        instance: operation === 3 ? 4 : operation,
        arrivalSeconds,
        sojournSeconds,
        lagSeconds: 0,
        selfSeconds: segments.reduce((sum, each) => sum + each, 0),
        program: operation,
        isError: false,
        isRoot: operation === WEB,
        segments,
        groupSeconds: course.filter((_, k) => k % 2 === 1),
      },
      trace,
    );
  }
  visits.forEach(({ caller, course }, row) => {
    if (caller === undefined) return;
    builder.addCall({
      edge: caller[1],
      callerVisit: caller[0],
      calleeVisit: row,
      durationSeconds: course.reduce((sum, each) => sum + each, 0),
      gapSeconds: 0,
      isError: false,
      resendCount: 0,
    });
  });
  return builder.build({ index: 10, startSeconds: START, endSeconds: 110, topology: TOPOLOGY, metrics: [] });
}

function inFlight(window: Observation) {
  const jobs = new Map<number, InstanceJobs[]>();
  for (const run of jobsByInstance(window)) jobs.set(run.node, [...(jobs.get(run.node) ?? []), run]);
  return inFlightAtStart(window, network, jobs);
}

describe("visits under way when a window begins", () => {
  const web = { operation: WEB, arrivalSeconds: START - 0.05, course: [0.01, 0.1, 0.01] };
  const alpha = {
    operation: ALPHA,
    arrivalSeconds: START - 0.04,
    course: [0.06, 0.01, 0.01],
    caller: [0, EDGES.webToAlpha] as const,
  };

  test("are those that came before and left after; others are not", () => {
    const early = { operation: WEB, arrivalSeconds: START - 2, course: [0.5, 0.5, 0.5] };
    const late = { operation: WEB, arrivalSeconds: START + 1, course: [0.5, 0.5, 0.5] };
    const { arrivalSeconds } = inFlight(windowOf([early, web, late]));
    expect(arrivalSeconds.length).toBe(1);
    expect(arrivalSeconds[0]).toBeCloseTo(-0.05, 9);
  });

  test("a caller waits in its group, its callee runs below it", () => {
    const { operation, parent, segment, isWaiting, elapsedSeconds } = inFlight(windowOf([web, alpha]));
    expect(Array.from(operation, (each) => network.topologyOperation[each])).toEqual([WEB, ALPHA]);
    expect([...parent]).toEqual([-1, 0]);
    expect([...segment]).toEqual([0, 0]);
    expect([...isWaiting]).toEqual([1, 0]);
    expect(elapsedSeconds[1]).toBeCloseTo(0.04, 9);
  });

  test("one that has its answers is in its next segment", () => {
    const after = { operation: WEB, arrivalSeconds: START - 0.05, course: [0.01, 0.02, 0.1] };
    const { segment, isWaiting, elapsedSeconds } = inFlight(windowOf([after]));
    expect([segment[0], isWaiting[0]]).toEqual([1, 0]);
    expect(elapsedSeconds[0]).toBeCloseTo(0.02, 9);
  });

  test("on a shared server each of two has done half as much work as the time it has been there", () => {
    const visits = [0.04, 0.02].map((ago) => ({
      operation: BETA,
      arrivalSeconds: START - ago,
      course: [0.1, 0.01, 0.01],
    }));
    const { discipline, serverCount } = network.spec.stations[network.stationNode.indexOf(BETA)]!;
    expect([discipline, serverCount]).toEqual(["ps", 1]);
    const { elapsedSeconds } = inFlight(windowOf(visits));
    expect(elapsedSeconds[0]).toBeCloseTo(0.02, 9);
    expect(elapsedSeconds[1]).toBeCloseTo(0.01, 9);
  });

  test("at a worker pool only as many as it has workers have begun, each since it got one", () => {
    const visits = Array.from({ length: ALPHA_SERVERS + 2 }, (_, i) => ({
      operation: ALPHA,
      arrivalSeconds: START - 0.1 + i / 1000,
      // All leave after the start, in the order in which they came.
      course: [0.2 + i / 10, 0.01, 0.01],
    }));
    const { segment, elapsedSeconds } = inFlight(windowOf(visits));
    expect([...segment]).toEqual([0, 0, -1, -1]);
    expect(elapsedSeconds[1]).toBeCloseTo(0.099, 9);
  });
});
