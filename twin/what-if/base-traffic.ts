import type { Observation } from "../../src/contracts/observation.ts";
import { NumberRing } from "../learning/ring.ts";

/** Requests remembered: enough for a day's shape at a low rate, an hour's at a high one. */
const REQUESTS_MAX = 200_000;
const LATENCIES_PER_OPERATION_MAX = 20_000;

/** Requests that entered in one stretch of time. */
export interface TrafficWindow {
  readonly durationSeconds: number;
  /** Since the window began; a little below 0 for requests that came in the window before and ended in this one. */
  readonly timeSeconds: Float64Array;
  readonly operation: Uint32Array;
  /** Requests that each stands for: more than 1 when traces are sampled. */
  readonly weight: Float64Array;
}

/** Remembers how requests came in normal time, and how long they took: what a scenario is compared with. Bounded. */
export class BaseTraffic {
  readonly #windows: TrafficWindow[] = [];
  readonly #latencies = new Map<number, NumberRing>();
  #requestCount = 0;

  /** Operations as the topology numbers them. */
  get windows(): readonly TrafficWindow[] {
    return this.#windows;
  }

  /** Measured latency of requests by entry operation (of the topology), ascending, seconds. */
  get latencySeconds(): ReadonlyMap<number, Float64Array> {
    return new Map([...this.#latencies].map(([operation, ring]) => [operation, ring.take().sort()]));
  }

  add(observation: Observation): void {
    const { visits, startSeconds, endSeconds } = observation;
    const timeSeconds: number[] = [];
    const operations: number[] = [];
    const weights: number[] = [];
    for (let row = 0; row < visits.count; row++) {
      if (visits.isRoot[row] !== 1) {
        continue;
      }
      timeSeconds.push(visits.arrivalSeconds[row]! - startSeconds);
      operations.push(visits.operation[row]!);
      weights.push(visits.weight[row]!);
      this.#latenciesOf(visits.operation[row]!).push(visits.sojournSeconds[row]!);
    }
    this.#windows.push({
      durationSeconds: endSeconds - startSeconds,
      timeSeconds: Float64Array.from(timeSeconds),
      operation: Uint32Array.from(operations),
      weight: Float64Array.from(weights),
    });
    this.#requestCount += operations.length;
    while (this.#requestCount > REQUESTS_MAX && this.#windows.length > 1) {
      this.#requestCount -= this.#windows.shift()!.operation.length;
    }
  }

  #latenciesOf(operation: number): NumberRing {
    let ring = this.#latencies.get(operation);
    if (ring === undefined) {
      ring = new NumberRing(LATENCIES_PER_OPERATION_MAX);
      this.#latencies.set(operation, ring);
    }
    return ring;
  }
}
