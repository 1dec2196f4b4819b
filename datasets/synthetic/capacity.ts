import type { Application } from "./application.ts";
import { drawRequests, steady } from "./load.ts";
import { simulateApplication } from "./simulate-application.ts";

/** How busy stations truly are at each rate, measured by simulation: workers held over calls make it no straight line. */
export interface Capacity {
  /** Entry requests a second at which some station is busy all the time. */
  readonly saturationPerSecond: number;
  /** Service of that station. */
  readonly bottleneck: number;
  /** Rate at which the busiest station is busy for this share of the time. */
  rateAt(utilization: number): number;
}

interface Point {
  readonly ratePerSecond: number;
  readonly utilization: number;
  readonly service: number;
}

const REQUESTS = 4000;
/** Beyond this the queue has no steady state to measure within any time. */
const UTILIZATION_MAX = 0.96;
const SHARES_OF_GUESS = [0.2, 0.4, 0.6, 0.75, 0.88, 0.95];

/** @param requests how many are simulated at each rate; more measure better */
export function measureCapacity(application: Application, seed: number, requests: number = REQUESTS): Capacity {
  const measure = (ratePerSecond: number): Point => measurePoint(application, ratePerSecond, seed, requests);
  let guess = measure(1);
  // A station that holds workers over calls slows down with its callees: a few steps find where it is busy.
  for (let step = 0; step < 3; step++) guess = measure((0.85 * guess.ratePerSecond) / guess.utilization);
  const saturationGuess = guess.ratePerSecond / guess.utilization;
  const points = [...SHARES_OF_GUESS.map((share) => measure(share * saturationGuess)), guess]
    .filter((point) => point.utilization < UTILIZATION_MAX)
    .sort((a, b) => a.ratePerSecond - b.ratePerSecond);
  const [before, last] = points.slice(-2) as [Point, Point];
  const rateAt = (utilization: number): number => interpolate(points, utilization);
  const slope = (last.utilization - before.utilization) / (last.ratePerSecond - before.ratePerSecond);
  const saturationPerSecond =
    last.ratePerSecond + (1 - last.utilization) / Math.max(slope, last.utilization / last.ratePerSecond);
  return { saturationPerSecond, bottleneck: last.service, rateAt };
}

function measurePoint(application: Application, ratePerSecond: number, seed: number, count: number): Point {
  const seconds = count / ratePerSecond;
  const requests = drawRequests(application, [steady(ratePerSecond, seconds)], seed);
  const windowSeconds = seconds / 10;
  const truth = simulateApplication(application, requests, {
    seed,
    onSpan: () => {},
    untilSeconds: seconds,
    windowSeconds,
  });
  // The first tenth fills the queues.
  const means = truth.utilization.map((windows) => windows.subarray(1).reduce((sum, each) => sum + each / 9, 0));
  const scale = (ratePerSecond * seconds) / Math.max(1, requests.timeSeconds.length);
  const service = means.reduce(
    (best, mean, index) => (mean > (means[best] ?? 0) || Number.isNaN(means[best]) ? index : best),
    0,
  );
  return { ratePerSecond, utilization: means[service]! * scale, service };
}

/** Straight lines between the points, through the origin, and on beyond the last. */
function interpolate(points: readonly Point[], utilization: number): number {
  const known = [{ ratePerSecond: 0, utilization: 0 }, ...points];
  const after = known.findIndex((point) => point.utilization >= utilization);
  const to = after <= 0 ? known.length - 1 : after;
  const [a, b] = [known[to - 1]!, known[to]!];
  const share = (utilization - a.utilization) / (b.utilization - a.utilization);
  return a.ratePerSecond + share * (b.ratePerSecond - a.ratePerSecond);
}
