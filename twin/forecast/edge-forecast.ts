import type { EdgeForecast } from "../../src/contracts/forecast.ts";
import type { Observation } from "../../src/contracts/observation.ts";
import { pushTo } from "../grouping.ts";
import type { Knowledge } from "../learning/knowledge.ts";
import { quantileOfSorted } from "../learning/reference.ts";
import { sampleBand } from "./replicate-band.ts";

/** Gaps of the window's calls beside those that were learned, for every edge that has both. */
export function forecastEdges({ calls }: Observation, { gaps }: Knowledge): EdgeForecast[] {
  const observed = new Map<number, number[]>();
  for (let row = 0; row < calls.count; row++) {
    const gap = calls.gapSeconds[row]!;
    if (!Number.isNaN(gap)) pushTo(observed, calls.edge[row]!, Math.max(0, gap));
  }
  const forecasts: EdgeForecast[] = [];
  for (const [edge, list] of [...observed].sort((a, b) => a[0] - b[0])) {
    const reference = gaps.get(edge);
    if (reference === undefined || reference.count === 0) continue;
    const sorted = Float64Array.from(list).sort();
    forecasts.push({
      edge,
      callCount: sorted.length,
      observedGapP50Seconds: quantileOfSorted(sorted, 0.5),
      observedGapP95Seconds: quantileOfSorted(sorted, 0.95),
      predictedGapP50Seconds: sampleBand(reference, 0.5, sorted.length),
      predictedGapP95Seconds: sampleBand(reference, 0.95, sorted.length),
    });
  }
  return forecasts;
}
