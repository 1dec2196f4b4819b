import type { Forecast } from "../contracts/forecast.ts";
import { CallPaths } from "./call-paths.ts";

/** Nobody waits behind a saturated station for longer than this: by then requests were shed, timed out or given up. */
const BACKLOG_MAX_SECONDS = 600;

/**
 * Behind a station that gets more than it can do, those who call it run out of workers: requests wait in front of them too,
 * unseen by the twin where no limit was ever reached before. That is traffic, and looks like a fault of theirs. So while a
 * backlog stands there, its callers cannot be judged. The backlog is that of a fluid queue: what comes beyond capacity is
 * added, what capacity is left is taken off.
 */
export class Backpressure {
  /** Work that waits, in seconds of the bottleneck's full capacity. */
  #backlogSeconds = 0;
  #bottleneck = -1;

  /** Nodes that cannot be judged in this window. */
  take({ capacity, observation }: Forecast): ReadonlySet<number> {
    const { startSeconds, endSeconds, topology } = observation;
    if (capacity === null) return new Set();
    const isSaturated = capacity.utilization >= 1;
    if (isSaturated || this.#backlogSeconds === 0) this.#bottleneck = capacity.node;
    const hadBacklog = this.#backlogSeconds > 0;
    const grown = this.#backlogSeconds + (capacity.utilization - 1) * (endSeconds - startSeconds);
    this.#backlogSeconds = Math.min(BACKLOG_MAX_SECONDS, Math.max(0, grown));
    // What was under way when the last of it drained still ends in this window.
    const isWaiting = hadBacklog || this.#backlogSeconds > 0;
    return isWaiting ? new Set(new CallPaths(topology).callersOf(this.#bottleneck).keys()) : new Set();
  }
}
