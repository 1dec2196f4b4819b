import type { Observation } from "../../src/contracts/observation.ts";
import type { TimeRange } from "../../src/contracts/settings.ts";
import { seenPart } from "../learning/seen-part.ts";

/** Requests remembered: enough for a day's shape at a low rate, an hour's at a high one. */
const REQUESTS_MAX = 200_000;

/** Requests that entered in one stretch of time; columns of equal length. */
export interface TrafficWindow {
  /** Unix seconds, event time. */
  readonly startSeconds: number;
  readonly durationSeconds: number;
  /** Since the window began; a little below 0 for requests that came in the window before and ended in this one. */
  readonly timeSeconds: Float64Array;
  readonly operation: Uint32Array;
  /** How long each took, as measured. */
  readonly latencySeconds: Float64Array;
  /** Requests that each stands for: more than 1 when traces are sampled. */
  readonly weight: Float64Array;
}

/** Remembers how requests came in normal time, and how long they took: what a scenario is compared with. Bounded. */
export class BaseTraffic {
  #windows: TrafficWindow[] = [];
  #requestCount = 0;

  /** Operations as the topology numbers them. */
  get windows(): readonly TrafficWindow[] {
    return this.#windows;
  }

  add(window: Observation): void {
    const { visits, startSeconds, endSeconds } = seenPart(window);
    const rows = Array.from({ length: visits.count }, (_, row) => row).filter((row) => visits.isRoot[row] === 1);
    this.#windows.push({
      startSeconds,
      durationSeconds: endSeconds - startSeconds,
      timeSeconds: Float64Array.from(rows, (row) => visits.arrivalSeconds[row]! - startSeconds),
      operation: Uint32Array.from(rows, (row) => visits.operation[row]!),
      latencySeconds: Float64Array.from(rows, (row) => visits.sojournSeconds[row]!),
      weight: Float64Array.from(rows, (row) => visits.weight[row]!),
    });
    this.#requestCount += rows.length;
    while (this.#requestCount > REQUESTS_MAX && this.#windows.length > 1) {
      this.#requestCount -= this.#windows.shift()!.operation.length;
    }
  }

  /** Forgets windows that touch one of the ranges, unless none would be left: then it is what is usual here. */
  leaveOut(ranges: readonly TimeRange[]): void {
    const kept = this.#windows.filter(
      ({ startSeconds, durationSeconds }) =>
        !ranges.some(
          ({ fromSeconds, toSeconds }) => startSeconds < toSeconds && startSeconds + durationSeconds > fromSeconds,
        ),
    );
    if (kept.length > 0) {
      this.#windows = kept;
      this.#requestCount = kept.reduce((sum, { operation }) => sum + operation.length, 0);
    }
  }
}
