import type { Application } from "../../datasets/synthetic/application.ts";
import { type Capacity, measureCapacity } from "../../datasets/synthetic/capacity.ts";
import { type DrawOptions, drawApplication } from "../../datasets/synthetic/draw-application.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import { EPOCH_SECONDS } from "../../datasets/synthetic/span-batches.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { Observer } from "../../src/topology/observer.ts";
import { type HeldOutRecording, LEVELS } from "../accuracy/recording.ts";
import { between, requestsOf, toOperations } from "../accuracy/requests.ts";

const WINDOW_SECONDS = 5;
/** Utilization of the bottleneck in the learning phases. */
const LEARNING = [0.2, 0.35, 0.5, 0.6];
const LEARNING_PHASE_SECONDS = 75;
const LEVEL_SECONDS = 150;
/** Time before a level whose requests fill its queues. */
const FILL_SECONDS = 30;

export interface SimulatedHeldOut {
  readonly application: Application;
  readonly capacity: Capacity;
  readonly recording: HeldOutRecording;
}

/** An application, learned from at up to 0.6 of its bottleneck and then loaded to each of `LEVELS`. */
export function simulateHeldOut(seed: number, options: DrawOptions): SimulatedHeldOut {
  const application = drawApplication(seed, options);
  const capacity = measureCapacity(application, seed);
  const phases = [
    ...LEARNING.map((utilization) => steady(capacity.rateAt(utilization), LEARNING_PHASE_SECONDS)),
    ...LEVELS.map((level) => steady(capacity.rateAt(Number(level)), LEVEL_SECONDS)),
  ];
  const observations = observe(application, drawRequests(application, phases, seed), seed);
  const { operations } = observations[0]!.topology;
  // A piece of a trace that was cut because it took too long looks like a request; here it is known which are.
  const requests = toOperations(requestsOf(observations), entriesOf(application, operations));
  const learnedUntil = EPOCH_SECONDS + LEARNING.length * LEARNING_PHASE_SECONDS;
  const levels = LEVELS.map((level, k) => {
    const startSeconds = learnedUntil + k * LEVEL_SECONDS;
    const endSeconds = startSeconds + LEVEL_SECONDS;
    return {
      level,
      startSeconds,
      endSeconds,
      requests: between(requests, startSeconds - FILL_SECONDS, endSeconds),
      windows: observations.filter((each) => each.startSeconds >= startSeconds && each.endSeconds <= endSeconds),
      before: observations.find((each) => each.endSeconds >= startSeconds)!,
    };
  });
  const learning = observations.filter((each) => each.endSeconds <= learnedUntil);
  return { application, capacity, recording: { learning, levels, overload: [] } };
}

/** What requests from outside ask for, as the topology numbers it. */
export function entriesOf(application: Application, operations: readonly { readonly name: string }[]): Set<number> {
  const names = new Set(application.entries.map(({ operation }) => application.operations[operation]!.name));
  return new Set([...operations.keys()].filter((operation) => names.has(operations[operation]!.name)));
}

function observe(application: Application, requests: ReturnType<typeof drawRequests>, seed: number): Observation[] {
  const options = { windowSeconds: WINDOW_SECONDS, latenessSeconds: 3, maxOpenTraces: 100_000 };
  const observer = new Observer(options, new CountingLedger());
  const observations: Observation[] = [];
  recordApplication(application, requests, { seed, take: (batch) => observations.push(...observer.add(batch)) });
  observations.push(...observer.finish());
  return observations;
}
