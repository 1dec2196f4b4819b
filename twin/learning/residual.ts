import type { Residual } from "../../src/contracts/forecast.ts";
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
  #varianceSum = 0;
  #referenceCountMin = Number.POSITIVE_INFINITY;

  add(sample: number, reference: Reference): void {
    this.#count++;
    this.#pitSum += reference.pit(sample);
    this.#tailCount += sample > reference.p95Seconds ? 1 : 0;
    this.#observedSum += sample;
    this.#expectedSum += reference.meanSeconds;
    this.#varianceSum += reference.variance;
    this.#referenceCountMin = Math.min(this.#referenceCountMin, reference.count);
  }

  /** Takes another's samples in. */
  join(other: ResidualAccumulator): void {
    this.#count += other.#count;
    this.#pitSum += other.#pitSum;
    this.#tailCount += other.#tailCount;
    this.#observedSum += other.#observedSum;
    this.#expectedSum += other.#expectedSum;
    this.#varianceSum += other.#varianceSum;
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
   * The residual, or null with too few samples. Its variance under "nothing is wrong" is that of sampling (or what the
   * replicates show, if more), of the reference's own sampling error, and of the discrepancy.
   */
  residual(discrepancy: Discrepancy, varianceFromReplicates = 0): Residual | null {
    const n = this.#count;
    if (n < SAMPLES_MIN) {
      return null;
    }
    const observedMeanSeconds = this.#observedSum / n;
    const expectedMeanSeconds = this.#expectedSum / n;
    const sampling = Math.max(varianceFromReplicates, 1 / (12 * n)) + 1 / (12 * this.#referenceCountMin);
    const shiftZ = this.shift / Math.sqrt(sampling + discrepancy.shift ** 2);
    const logRatio = boundedLogRatio(observedMeanSeconds, expectedMeanSeconds);
    // Queueing makes samples of one window alike; the replicates say by how much for the shift, and it is the same here.
    const alike = sampling * 12 * n;
    // Where nothing is expected (gaps of no time at all) no ratio says anything; the shift does.
    const relative = expectedMeanSeconds > 0 ? (this.#varianceSum * alike) / (n * expectedMeanSeconds) ** 2 : 0;
    const meanZ = logRatio / Math.sqrt(relative + discrepancy.logMean ** 2);
    return {
      sampleCount: n,
      observedMeanSeconds,
      expectedMeanSeconds,
      shift: this.shift,
      tail: this.#tailCount / n - 0.05,
      shiftZ,
      meanZ,
      z: shiftZ > 0 ? Math.max(shiftZ, Math.min(meanZ, MEAN_LEVERAGE * shiftZ)) : shiftZ,
    };
  }

  snapshot() {
    return {
      count: this.#count,
      pitSum: this.#pitSum,
      tailCount: this.#tailCount,
      observedSum: this.#observedSum,
      expectedSum: this.#expectedSum,
      varianceSum: this.#varianceSum,
      referenceCountMin: this.#referenceCountMin,
    };
  }

  static restored(state: ReturnType<ResidualAccumulator["snapshot"]>): ResidualAccumulator {
    const accumulator = new ResidualAccumulator();
    accumulator.#count = state.count;
    accumulator.#pitSum = state.pitSum;
    accumulator.#tailCount = state.tailCount;
    accumulator.#observedSum = state.observedSum;
    accumulator.#expectedSum = state.expectedSum;
    accumulator.#varianceSum = state.varianceSum;
    accumulator.#referenceCountMin = state.referenceCountMin;
    return accumulator;
  }
}

/** The mean may say at most this much more than the shift. */
const MEAN_LEVERAGE = 3;
const LOG_RATIO_MAX = 5;

function boundedLogRatio(observed: number, expected: number): number {
  if (!(observed > 0) || !(expected > 0)) {
    return 0;
  }
  return Math.max(-LOG_RATIO_MAX, Math.min(LOG_RATIO_MAX, Math.log(observed / expected)));
}

/** What is believed of the discrepancy before any window was predicted: ×1.25 would pass for it. */
const PRIOR_SHIFT_VARIANCE = 0.06 * 0.06;
const PRIOR_LOG_MEAN_VARIANCE = 0.15 * 0.15;
/** A change of the mean by a tenth is always allowed for. */
const LOG_MEAN_FLOOR = 0.1;
/** The belief weighs as much as this many windows. */
const PRIOR_WINDOWS = 6;
/** After this many windows old ones begin to be forgotten. */
const WINDOWS_MAX = 120;

/** Learns how far a residual strays in clean windows beyond what sampling explains. */
export class Discrepancy {
  #shiftVariance = PRIOR_SHIFT_VARIANCE;
  #logMeanVariance = PRIOR_LOG_MEAN_VARIANCE;
  #windows = PRIOR_WINDOWS;

  learn(residual: Residual | null): void {
    if (residual === null) {
      return;
    }
    const sampling = 1 / (12 * residual.sampleCount);
    const logRatio = boundedLogRatio(residual.observedMeanSeconds, residual.expectedMeanSeconds);
    this.#windows = Math.min(WINDOWS_MAX, this.#windows + 1);
    this.#shiftVariance += (residual.shift ** 2 - sampling - this.#shiftVariance) / this.#windows;
    this.#logMeanVariance += (Math.min(1, logRatio ** 2) - this.#logMeanVariance) / this.#windows;
  }

  /** Standard deviation of the shift beyond sampling, never below the floor. */
  get shift(): number {
    return Math.max(DISCREPANCY_FLOOR, Math.sqrt(Math.max(0, this.#shiftVariance)));
  }

  /** Standard deviation of the logarithm of observed / expected mean, never below its floor. */
  get logMean(): number {
    return Math.max(LOG_MEAN_FLOOR, Math.sqrt(this.#logMeanVariance));
  }

  snapshot() {
    return {
      shiftVariance: this.#shiftVariance,
      logMeanVariance: this.#logMeanVariance,
      windows: this.#windows,
    };
  }

  restore({ shiftVariance, logMeanVariance, windows }: ReturnType<Discrepancy["snapshot"]>): void {
    this.#shiftVariance = shiftVariance;
    this.#logMeanVariance = logMeanVariance;
    this.#windows = windows;
  }
}
