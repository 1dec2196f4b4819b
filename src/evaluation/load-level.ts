import type { LabelledFault, LabelledLoad } from "../contracts/labels.ts";
import { overlapShare } from "./intervals.ts";

export const USUAL_LOAD = "usual load";

/** Name of a load in the tables: by what it asks of the bottleneck when that is known, else by the multiple of the rate. */
export function nameOfLoad(load: LabelledLoad): string {
  return load.bottleneckUtilization === undefined
    ? `${load.shape} ×${Number(load.factor.toFixed(2))}`
    : `${load.shape} at ${load.bottleneckUtilization.toFixed(1)}`;
}

/** The load that at least half of the fault fell into. */
export function loadLevelOf(fault: LabelledFault, loads: readonly LabelledLoad[]): string {
  const load = loads.find((row) => overlapShare([fault.start, fault.end], [[row.start, row.end]]) >= 0.5);
  return load === undefined ? USUAL_LOAD : nameOfLoad(load);
}
