import type { NodeForecast, Residual } from "../contracts/forecast.ts";
import type { Incident } from "../contracts/incident.ts";
import { FLOORS } from "./floors.ts";

/**
 * How large the effect at a node is, as a multiple of what is material: the largest of its rises of mean times, failures,
 * losses, resends and changes of calls, each over its own floor. Size, not certainty: it does not grow with traffic.
 */
export function strengthOf(node: NodeForecast): number {
  return Math.max(
    riseOf(node.service ?? node.sojourn),
    riseOf(node.gapIn),
    riseOf(node.gapOut),
    riseOf(node.lag),
    node.errorExcess / FLOORS.errorShare,
    node.missingExcess / FLOORS.errorShare,
    node.resendExcess / FLOORS.resendMean,
    node.programShift / FLOORS.programShift,
    0,
  );
}

/** The same from what users felt at the worst of an incident, for want of its windows; 0 when they felt nothing. */
export function feltStrengthOf({ impact }: Incident): number {
  const rises = impact.map(({ observedP95Seconds, predictedP95Seconds }) =>
    predictedP95Seconds > 0 ? observedP95Seconds / predictedP95Seconds - 1 : 0,
  );
  return Math.max(0, ...rises.filter(Number.isFinite)) / FLOORS.relative;
}

function riseOf(residual: Residual | null): number {
  if (residual === null || !(residual.expectedMeanSeconds > 0)) {
    return 0;
  }
  return (residual.observedMeanSeconds / residual.expectedMeanSeconds - 1) / FLOORS.relative;
}
