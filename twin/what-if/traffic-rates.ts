import type { TrafficWindow } from "./base-traffic.ts";

export interface TrafficRates {
  /** Requests per second by operation, those left out by sampling counted. */
  readonly ratePerSecond: Float64Array;
  /** Requests that one seen request stands for, by operation; 1 where none was seen. */
  readonly requestsPerSeen: Float64Array;
  readonly seconds: number;
}

export function trafficRates(windows: readonly TrafficWindow[], operationCount: number): TrafficRates {
  const seen = new Float64Array(operationCount);
  const requests = new Float64Array(operationCount);
  let seconds = 0;
  for (const window of windows) {
    seconds += window.durationSeconds;
    window.operation.forEach((operation, row) => {
      seen[operation]! += 1;
      requests[operation]! += window.weight[row]!;
    });
  }
  return {
    ratePerSecond: requests.map((count) => (seconds > 0 ? count / seconds : 0)),
    requestsPerSeen: requests.map((count, operation) => (seen[operation]! > 0 ? count / seen[operation]! : 1)),
    seconds,
  };
}
