import type { NodeForecast, Residual } from "../contracts/forecast.ts";

/** Effects below these are no fault worth a person's time, however sure the statistics are. */
export const FLOORS = {
  /** Visits, or calls that should have become visits, in a window. */
  visits: 5,
  /** A mean that moved by less than this, absolutely and relative to what was expected, is immaterial. */
  absoluteSeconds: 0.002,
  relative: 0.15,
  /** Share of calls that fail or are never answered beyond the learned share. */
  errorShare: 0.05,
  /** Total variation distance of call programs. */
  programShift: 0.15,
  resendMean: 0.05,
  /** Delay added to a request, as a share of the latency predicted for it: less is felt by nobody. */
  impactShare: 0.02,
} as const;

/** True when something about the node moved enough to matter. */
export function isMaterial(node: NodeForecast): boolean {
  if (node.missingExcess >= FLOORS.errorShare || node.errorExcess >= FLOORS.errorShare) {
    return true;
  }
  if (Math.max(node.visitCount, node.service?.sampleCount ?? 0) < FLOORS.visits) {
    return false;
  }
  // Of sampled traces no service time follows: time in the node, waiting predicted, stands in for it.
  const isSlower =
    isMaterialRise(node.service ?? node.sojourn) || isMaterialRise(node.gapIn) || isMaterialRise(node.gapOut);
  const isFelt = isSlower && node.impactShare >= FLOORS.impactShare;
  const isWaiting = isMaterialRise(node.lag) && isMaterialRise(node.sojourn);
  return isFelt || isWaiting || node.programShift >= FLOORS.programShift || node.resendExcess >= FLOORS.resendMean;
}

export function isMaterialRise(residual: Residual | null): boolean {
  if (residual === null) {
    return false;
  }
  const rise = residual.observedMeanSeconds - residual.expectedMeanSeconds;
  return rise >= FLOORS.absoluteSeconds && rise >= FLOORS.relative * residual.expectedMeanSeconds;
}
