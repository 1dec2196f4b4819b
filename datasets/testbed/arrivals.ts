import { factorAt, type LoadShape, peakFactor } from "./load-shape.ts";
import { drawExponential, type RandomStream } from "./random.ts";

/**
 * Arrival times of a Poisson process whose rate follows a shape, by thinning: candidates come at the shape's peak rate
 * and each is kept with probability rate/peak. Source: Lewis and Shedler (1979).
 *
 * Yields seconds since the phase began, rising; ends when the phase does.
 */
export function* arrivalTimes(
  load: LoadShape,
  baseRatePerSecond: number,
  lengthSeconds: number,
  random: RandomStream,
): Generator<number> {
  const peak = peakFactor(load);
  const peakRatePerSecond = peak * baseRatePerSecond;
  if (!(peakRatePerSecond > 0)) return;
  for (let atSeconds = 0; ; ) {
    atSeconds += drawExponential(random, 1 / peakRatePerSecond);
    if (atSeconds >= lengthSeconds) return;
    if (random() * peak < factorAt(load, atSeconds, lengthSeconds)) yield atSeconds;
  }
}
