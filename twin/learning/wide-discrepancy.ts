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
}

export type WideDiscrepancies = NodeDiscrepancies & Readonly<Record<keyof NodeDiscrepancies, WideDiscrepancy>>;

export function wideDiscrepancies(): WideDiscrepancies {
  return {
    service: new WideDiscrepancy(),
    sojourn: new WideDiscrepancy(),
    gapIn: new WideDiscrepancy(),
    gapOut: new WideDiscrepancy(),
    lag: new WideDiscrepancy(),
  };
}
