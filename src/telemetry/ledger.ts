import type { Ledger, LedgerRow, LossReason } from "../contracts/telemetry.ts";

/** The row that stands for every service after the last one that got its own. */
export const OVERFLOW_SERVICE = "<other>";

interface Count {
  received: number;
  readonly lost: Map<LossReason, number>;
}

/** Counts in memory; at most `maxServices` rows and one more for the rest, so that a flood of names cannot grow it. */
export class CountingLedger implements Ledger {
  #counts = new Map<string, Count>();
  readonly #maxServices: number;

  constructor(maxServices = 2_000) {
    this.#maxServices = maxServices;
  }

  received(service: string, spanCount: number): void {
    if (spanCount > 0) this.#count(service).received += spanCount;
  }

  lost(service: string, reason: LossReason, spanCount: number): void {
    if (spanCount <= 0) return;
    const lost = this.#count(service).lost;
    lost.set(reason, (lost.get(reason) ?? 0) + spanCount);
  }

  rows(): readonly LedgerRow[] {
    const names = [...this.#counts.keys()].sort();
    return names.map((service) => {
      const count = this.#count(service);
      const reasons = [...count.lost].sort(([a], [b]) => (a < b ? -1 : 1));
      return { service, received: count.received, lost: Object.fromEntries(reasons) };
    });
  }

  snapshot() {
    const copy = ([service, { received, lost }]: [string, Count]) =>
      [service, { received, lost: new Map(lost) }] as const;
    return { counts: new Map([...this.#counts].map(copy)) };
  }

  restore({ counts }: ReturnType<CountingLedger["snapshot"]>): void {
    this.#counts = counts;
  }

  #count(service: string): Count {
    const known = this.#counts.get(service);
    if (known !== undefined) return known;
    if (this.#counts.size >= this.#maxServices && service !== OVERFLOW_SERVICE) return this.#count(OVERFLOW_SERVICE);
    const fresh: Count = { received: 0, lost: new Map() };
    this.#counts.set(service, fresh);
    return fresh;
  }
}
