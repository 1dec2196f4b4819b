import { drawNormal, type RandomStream } from "../testbed/random.ts";
import type { TimeDistribution } from "./application.ts";

const LONG_PROBABILITY = 0.1;
const JITTER = 0.1;

/** Draws one time. @throws {RangeError} when a bimodal time's cv is 3 or more: its short times would be negative. */
export function drawTime(random: RandomStream, time: TimeDistribution): number {
  const { meanSeconds, cv } = time;
  if (meanSeconds === 0) return 0;
  if (time.shape === "lognormal") return lognormalOf(drawNormal(random), meanSeconds, cv);
  if (time.shape === "gamma") return meanSeconds * drawGamma(random, 1 / (cv * cv)) * cv * cv;
  return drawBimodal(random, meanSeconds, cv);
}

/** The lognormal time with the given normal score. */
export function lognormalOf(score: number, meanSeconds: number, cv: number): number {
  const variance = Math.log1p(cv * cv);
  return meanSeconds * Math.exp(Math.sqrt(variance) * score - variance / 2);
}

/** Gamma with scale 1. Source: Marsaglia and Tsang (2000), with their boost for shapes below 1. */
function drawGamma(random: RandomStream, shape: number): number {
  if (shape < 1) return drawGamma(random, shape + 1) * (1 - random()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = drawNormal(random);
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random()) < (normal * normal) / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}

/** Two values apart by cv·mean / √(p(1 − p)), which makes the variance; each jittered a little. */
function drawBimodal(random: RandomStream, meanSeconds: number, cv: number): number {
  const apart = (cv * meanSeconds) / Math.sqrt(LONG_PROBABILITY * (1 - LONG_PROBABILITY));
  const short = meanSeconds - LONG_PROBABILITY * apart;
  if (!(short > 0)) throw new RangeError(`cv ${cv} of a bimodal time is not below 3`);
  const value = random() < LONG_PROBABILITY ? short + apart : short;
  return value * (1 + JITTER * (2 * random() - 1));
}
