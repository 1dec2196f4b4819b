import type { Residual } from "../src/contracts/forecast.ts";
import type { Reference } from "./reference.ts";

/** Least discrepancy between twin and reality that is always allowed for, in units of mean PIT (×1.3 slower ≈ 0.10). */
export const DISCREPANCY_FLOOR = 0.03;
/** Fewer samples than this say nothing. */
export const SAMPLES_MIN = 4;

/** Gathers samples against their references and sums them up as one residual. */
export class ResidualAccumulator {
  #count = 0;
  #pitSum = 0;
  #tailCount = 0;
  #observedSum = 0;
  #expectedSum = 0;
  #referenceCountMin = Number.POSITIVE_INFINITY;

  add(sample: number, reference: Reference): void {
    this.#count++;
    this.#pitSum += reference.pit(sample);
    this.#tailCount += sample > reference.p95Seconds ? 1 : 0;
    this.#observedSum += sample;
    this.#expectedSum += reference.meanSeconds;
    this.#referenceCountMin = Math.min(this.#referenceCountMin, reference.count);
  }

  /** Takes another's samples in. */
  join(other: ResidualAccumulator): void {
    this.#count += other.#count;
    this.#pitSum += other.#pitSum;
    this.#tailCount += other.#tailCount;
    this.#observedSum += other.#observedSum;
    this.#expectedSum += other.#expectedSum;
    this.#referenceCountMin = Math.min(this.#referenceCountMin, other.#referenceCountMin);
  }

  get count(): number {
    return this.#count;
  }

  get shift(): number {
    return this.#count === 0 ? 0 : this.#pitSum / this.#count - 0.5;
  }

  /** Observed − expected, summed over the samples. */
  get excessSeconds(): number {
    return this.#observedSum - this.#expectedSum;
  }

  /**
   * The residual, or null with too few samples. Its variance under "nothing is wrong" is that of a mean of n uniforms,
   * widened by the reference's own sampling error, by `extraVariance` (Monte Carlo, queueing) and by the discrepancy.
   */
  residual(discrepancy: number, varianceFromReplicates = 0): Residual | null {
    const n = this.#count;
    if (n < SAMPLES_MIN) {
      return null;
    }
    const sampling = Math.max(varianceFromReplicates, 1 / (12 * n));
    const variance = sampling + 1 / (12 * this.#referenceCountMin) + discrepancy * discrepancy;
    return {
      sampleCount: n,
      observedMeanSeconds: this.#observedSum / n,
      expectedMeanSeconds: this.#expectedSum / n,
      shift: this.shift,
      tail: this.#tailCount / n - 0.05,
      z: this.shift / Math.sqrt(variance),
    };
  }
}

/** What is believed of the discrepancy before any window was predicted: ×1.25 would pass for it. */
const PRIOR_VARIANCE = 0.06 * 0.06;
/** The belief weighs as much as this many windows. */
const PRIOR_WINDOWS = 6;
/** After this many windows old ones begin to be forgotten. */
const WINDOWS_MAX = 120;

/** Learns how far a residual's shift strays in clean windows beyond what sampling explains. */
export class Discrepancy {
  #variance = PRIOR_VARIANCE;
  #windows = PRIOR_WINDOWS;

  learn(residual: Residual | null): void {
    if (residual === null) {
      return;
    }
    const excess = residual.shift * residual.shift - 1 / (12 * residual.sampleCount);
    this.#windows = Math.min(WINDOWS_MAX, this.#windows + 1);
    this.#variance += (excess - this.#variance) / this.#windows;
  }

  /** Standard deviation of the shift beyond sampling, never below the floor. */
  get value(): number {
    return Math.max(DISCREPANCY_FLOOR, Math.sqrt(Math.max(0, this.#variance)));
  }
}
