import { quantileOfSorted } from "../learning/reference.ts";
import { ownTimeGain, scaledGain } from "./likelihood.ts";
import type { Scene } from "./scene.ts";
import { type Shifts, shiftRows } from "./shifts.ts";

// The sizes that fit best, found on distributions alone: what queues make of them is left to the simulation.

/** Fewer own times than this say nothing of a size. */
export const OBSERVED_MIN = 4;
/** Less than this is no fault anybody would look for. */
export const FACTOR_MIN = 1.1;
const FACTOR_MAX = 200;
/** Around a first guess, the factors tried. */
const GUESS_FACTORS = [0.6, 0.75, 0.87, 1, 1.15, 1.35];

/** The one of several sizes, at least one, that gains most. */
export function likeliest<Size>(sizes: readonly Size[], gain: (size: Size) => number): Size {
  let best = sizes[0] as Size;
  let most = gain(best);
  for (const size of sizes.slice(1)) {
    const its = gain(size);
    if (its > most) {
      most = its;
      best = size;
    }
  }
  return best;
}

/** The likeliest factor on the usual own times of a node, or of one instance of it. */
export function likeliestFactor(scene: Scene, node: number, instance = -1): number {
  const usual = scene.usual.get(node);
  const seen = scene.observed.ownTimes.get(node);
  if (usual === undefined || seen === undefined) return 1;
  const meant = seen.seconds.filter((_, i) => instance < 0 || seen.instance[i] === instance);
  const sorted = Float64Array.from(meant).sort();
  const guess = quantileOfSorted(sorted, 0.5) / Math.max(1e-9, usual.quantile(0.5));
  if (!(guess > 0) || meant.length < OBSERVED_MIN) return 1;
  const tried = GUESS_FACTORS.map((each) => Math.min(FACTOR_MAX, guess * each));
  return likeliest(tried, (factor) => scaledGain(scene, node, factor, instance));
}

/** What is gained when all own times of a node are believed to be longer by the likeliest factor; 0 when none is. */
export function slowerGain(scene: Scene, node: number): number {
  const factor = likeliestFactor(scene, node);
  return factor < FACTOR_MIN ? 0 : scaledGain(scene, node, factor);
}

/** What is gained when own times of a node come later by these shifts, queues left alone. */
export function shiftedGain(scene: Scene, node: number, shifts: Shifts): number {
  const usual = scene.usual.get(node);
  return usual === undefined ? 0 : ownTimeGain(scene, node, [...shiftRows(usual.sorted, 1, shifts)]);
}
