import type { NodeDiscrepancies } from "./knowledge.ts";
import { Discrepancy } from "./residual.ts";

/** By how much the variance of what was learned is widened when something new takes its place. */
const NEW_VARIANCE_FACTOR = 3;

/** A discrepancy that allows for more while a new version is held against what was learned of another. */
export class WideDiscrepancy extends Discrepancy {
  #deviationFactor = 1;

  /** @param newness 1 when nothing of the version has been learned, 0 when it is known */
  widen(newness: number): void {
    this.#deviationFactor = Math.sqrt(1 + newness * (NEW_VARIANCE_FACTOR - 1));
  }

  override get shift(): number {
    return this.#deviationFactor * super.shift;
  }

  override get logMean(): number {
    return this.#deviationFactor * super.logMean;
  }

  override snapshot() {
    return { ...super.snapshot(), deviationFactor: this.#deviationFactor };
  }

  override restore(state: ReturnType<WideDiscrepancy["snapshot"]>): void {
    super.restore(state);
    this.#deviationFactor = state.deviationFactor;
  }
}

type WideDiscrepancies = Readonly<Record<keyof NodeDiscrepancies, WideDiscrepancy>>;

/** The discrepancies of every node. */
export class DiscrepancyTable {
  readonly #byNode = new Map<number, WideDiscrepancies>();

  of(node: number): WideDiscrepancies {
    let discrepancies = this.#byNode.get(node);
    if (discrepancies === undefined) {
      discrepancies = {
        service: new WideDiscrepancy(),
        sojourn: new WideDiscrepancy(),
        gapIn: new WideDiscrepancy(),
        gapOut: new WideDiscrepancy(),
        lag: new WideDiscrepancy(),
      };
      this.#byNode.set(node, discrepancies);
    }
    return discrepancies;
  }

  /** @param newnessOf as `WideDiscrepancy.widen` has it, by node */
  widen(newnessOf: (node: number) => number): void {
    for (const [node, discrepancies] of this.#byNode) {
      const newness = newnessOf(node);
      for (const each of Object.values(discrepancies)) each.widen(newness);
    }
  }

  snapshot() {
    const stateOf = ({ service, sojourn, gapIn, gapOut, lag }: WideDiscrepancies) => ({
      service: service.snapshot(),
      sojourn: sojourn.snapshot(),
      gapIn: gapIn.snapshot(),
      gapOut: gapOut.snapshot(),
      lag: lag.snapshot(),
    });
    return { byNode: new Map([...this.#byNode].map(([node, discrepancies]) => [node, stateOf(discrepancies)])) };
  }

  restore({ byNode }: ReturnType<DiscrepancyTable["snapshot"]>): void {
    for (const [node, state] of byNode) {
      const { service, sojourn, gapIn, gapOut, lag } = this.of(node);
      service.restore(state.service);
      sojourn.restore(state.sojourn);
      gapIn.restore(state.gapIn);
      gapOut.restore(state.gapOut);
      lag.restore(state.lag);
    }
  }
}
