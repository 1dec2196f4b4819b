import { monitorEventLoopDelay, performance } from "node:perf_hooks";

import type { Counters } from "./counters.ts";

/** Resolution of the event-loop delay, milliseconds. */
const RESOLUTION_MILLISECONDS = 20;

/** Adds the process's own vital signs to `counters`. The result stops the measurement. */
export function watchVitals(counters: Counters): () => void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MILLISECONDS });
  delay.enable();
  counters.read(
    "gauge",
    "spantwin_event_loop_delay_p99_seconds",
    "99th percentile of the time the event loop was late, since the last reading.",
    () => {
      // The histogram measures a timer's whole interval, so the timer's own length is no delay.
      const late = delay.count === 0 ? 0 : Math.max(0, delay.percentile(99) / 1e9 - RESOLUTION_MILLISECONDS / 1e3);
      delay.reset();
      return late;
    },
  );
  counters.read("gauge", "spantwin_resident_memory_bytes", "Resident memory of the process.", () =>
    process.memoryUsage.rss(),
  );
  counters.read("counter", "spantwin_cpu_seconds_total", "User and system time the process used.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  counters.read("gauge", "spantwin_uptime_seconds", "Time since the process started.", () => performance.now() / 1000);
  return () => delay.disable();
}
