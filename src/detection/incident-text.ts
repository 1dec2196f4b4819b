import type { Forecast } from "../contracts/forecast.ts";
import type { Impact, Incident, Suspect } from "../contracts/incident.ts";
import { evidenceTraces } from "./evidence-traces.ts";
import { impactOf } from "./impact.ts";
import { ruledOut } from "./suspects.ts";
import { TrafficWatch } from "./traffic-watch.ts";
import { duration, kindWords, percent, rate } from "./wording.ts";

/** A fault as it stands at the moment it opens. */
export function faultIncident(forecast: Forecast, suspects: readonly Suspect[], onsetSeconds: number): Incident {
  const guilty = suspects[0]!;
  const impact = impactOf(forecast);
  const node = forecast.observation.topology.nodes.findIndex((each) => each.name === guilty.node);
  return {
    id: `${compactTime(onsetSeconds)}-${slug(guilty.node)}`,
    verdict: "fault",
    state: "open",
    onsetSeconds,
    openedSeconds: forecast.observation.endSeconds,
    resolvedSeconds: null,
    guiltyNode: guilty.node,
    kind: guilty.kind,
    confidence: confidenceOf(suspects),
    summary: faultSummary(guilty, impact),
    suspectsAtOpening: suspects,
    suspects,
    ruledOut: ruledOut(forecast, suspects, TrafficWatch.predictedRise(forecast)),
    impact,
    entryRatePerSecond: forecast.entryRatePerSecond,
    bottleneck: bottleneckOf(forecast),
    evidenceTraceIds: evidenceTraces(forecast, node),
  };
}

/** A slowdown that is what the load must cost. */
export function trafficIncident(forecast: Forecast, onsetSeconds: number): Incident {
  const bottleneck = bottleneckOf(forecast);
  const rise = TrafficWatch.predictedRise(forecast);
  const where =
    bottleneck === null
      ? ""
      : `; ${bottleneck.node} is ${percent(bottleneck.utilization)} busy and saturates at ${rate(bottleneck.saturationRatePerSecond)}`;
  return {
    id: `${compactTime(onsetSeconds)}-traffic`,
    verdict: "traffic",
    state: "open",
    onsetSeconds,
    openedSeconds: forecast.observation.endSeconds,
    resolvedSeconds: null,
    guiltyNode: bottleneck?.node ?? "",
    kind: "traffic",
    confidence: 1,
    summary: `${percent(rise - 1)} more latency is what ${rate(forecast.entryRatePerSecond)} must cost${where}.`,
    suspectsAtOpening: [],
    suspects: [],
    ruledOut: [],
    impact: impactOf(forecast),
    entryRatePerSecond: forecast.entryRatePerSecond,
    bottleneck,
    evidenceTraceIds: [],
  };
}

/** One sentence: who, what kind, by which evidence, and what users feel. */
export function faultSummary(guilty: Suspect, impact: readonly Impact[]): string {
  const worst = impact[0];
  const effect =
    worst === undefined
      ? ""
      : `; p95 of ${worst.operation} is ${duration(worst.observedP95Seconds)}, ${duration(worst.predictedP95Seconds)} expected at ${rate(worst.arrivalRatePerSecond)}`;
  return `${guilty.node}: ${kindWords(guilty.kind)} (${guilty.reason})${effect}.`;
}

export function bottleneckOf(forecast: Forecast): Incident["bottleneck"] {
  const { capacity } = forecast;
  return capacity === null
    ? null
    : {
        node: forecast.observation.topology.nodes[capacity.node]!.name,
        utilization: capacity.utilization,
        saturationRatePerSecond: capacity.saturationRatePerSecond,
      };
}

/** How clearly the first suspect stands out: its probability, less what the runner-up explains as well. */
export function confidenceOf(suspects: readonly Suspect[]): number {
  const [first, second] = suspects;
  if (first === undefined) {
    return 0;
  }
  const rival = second === undefined ? 0 : second.probability * second.explainedShare;
  return Math.max(0, Math.min(1, first.probability * (1 - 0.5 * rival)));
}

function compactTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "");
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
