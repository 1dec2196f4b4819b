import type { Counterfactual, Forecast } from "../contracts/forecast.ts";
import type { Impact, Incident, Suspect } from "../contracts/incident.ts";
import type { Observation } from "../contracts/observation.ts";
import { evidenceTraces } from "./evidence-traces.ts";
import { impactOf } from "./impact.ts";
import { ruledOut } from "./suspects.ts";
import { TrafficWatch } from "./traffic-watch.ts";
import { duration, kindWords, percent, rate } from "./wording.ts";

/** A fault as it stands at the moment it opens. */
export function faultIncident(
  forecast: Forecast,
  suspects: readonly Suspect[],
  onsetSeconds: number,
  answer: Counterfactual | undefined,
): Incident {
  const guilty = suspects[0]!;
  const node = forecast.observation.topology.nodes.findIndex((each) => each.name === guilty.node);
  const impact = impactOf(forecast, node);
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
    ...withoutItOf(answer, forecast.observation),
    summary: faultSummary(guilty, impact, answer, forecast.observation),
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

/** Of what is beyond the prediction, the share that a cause must explain to be called the cause. */
const EXPLAINS_ENOUGH = 0.6;

/** One sentence: who, what kind, by which evidence, what users feel, and what would be without it. */
export function faultSummary(
  guilty: Suspect,
  impact: readonly Impact[],
  answer: Counterfactual | undefined,
  observation: Observation,
): string {
  const worst = impact[0];
  const effect =
    worst === undefined
      ? ""
      : `; p95 of ${worst.operation} is ${duration(worst.observedP95Seconds)}, ${duration(worst.predictedP95Seconds)} expected at ${rate(worst.arrivalRatePerSecond)}`;
  const size = guilty.size === null ? "" : `, ${guilty.size}`;
  return `${guilty.node}: ${kindWords(guilty.kind)}${size} (${guilty.reason})${effect}${withoutItWords(answer, observation)}.`;
}

/** For an incident; nothing when nothing was slower than predicted. */
export function withoutItOf(
  answer: Counterfactual | undefined,
  { topology }: Observation,
): Pick<Incident, "withoutIt"> {
  if (answer === undefined || !isSlower(answer)) return {};
  const { observedMeanSeconds, predictedMeanSeconds, withoutItMeanSeconds, worst } = answer;
  const named = worst && { ...worst, operation: topology.operations[worst.operation]!.name };
  return { withoutIt: { observedMeanSeconds, predictedMeanSeconds, withoutItMeanSeconds, worst: named } };
}

function withoutItWords(answer: Counterfactual | undefined, { topology }: Observation): string {
  if (answer === undefined || !isSlower(answer)) return "";
  const { observedMeanSeconds, withoutItMeanSeconds, explainedShare, worst } = answer;
  if (explainedShare < EXPLAINS_ENOUGH)
    return `; it explains only ${percent(explainedShare)} of the delay: something else is wrong, here or out of sight`;
  if (worst !== null && worst.withoutItP95Seconds < worst.observedP95Seconds) {
    const p95 = `p95 of ${topology.operations[worst.operation]!.name} would be ${duration(worst.withoutItP95Seconds)}`;
    return `; without it ${p95}, not ${duration(worst.observedP95Seconds)} (it explains ${percent(explainedShare)})`;
  }
  return `; without it requests would take ${duration(withoutItMeanSeconds)} on average, not ${duration(observedMeanSeconds)} (it explains ${percent(explainedShare)})`;
}

function isSlower({ observedMeanSeconds, predictedMeanSeconds }: Counterfactual): boolean {
  return observedMeanSeconds > predictedMeanSeconds * (1 + SLOWER_SHARE_MIN);
}

/** Less slower than this and shares of it say nothing. */
const SLOWER_SHARE_MIN = 0.02;

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
