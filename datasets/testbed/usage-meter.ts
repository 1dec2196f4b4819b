import type { LoadGenerator } from "./load-generator.ts";
import { type Usage, type UsageSnapshot, usageBetween } from "./usage.ts";

const LATENCY_LIMIT = 100_000;

export interface MeterReading {
  readonly usage: Usage;
  readonly latencySeconds: { readonly p50: number; readonly p95: number } | null;
}

/** Compares now with the last time it was asked. */
export class UsageMeter {
  readonly #take: () => Promise<UsageSnapshot>;
  #before: UsageSnapshot;
  #latenciesSeconds: number[] = [];

  constructor(first: UsageSnapshot, take: () => Promise<UsageSnapshot>, generator: LoadGenerator) {
    this.#before = first;
    this.#take = take;
    generator.onAnswer((latencySeconds) => {
      if (this.#latenciesSeconds.length < LATENCY_LIMIT) this.#latenciesSeconds.push(latencySeconds);
    });
  }

  async read(): Promise<MeterReading> {
    const sorted = this.#latenciesSeconds.sort((left, right) => left - right);
    this.#latenciesSeconds = [];
    const after = await this.#take();
    const usage = usageBetween(this.#before, after);
    this.#before = after;
    const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
    return { usage, latencySeconds: sorted.length === 0 ? null : { p50: quantile(0.5), p95: quantile(0.95) } };
  }
}
