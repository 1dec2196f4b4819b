import { drawExponential, type RandomStream, randomStream } from "../testbed/random.ts";
import type { Application } from "./application.ts";

/** A stretch of load: the rate goes in a straight line from one value to the other. */
export interface LoadPhase {
  readonly lengthSeconds: number;
  readonly fromPerSecond: number;
  readonly toPerSecond: number;
}

/**
 * Bursts on top: the rate is multiplied by 1 + `amplitude` and 1 − `amplitude` in turn, each for an exponential time
 * (a two-state Markov-modulated Poisson process).
 */
export interface Burstiness {
  readonly amplitude: number;
  readonly meanSeconds: number;
}

/** Requests from outside, in order of time; operations are those of the application. */
export interface Requests {
  readonly timeSeconds: Float64Array;
  readonly operation: Uint32Array;
}

export function steady(ratePerSecond: number, lengthSeconds: number): LoadPhase {
  return { lengthSeconds, fromPerSecond: ratePerSecond, toPerSecond: ratePerSecond };
}

/** Requests of a Poisson process that follows the phases, from second 0 on, each for an entry by its share. */
export function drawRequests(
  application: Application,
  phases: readonly LoadPhase[],
  seed: number,
  bursts: Burstiness = { amplitude: 0, meanSeconds: 1 },
): Requests {
  const random = randomStream(seed, "requests");
  const peak = Math.max(...phases.map((phase) => Math.max(phase.fromPerSecond, phase.toPerSecond)));
  const modulation = modulationOf(bursts, randomStream(seed, "bursts"));
  const times: number[] = [];
  const operations: number[] = [];
  const candidateRate = peak * (1 + bursts.amplitude);
  // Thinning: candidates come at the highest rate, and each is kept with the chance that its own rate has of it.
  for (let at = drawExponential(random, 1 / candidateRate); ; at += drawExponential(random, 1 / candidateRate)) {
    const rate = rateAt(phases, at);
    if (Number.isNaN(rate)) break;
    if (random() * candidateRate < rate * modulation(at)) {
      times.push(at);
      operations.push(drawEntry(application, random));
    }
  }
  return { timeSeconds: Float64Array.from(times), operation: Uint32Array.from(operations) };
}

/** NaN after the last phase. */
function rateAt(phases: readonly LoadPhase[], atSeconds: number): number {
  let begin = 0;
  for (const phase of phases) {
    const into = (atSeconds - begin) / phase.lengthSeconds;
    if (into < 1) return phase.fromPerSecond + into * (phase.toPerSecond - phase.fromPerSecond);
    begin += phase.lengthSeconds;
  }
  return Number.NaN;
}

function modulationOf(bursts: Burstiness, random: RandomStream): (atSeconds: number) => number {
  let isHigh = random() < 0.5;
  let untilSeconds = drawExponential(random, bursts.meanSeconds);
  return (atSeconds) => {
    while (atSeconds >= untilSeconds) {
      isHigh = !isHigh;
      untilSeconds += drawExponential(random, bursts.meanSeconds);
    }
    return isHigh ? 1 + bursts.amplitude : 1 - bursts.amplitude;
  };
}

function drawEntry(application: Application, random: RandomStream): number {
  let left = random();
  for (const entry of application.entries) {
    left -= entry.share;
    if (left < 0) return entry.operation;
  }
  return application.entries[application.entries.length - 1]!.operation;
}
