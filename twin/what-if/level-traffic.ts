import type { TrafficWindow } from "./base-traffic.ts";

/** A level is read from this many windows to each side, and from more until they hold enough requests to tell. */
const NEIGHBOURS = 6;
const REQUESTS_MIN = 400;

/**
 * The windows at one level: those of a busy hour longer, those of a quiet one shorter, so that each has the mean rate of
 * all. What varies within a minute or so, bursts, stays. Without this a load asked for on average would come as that of the
 * busiest hour, scaled up, next to that of the quietest.
 */
export function levelTraffic(windows: readonly TrafficWindow[]): TrafficWindow[] {
  const requests = windows.map(({ weight }) => weight.reduce((sum, each) => sum + each, 0));
  const seconds = windows.map((window) => window.durationSeconds);
  const meanRate = total(requests, 0, windows.length) / total(seconds, 0, windows.length);
  return windows.flatMap((window, index) => {
    const [from, to] = neighbourhood(windows, index);
    const level = total(requests, from, to) / total(seconds, from, to) / meanRate;
    if (!(level > 0)) {
      return [];
    }
    return [
      {
        ...window,
        durationSeconds: window.durationSeconds * level,
        timeSeconds: window.timeSeconds.map((time) => time * level),
      },
    ];
  });
}

function neighbourhood(windows: readonly TrafficWindow[], index: number): [from: number, to: number] {
  for (let reach = NEIGHBOURS; ; reach++) {
    const from = Math.max(0, index - reach);
    const to = Math.min(windows.length, index + reach + 1);
    const seen = windows.slice(from, to).reduce((sum, { operation }) => sum + operation.length, 0);
    if (seen >= REQUESTS_MIN || to - from === windows.length) {
      return [from, to];
    }
  }
}

function total(values: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let index = from; index < to; index++) {
    sum += values[index]!;
  }
  return sum;
}
