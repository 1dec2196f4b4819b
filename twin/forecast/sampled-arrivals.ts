import type { Observation } from "../../src/contracts/observation.ts";
import { exponential, normal, stream } from "../kernel/random.ts";
import type { Arrivals } from "../kernel/spec.ts";
import type { TrafficEstimate } from "../learning/traffic-estimate.ts";

/**
 * Arrivals such as the whole window may have had, of whose traces only a sample was seen: the roots that were seen, and
 * Poisson arrivals for the rest of each entry operation's rate. The rate itself is drawn within its error, so that runs
 * with other seeds differ by as much as nobody knows.
 *
 * @param warmUpSeconds before the window, in which queues fill: there all arrivals are drawn
 * @returns times in seconds since the window began
 */
export function sampledArrivals(
  window: Observation,
  traffic: TrafficEstimate,
  operationIndex: Int32Array,
  options: { readonly warmUpSeconds: number; readonly seed: number },
): Arrivals {
  const { visits, startSeconds, endSeconds } = window;
  const windowSeconds = endSeconds - startSeconds;
  const seen = new Map<number, number>();
  const found: { time: number; operation: number }[] = [];
  for (let row = 0; row < visits.count; row++) {
    const index = visits.isRoot[row] === 1 ? (operationIndex[visits.operation[row]!] ?? -1) : -1;
    const time = visits.arrivalSeconds[row]! - startSeconds;
    if (index < 0 || time < 0) continue;
    found.push({ time, operation: index });
    seen.set(visits.operation[row]!, (seen.get(visits.operation[row]!) ?? 0) + 1);
  }
  for (const [operation, { ratePerSecond, variance }] of traffic.entries) {
    const index = operationIndex[operation] ?? -1;
    if (index < 0) continue;
    const random = stream(options.seed, operation, "unseen arrivals");
    const rate = Math.max(0, normal(random, ratePerSecond, Math.sqrt(variance)));
    const unseen = Math.max(0, rate - (seen.get(operation) ?? 0) / windowSeconds);
    for (const time of poisson(random, rate, -options.warmUpSeconds, 0)) found.push({ time, operation: index });
    for (const time of poisson(random, unseen, 0, windowSeconds)) found.push({ time, operation: index });
  }
  found.sort((a, b) => a.time - b.time);
  return {
    timeSeconds: Float64Array.from(found, (each) => each.time),
    operation: Uint32Array.from(found, (each) => each.operation),
  };
}

function* poisson(random: ReturnType<typeof stream>, ratePerSecond: number, from: number, until: number) {
  if (!(ratePerSecond > 0)) return;
  for (
    let at = from + exponential(random, 1 / ratePerSecond);
    at < until;
    at += exponential(random, 1 / ratePerSecond)
  ) {
    yield at;
  }
}
