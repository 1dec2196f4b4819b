import type { Application } from "../../datasets/synthetic/application.ts";
import type { DrawOptions } from "../../datasets/synthetic/draw-application.ts";
import { type Burstiness, type LoadPhase, steady } from "../../datasets/synthetic/load.ts";
import { randomStream } from "../../datasets/testbed/random.ts";

export const WINDOW_SECONDS = 5;
/** Windows the twin learns from before it judges. */
export const LEARNING_WINDOWS = 24;

/** The learning gate leaves two windows out, and the first windows judged are quiet ones. */
const QUIET_WINDOWS = LEARNING_WINDOWS + 8;
const SURGE_WINDOWS = 14;
const APPLICATIONS = 18;
const QUIET_MIN = 0.18;
const QUIET_MAX = 0.5;
const SHAPES = ["step", "ramp", "spikes"] as const;

/** A recording in which nothing is wrong but how many come. */
export interface SurgePlan {
  readonly seed: number;
  readonly applicationSeed: number;
  readonly draw: DrawOptions;
  readonly shape: (typeof SHAPES)[number];
  /** True utilization of the bottleneck before and at the height of the surge. */
  readonly quietUtilization: number;
  readonly surgeUtilization: number;
  readonly bursts: Burstiness;
}

/** Recording `index` of the benchmark: every third has its application in common, none its load. */
export function surgePlan(index: number): SurgePlan {
  const random = randomStream(index, "surge plan");
  const application = index % APPLICATIONS;
  const isBursty = random() < 0.3;
  // What bursts add stays below 0.9 too.
  const surgeUtilization = isBursty ? 0.55 + 0.13 * random() : 0.6 + 0.3 * random();
  const factor = 1.5 + 3.5 * random();
  return {
    seed: 1000 + index,
    applicationSeed: 1 + application,
    draw: {
      autocorrelation: application % 6 === 4 ? 0.7 : 0,
      hasPauses: application % 6 === 5,
      hasNarrowPools: application % 6 === 3,
    },
    shape: SHAPES[Math.floor(index / APPLICATIONS) % SHAPES.length]!,
    quietUtilization: Math.min(QUIET_MAX, Math.max(QUIET_MIN, surgeUtilization / factor)),
    surgeUtilization,
    bursts: { amplitude: isBursty ? 0.3 : 0, meanSeconds: 4 },
  };
}

/** Quiet, surge, quiet; with the seconds in which the surge is on. */
export function loadOf(
  shape: SurgePlan["shape"],
  quietPerSecond: number,
  surgePerSecond: number,
): { phases: LoadPhase[]; surgeFromSeconds: number; surgeUntilSeconds: number } {
  const surgeFromSeconds = QUIET_WINDOWS * WINDOW_SECONDS;
  const lengthSeconds = SURGE_WINDOWS * WINDOW_SECONDS;
  const surge = {
    step: [steady(surgePerSecond, lengthSeconds)],
    ramp: [
      { lengthSeconds: lengthSeconds * 0.6, fromPerSecond: quietPerSecond, toPerSecond: surgePerSecond },
      steady(surgePerSecond, lengthSeconds * 0.4),
    ],
    spikes: Array.from({ length: 4 }, (_, k) =>
      steady(k % 2 === 0 ? surgePerSecond : quietPerSecond, lengthSeconds / 4),
    ),
  }[shape];
  const phases = [steady(quietPerSecond, surgeFromSeconds), ...surge, steady(quietPerSecond, 3 * WINDOW_SECONDS)];
  return { phases, surgeFromSeconds, surgeUntilSeconds: surgeFromSeconds + lengthSeconds };
}

/** Short name of a plan for the table. */
export function nameOf(plan: SurgePlan, application: Application): string {
  const traits = [
    plan.shape,
    plan.bursts.amplitude > 0 ? "bursty" : "",
    (plan.draw.autocorrelation ?? 0) > 0 ? "autocorrelated" : "",
    plan.draw.hasPauses === true ? "pauses" : "",
    plan.draw.hasNarrowPools === true ? "narrow pools" : "",
  ].filter((each) => each !== "");
  const services = application.services.filter((service) => !service.isLeaf).length;
  return `${services} services, ${traits.join(" ")}`;
}
