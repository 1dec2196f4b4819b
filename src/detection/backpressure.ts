import type { Forecast } from "../contracts/forecast.ts";
import { CallPaths } from "./call-paths.ts";
import { TrafficWatch } from "./traffic-watch.ts";

/**
 * Of its capacity, what a station does from which it may be saturated. Spans come when visits are over, so one that gets far
 * more than it can do is seen to do about what it can, and how much that is, is not known well before it was reached.
 */
const BUSY_BEGIN = 0.7;
const BUSY_END = 0.9;
/** Predicted wait over work. No longer than its callers have workers to wait with, so not much of it is much. */
const WAIT_BEGIN = 3;
const WAIT_END = 1.5;
/** Predicted over quiet-hour latency of requests: a queue that no request minds is none. */
const RISE_BEGIN = 3;
/** Windows in a row. */
const WINDOWS_TO_END = 2;

/**
 * Behind a station that gets more than it can do, those who call it run out of workers: requests wait in front of them too,
 * unseen by the twin where no limit was ever reached before. That is traffic, and looks like a fault of theirs. So while a
 * queue stands there, its callers cannot be judged, and nothing is learned: their waiting would be taken for their work.
 */
export class Backpressure {
  /** The saturated station; null while there is none. */
  #bottleneck: number | null = null;
  #windowsBelow = 0;
  /** Start of the window in which a station was first seen to be saturated, event time; NaN while none is. */
  sinceSeconds = Number.NaN;

  /** Nodes that cannot be judged in this window. */
  take(forecast: Forecast): ReadonlySet<number> {
    const { capacity, observation } = forecast;
    const utilization = capacity?.utilization ?? 0;
    const rise = TrafficWatch.predictedRise(forecast);
    const wait = waitOverWork(forecast, this.#bottleneck ?? capacity?.node);
    if (
      this.#bottleneck === null &&
      capacity !== null &&
      utilization >= BUSY_BEGIN &&
      wait >= WAIT_BEGIN &&
      rise >= RISE_BEGIN
    ) {
      this.#bottleneck = capacity.node;
      this.sinceSeconds = observation.startSeconds;
    }
    // Where no visit of it ended there is no wait to tell: a queue that was there is there still.
    const isOver = wait < WAIT_END && utilization < BUSY_END;
    this.#windowsBelow = isOver ? this.#windowsBelow + 1 : 0;
    const unjudged =
      this.#bottleneck === null ? [] : new CallPaths(observation.topology).callersOf(this.#bottleneck).keys();
    if (this.#windowsBelow >= WINDOWS_TO_END) {
      this.#bottleneck = null;
      this.sinceSeconds = Number.NaN;
    }
    return new Set(unjudged);
  }

  snapshot() {
    return { bottleneck: this.#bottleneck, windowsBelow: this.#windowsBelow, sinceSeconds: this.sinceSeconds };
  }

  restore({ bottleneck, windowsBelow, sinceSeconds }: ReturnType<Backpressure["snapshot"]>): void {
    this.#bottleneck = bottleneck;
    this.#windowsBelow = windowsBelow;
    this.sinceSeconds = sinceSeconds;
  }
}

/** How long a visit of the node waits, by the twin, in multiples of its work; NaN when none ended. */
function waitOverWork({ stations, nodes }: Forecast, node: number | undefined): number {
  const wait = stations.find((each) => each.node === node)?.predictedWaitingSeconds[1] ?? Number.NaN;
  return wait / (nodes.find((each) => each.node === node)?.service?.expectedMeanSeconds ?? Number.NaN);
}
