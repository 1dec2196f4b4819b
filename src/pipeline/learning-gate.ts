import type { Forecast } from "../contracts/forecast.ts";
import type { Observation } from "../contracts/observation.ts";
import type { TimeRange } from "../contracts/settings.ts";

/** The first windows after attaching are start-up noise (connections, compilers warming up) and are not learned. */
const START_UP_WINDOWS = 2;
/** More than the longest delay has of the shortest windows: with fewer, nothing would ever come due. */
const HELD_MAX = 4000;
/** Windows let go that are remembered, to tell how many came too early. */
const RELEASED_MAX = 100;
/** Ranges added while running; the oldest go first. */
const EXCLUDED_MAX = 1000;
/** What follows a fault still carries its backlog: so many windows settle before learning goes on. */
const SETTLE_WINDOWS = 2;

/** True for a window that lies in one of the ranges, wholly or in part. */
export function touchesAny(
  window: { readonly startSeconds: number; readonly endSeconds: number },
  ranges: readonly TimeRange[],
): boolean {
  return ranges.some((range) => window.startSeconds < range.toSeconds && window.endSeconds > range.fromSeconds);
}

/**
 * Decides which windows may be learned from, and when: a window waits, and if suspicion falls on it meanwhile it is
 * dropped. So a fault is never learned: neither while it lasts, nor the part of it that came before the alarm (with one
 * window more, since an onset is known to a window only), nor what it leaves behind.
 */
export class LearningGate {
  readonly #delaySeconds: number;
  readonly #excluded: readonly TimeRange[];
  #excludedSince: TimeRange[] = [];
  #held: Forecast[] = [];
  #seen = 0;
  #quarantineUntilSeconds = Number.NEGATIVE_INFINITY;
  /** Ends of windows let go since the last suspicion, while they may still matter. */
  #released: number[] = [];
  /** Windows that were never learned because suspicion fell on them, or because too many were waiting. */
  droppedCount = 0;
  /** Windows that were not learned because they touch an excluded range. */
  excludedCount = 0;
  /** Windows on which suspicion fell when they had been learned: more than none says that the delay is too short. */
  lateCount = 0;

  /** @param options.excluded ranges whose windows are never learned from */
  constructor(options: { delaySeconds: number; excluded?: readonly TimeRange[] }) {
    this.#delaySeconds = options.delaySeconds;
    this.#excluded = options.excluded ?? [];
  }

  /** Excludes a range from now on; windows of it that still wait are not learned either. */
  exclude(range: TimeRange): void {
    this.#excludedSince = [...this.#excludedSince, range].slice(-EXCLUDED_MAX);
    const kept = this.#held.filter((held) => !touchesAny(held.observation, [range]));
    this.excludedCount += this.#held.length - kept.length;
    this.#held = kept;
  }

  /**
   * Takes a window and what is thought of it; returns the windows that may be learned from now, oldest first.
   *
   * @param suspicionOnsetSeconds when whatever is suspected now began, or a station to be saturated; NaN when nothing is
   */
  take(forecast: Forecast, suspicionOnsetSeconds: number): Forecast[] {
    this.#seen++;
    const { startSeconds, endSeconds } = forecast.observation;
    const windowSeconds = endSeconds - startSeconds;
    if (this.#seen <= START_UP_WINDOWS) {
      return [];
    }
    const isExcluded = [this.#excluded, this.#excludedSince].some((each) => touchesAny(forecast.observation, each));
    this.excludedCount += isExcluded ? 1 : 0;
    if (!forecast.isReady) {
      return isExcluded ? [] : [forecast];
    }
    if (!Number.isNaN(suspicionOnsetSeconds)) {
      this.#drop(suspicionOnsetSeconds - windowSeconds);
      this.#quarantineUntilSeconds = endSeconds + SETTLE_WINDOWS * windowSeconds;
      return this.#release(endSeconds);
    }
    if (startSeconds < this.#quarantineUntilSeconds) {
      this.droppedCount++;
    } else if (!isExcluded) {
      this.#held.push(Object.freeze(forecast));
      if (this.#held.length > HELD_MAX) {
        this.#held.shift();
        this.droppedCount++;
      }
    }
    return this.#release(endSeconds);
  }

  /** Windows that may still be learned. */
  get awaited(): readonly Observation[] {
    return this.#held.map(({ observation }) => observation);
  }

  snapshot() {
    return {
      excludedSince: [...this.#excludedSince],
      held: [...this.#held],
      seen: this.#seen,
      quarantineUntilSeconds: this.#quarantineUntilSeconds,
      released: [...this.#released],
      droppedCount: this.droppedCount,
      excludedCount: this.excludedCount,
      lateCount: this.lateCount,
    };
  }

  restore(state: ReturnType<LearningGate["snapshot"]>): void {
    this.#excludedSince = state.excludedSince;
    this.#held = state.held;
    this.#seen = state.seen;
    this.#quarantineUntilSeconds = state.quarantineUntilSeconds;
    this.#released = state.released;
    this.droppedCount = state.droppedCount;
    this.excludedCount = state.excludedCount;
    this.lateCount = state.lateCount;
  }

  /** Drops what is held and the window at hand, as far as they end after the given time. */
  #drop(fromSeconds: number): void {
    const kept = this.#held.filter((held) => held.observation.endSeconds <= fromSeconds);
    this.droppedCount += this.#held.length - kept.length + 1;
    this.#held = kept;
    this.lateCount += this.#released.filter((releasedEndSeconds) => releasedEndSeconds > fromSeconds).length;
    this.#released = [];
  }

  #release(nowSeconds: number): Forecast[] {
    const isDue = (held: Forecast): boolean => held.observation.endSeconds <= nowSeconds - this.#delaySeconds;
    const due = this.#held.filter(isDue);
    this.#held = this.#held.filter((held) => !isDue(held));
    this.#released = [...this.#released, ...due.map((held) => held.observation.endSeconds)].slice(-RELEASED_MAX);
    return due;
  }
}
