import type { Forecast } from "../contracts/forecast.ts";

/** The first windows after attaching are start-up noise (connections, compilers warming up) and are not learned. */
const START_UP_WINDOWS = 2;
/** More than the longest delay has of the shortest windows: with fewer, nothing would ever come due. */
const HELD_MAX = 4000;

/**
 * Decides which windows may be learned from, and when: a window waits, and if suspicion falls on it meanwhile it is
 * dropped. So a fault is never learned, not even the part of it that came before the alarm.
 */
export class LearningGate {
  readonly #delaySeconds: number;
  #held: Forecast[] = [];
  #seen = 0;
  #quarantineUntilSeconds = Number.NEGATIVE_INFINITY;
  /** Windows that were never learned because suspicion fell on them, or because too many were waiting. */
  droppedCount = 0;

  constructor(options: { delaySeconds: number }) {
    this.#delaySeconds = options.delaySeconds;
  }

  /**
   * Takes a window and what is thought of it; returns the windows that may be learned from now, oldest first.
   *
   * @param suspicionOnsetSeconds when whatever is suspected now began; NaN when nothing is
   */
  take(forecast: Forecast, suspicionOnsetSeconds: number): Forecast[] {
    this.#seen++;
    const { startSeconds, endSeconds } = forecast.observation;
    const windowSeconds = endSeconds - startSeconds;
    if (this.#seen <= START_UP_WINDOWS) {
      return [];
    }
    if (!forecast.isReady) {
      return [forecast];
    }
    if (!Number.isNaN(suspicionOnsetSeconds)) {
      const before = this.#held.length;
      this.#held = this.#held.filter((held) => held.observation.endSeconds <= suspicionOnsetSeconds - windowSeconds);
      this.droppedCount += before - this.#held.length + 1;
      // What follows a fault still carries its backlog.
      this.#quarantineUntilSeconds = endSeconds + 2 * windowSeconds;
      return this.#release(endSeconds);
    }
    if (startSeconds < this.#quarantineUntilSeconds) {
      this.droppedCount++;
    } else {
      this.#held.push(forecast);
      if (this.#held.length > HELD_MAX) {
        this.#held.shift();
        this.droppedCount++;
      }
    }
    return this.#release(endSeconds);
  }

  #release(nowSeconds: number): Forecast[] {
    const isDue = (held: Forecast): boolean => held.observation.endSeconds <= nowSeconds - this.#delaySeconds;
    const due = this.#held.filter(isDue);
    this.#held = this.#held.filter((held) => !isDue(held));
    return due;
  }
}
