import { createRequire } from "node:module";

/** What the fix needs of a connection's queue of requests in kafkajs 2.2.4. */
export interface RequestQueue {
  readonly pending: readonly unknown[];
  /** Unix milliseconds until which the broker asked for silence; −1 when it did not. */
  readonly throttledUntil: number;
  throttleCheckTimeoutId: NodeJS.Timeout | null;
  checkPendingRequests(): void;
  scheduleCheckPendingRequests(): void;
}

/** How long a request waits when too many are under way, as kafkajs has it. */
const CHECK_INTERVAL_MILLISECONDS = 10;

const require = createRequire(import.meta.url);
const { prototype } = require("kafkajs/src/network/requestQueue") as { prototype: RequestQueue };

/**
 * kafkajs sets a timer for the next look at waiting requests even when none waits, with a negative delay, and again when
 * that timer fires: a thousand timers a second for each idle connection, and a TimeoutNegativeWarning. Here a timer is set
 * only for requests that wait. Source: kafkajs issue 1751; measured at 5.5 % of a core for three idle connections.
 */
export function stopIdleTimers(): void {
  prototype.scheduleCheckPendingRequests = function scheduleCheckPendingRequests(this: RequestQueue): void {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return;
    const throttledMilliseconds = this.throttledUntil - Date.now();
    const delay = throttledMilliseconds > 0 ? throttledMilliseconds : CHECK_INTERVAL_MILLISECONDS;
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, delay);
  };
}
