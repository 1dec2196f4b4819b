import { Counters, type Histogram } from "./counters.ts";
import { prometheusText } from "./prometheus-text.ts";
import { watchVitals } from "./vitals.ts";

const WINDOW_BOUNDS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** All numbers about this process: the rooms add theirs to `counters`, the API serves `text`. */
export interface OwnMetrics {
  readonly counters: Counters;
  /** Time to forecast, score and decide one window. */
  readonly windowComputeSeconds: Histogram;
  /** Prometheus text format 0.0.4. */
  text(): string;
  /** Stops measuring the process. */
  stop(): void;
}

export function createOwnMetrics(): OwnMetrics {
  const counters = new Counters();
  const windowComputeSeconds = counters.histogram(
    "spantwin_window_compute_seconds",
    "Time to forecast, score and decide one window.",
    WINDOW_BOUNDS_SECONDS,
  );
  const stop = watchVitals(counters);
  return { counters, windowComputeSeconds, text: () => prometheusText(counters.snapshot()), stop };
}
