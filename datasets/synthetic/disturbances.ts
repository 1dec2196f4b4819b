import { drawNormal, type RandomStream, randomStream } from "../testbed/random.ts";
import { type Application, meanWorkSeconds } from "./application.ts";
import type { SyntheticSpan } from "./span.ts";

/** What happens to spans between a service and who observes them. All default to none. */
export interface Disturbances {
  /** Chance of a span never arriving. */
  readonly lossProbability?: number;
  /** Standard deviation of each time stamp, as a share of the mean work of the operation that made the span. */
  readonly noiseShare?: number;
  /** Each instance's clock is off by a constant, uniform within ± this. */
  readonly skewSeconds?: number;
  /** Clocks are read in whole multiples of this, rounded down. */
  readonly grainSeconds?: number;
  /** Chance of a trace being kept as a whole (head sampling); default 1. */
  readonly samplingProbability?: number;
}

export interface ObservedTimes {
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** Says how a span is seen, or null when it is not. A clock that goes backwards within a span is read as standing still. */
export type Disturb = (span: SyntheticSpan) => ObservedTimes | null;

export function createDisturb(application: Application, disturbances: Disturbances, seed: number): Disturb {
  const { lossProbability = 0, noiseShare = 0, skewSeconds = 0, grainSeconds = 0 } = disturbances;
  const lossDice = randomStream(seed, "loss");
  const noiseDice = randomStream(seed, "noise");
  const isKept = sampler(disturbances.samplingProbability ?? 1, randomStream(seed, "sampling"));
  const workSeconds = application.services.map((_, service) => typicalWorkSeconds(application, service));
  const clockOf = skewedClocks(skewSeconds, seed);
  const read = (timeSeconds: number): number =>
    grainSeconds > 0 ? Math.floor(timeSeconds / grainSeconds) * grainSeconds : timeSeconds;
  return (span) => {
    if (!isKept(span.trace)) return null;
    if (lossProbability > 0 && lossDice() < lossProbability) return null;
    const offset = clockOf(span.service, span.replica);
    const noise = (): number => (noiseShare > 0 ? noiseShare * workSeconds[span.service]! * drawNormal(noiseDice) : 0);
    const startSeconds = read(span.startSeconds + offset + noise());
    const endSeconds = read(span.endSeconds + offset + noise());
    return { startSeconds, endSeconds: Math.max(startSeconds, endSeconds) };
  };
}

function typicalWorkSeconds(application: Application, service: number): number {
  const own = application.operations.filter((operation) => operation.service === service);
  return own.reduce((sum, operation) => sum + meanWorkSeconds(operation), 0) / Math.max(1, own.length);
}

/** Decides by trace, drawing once for each as it is first seen; traces are forgotten when 100,000 newer ones are known. */
function sampler(probability: number, random: RandomStream): (trace: number) => boolean {
  if (probability >= 1) return () => true;
  const decisions = new Map<number, boolean>();
  return (trace) => {
    let decision = decisions.get(trace);
    if (decision === undefined) {
      decision = random() < probability;
      decisions.set(trace, decision);
      decisions.delete(trace - 100_000);
    }
    return decision;
  };
}

function skewedClocks(skewSeconds: number, seed: number): (service: number, replica: number) => number {
  const offsets = new Map<number, number>();
  return (service, replica) => {
    if (skewSeconds === 0) return 0;
    const key = service * 1024 + replica;
    let offset = offsets.get(key);
    if (offset === undefined) {
      offset = skewSeconds * (2 * randomStream(seed, `clock ${key}`)() - 1);
      offsets.set(key, offset);
    }
    return offset;
  };
}
