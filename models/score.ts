import { probabilityOfDeviation } from "./baselines/squash.ts";
import { RESIDUAL_CENTRE } from "./baselines/twin-residual.ts";

/** No opinion of either weighs more than this log odds. */
const OPINION_MAX = 6;

/**
 * Log odds of guilt: a logarithmic opinion pool of the network and the twin's own residuals, equal weights. On applications
 * it was not trained on the network may be sure of nonsense, and what it knows of kinds and neighbours the residuals do not.
 *
 * @param isPooled false for a network that has to do without the twin: it is heard alone, and as it is
 */
export function scoreOf(networkLogOdds: number, residualZ: number, isPooled: boolean): number {
  if (!isPooled) return networkLogOdds;
  const residual = probabilityOfDeviation(residualZ, RESIDUAL_CENTRE);
  const residualLogOdds = Math.log(Math.max(1e-6, residual) / Math.max(1e-6, 1 - residual));
  return (bounded(networkLogOdds) + bounded(residualLogOdds)) / 2;
}

function bounded(logOdds: number): number {
  return Math.max(-OPINION_MAX, Math.min(OPINION_MAX, logOdds));
}
