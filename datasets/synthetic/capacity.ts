import type { Application } from "./application.ts";
import { drawRequests, steady } from "./load.ts";
import { simulateApplication } from "./simulate-application.ts";

/** How busy stations truly are at each rate, measured by simulation: workers held over calls make it no straight line. */
export interface Capacity {
  /** Entry requests a second at which some station is busy, or has all its threads held, all the time. */
  readonly saturationPerSecond: number;
  /** Service of that station. */
  readonly bottleneck: number;
  /** Rate at which the first station is busy for this share of the time. */
  rateAt(utilization: number): number;
}

/** How busy the servers of each service are at one rate, or its threads where these are busier; NaN for `delay`. */
interface Point {
  readonly ratePerSecond: number;
  readonly utilization: readonly number[];
}

/** Utilization ≈ linear · rate + quadratic · rate². */
interface Curve {
  readonly linear: number;
  readonly quadratic: number;
}

const REQUESTS = 4000;
/** Beyond this the queue has no steady state to measure within any time. */
const UTILIZATION_MAX = 0.95;
const SHARES_OF_GUESS = [0.3, 0.5, 0.65, 0.75, 0.85, 0.92];

/** @param requests how many are simulated at each rate; more measure better */
export function measureCapacity(application: Application, seed: number, requests: number = REQUESTS): Capacity {
  const measure = (ratePerSecond: number): Point => measurePoint(application, ratePerSecond, seed, requests);
  let guess = measure(1);
  // A station that holds workers over calls slows down with its callees: a few steps find where it is busy.
  for (let step = 0; step < 3; step++) guess = measure((0.8 * guess.ratePerSecond) / largest(guess));
  const saturationGuess = guess.ratePerSecond / largest(guess);
  const points = [...SHARES_OF_GUESS.map((share) => measure(share * saturationGuess)), guess].filter(
    (point) => largest(point) < UTILIZATION_MAX,
  );
  const curves = application.services.map((_, service) => fitCurve(points, service));
  const rates = (utilization: number): number[] => curves.map((curve) => rateOf(curve, utilization));
  const rateAt = (utilization: number): number => Math.min(...rates(utilization));
  const saturationPerSecond = rateAt(1);
  return { saturationPerSecond, bottleneck: rates(1).indexOf(saturationPerSecond), rateAt };
}

function largest(point: Point): number {
  return Math.max(...point.utilization.filter((each) => !Number.isNaN(each)));
}

function measurePoint(application: Application, ratePerSecond: number, seed: number, count: number): Point {
  const seconds = count / ratePerSecond;
  const requests = drawRequests(application, [steady(ratePerSecond, seconds)], seed);
  const truth = simulateApplication(application, requests, {
    seed,
    onSpan: () => {},
    untilSeconds: seconds,
    windowSeconds: seconds / 10,
  });
  // As many came as came, not as many as should have; and the first tenth fills the queues.
  const came = requests.timeSeconds.length / seconds;
  return {
    ratePerSecond: came,
    utilization: truth.utilization.map((windows, service) =>
      Math.max(meanAfterFirst(windows), meanAfterFirst(truth.occupancy[service]!)),
    ),
  };
}

function meanAfterFirst(windows: Float64Array): number {
  return windows.subarray(1).reduce((sum, each) => sum + each / (windows.length - 1), 0);
}

/** Least squares of utilization / rate over the rate, which weighs busy and quiet rates alike; never bent downwards. */
function fitCurve(points: readonly Point[], service: number): Curve {
  const n = points.length;
  const x = points.map((point) => point.ratePerSecond);
  const y = points.map((point) => point.utilization[service]! / point.ratePerSecond);
  const [meanX, meanY] = [x, y].map((values) => values.reduce((sum, each) => sum + each / n, 0)) as [number, number];
  const covariance = x.reduce((sum, each, i) => sum + (each - meanX) * (y[i]! - meanY), 0);
  const variance = x.reduce((sum, each) => sum + (each - meanX) ** 2, 0);
  const quadratic = Math.max(0, covariance / variance);
  return { quadratic, linear: meanY - quadratic * meanX };
}

/** Infinity for stations without end. */
function rateOf({ linear, quadratic }: Curve, utilization: number): number {
  if (Number.isNaN(linear)) return Number.POSITIVE_INFINITY;
  if (quadratic === 0) return utilization / linear;
  return (Math.sqrt(linear * linear + 4 * quadratic * utilization) - linear) / (2 * quadratic);
}
