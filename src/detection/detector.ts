import type { Counterfactual, Forecast, NodeForecast } from "../contracts/forecast.ts";
import type { Impact, Incident, IncidentEvent, Suspect } from "../contracts/incident.ts";
import type { NodeScore, Scored } from "../contracts/score.ts";
import { NodeEvidence } from "./evidence.ts";
import { evidenceTraces } from "./evidence-traces.ts";
import { isMaterial } from "./floors.ts";
import { impactOf } from "./impact.ts";
import { candidates, rankSuspects, ruledOut } from "./suspects.ts";
import { TrafficWatch } from "./traffic-watch.ts";
import { duration, kindWords, percent, rate } from "./wording.ts";

/** Evidence (log odds) at which an incident opens. */
const OPEN_EVIDENCE = 5;
/** Windows a node must have looked guilty in. */
const OPEN_WINDOWS_MIN = 2;
/** Calm windows in a row that end an incident. */
const CALM_WINDOWS = 3;

/** Asks the twin what the window would have been without each node. */
export type AskTwin = (nodes: readonly number[]) => readonly Counterfactual[];

/**
 * Turns scores into few incidents. One incident is open at a time: what else goes wrong meanwhile joins it as a suspect.
 * Slowdowns that the twin predicts from the load become "traffic" verdicts, which are no alarms.
 */
export class Detector {
  readonly #evidence = new Map<number, NodeEvidence>();
  readonly #traffic = new TrafficWatch();
  #open: Incident | null = null;
  #openTraffic: Incident | null = null;
  #calmWindows = 0;
  #worstExcess = 0;

  get openIncident(): Incident | null {
    return this.#open;
  }

  get openTraffic(): Incident | null {
    return this.#openTraffic;
  }

  /** True while some node is under suspicion: such windows must not be learned from. */
  get isSuspicious(): boolean {
    return this.#open !== null || [...this.#evidence.values()].some((evidence) => evidence.evidence > 1);
  }

  /** Earliest onset of anything under suspicion, event time; NaN when nothing is. */
  get suspicionOnsetSeconds(): number {
    let earliest = this.#open?.onsetSeconds ?? Number.NaN;
    for (const evidence of this.#evidence.values()) {
      if (evidence.evidence > 0 && !(evidence.onsetSeconds >= earliest)) {
        earliest = evidence.onsetSeconds;
      }
    }
    return earliest;
  }

  /** Nodes that look guilty now, with their evidence as a share of what opens an incident. */
  suspicion(node: number): number {
    return Math.min(1, (this.#evidence.get(node)?.evidence ?? 0) / OPEN_EVIDENCE);
  }

  decide(scored: Scored, askTwin: AskTwin): IncidentEvent[] {
    const { forecast } = scored;
    if (!forecast.isReady) {
      return [];
    }
    this.#gather(scored);
    const events: IncidentEvent[] = [];
    if (this.#open === null) {
      this.#maybeOpen(forecast, askTwin, events);
    } else {
      this.#follow(forecast, askTwin, events);
    }
    this.#watchTraffic(forecast, events);
    return events;
  }

  #gather(scored: Scored): void {
    const byNode = new Map<number, NodeForecast>(scored.forecast.nodes.map((node) => [node.node, node]));
    for (const score of scored.nodes) {
      const node = byNode.get(score.node);
      if (node !== undefined) {
        this.#evidenceOf(score).take(score, scored.forecast.observation.startSeconds, isMaterial(node));
      }
    }
  }

  #evidenceOf(score: NodeScore): NodeEvidence {
    let evidence = this.#evidence.get(score.node);
    if (evidence === undefined) {
      evidence = new NodeEvidence();
      this.#evidence.set(score.node, evidence);
    }
    return evidence;
  }

  #maybeOpen(forecast: Forecast, askTwin: AskTwin, events: IncidentEvent[]): void {
    const alarming = [...this.#evidence.values()].filter(
      (each) => each.evidence >= OPEN_EVIDENCE && each.guiltyWindows >= OPEN_WINDOWS_MIN,
    );
    if (alarming.length === 0) {
      return;
    }
    const suspects = this.#suspects(forecast, askTwin);
    const guilty = suspects[0];
    if (guilty === undefined) {
      return;
    }
    const onsetSeconds = Math.min(...alarming.map((each) => each.onsetSeconds));
    const openedSeconds = forecast.observation.endSeconds;
    const impact = impactOf(forecast);
    this.#worstExcess = excessOf(impact);
    this.#calmWindows = 0;
    this.#open = {
      id: `${new Date(onsetSeconds * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}-${slug(guilty.node)}`,
      verdict: "fault",
      state: "open",
      onsetSeconds,
      openedSeconds,
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
      evidenceTraceIds: evidenceTraces(forecast, this.#nodeNamed(forecast, guilty.node)),
    };
    events.push({ type: "opened", atSeconds: openedSeconds, incident: this.#open });
  }

  #follow(forecast: Forecast, askTwin: AskTwin, events: IncidentEvent[]): void {
    const open = this.#open!;
    const isCalm = ![...this.#evidence.values()].some((each) => each.evidence > 1 && each.lastStep > 0);
    this.#calmWindows = isCalm ? this.#calmWindows + 1 : 0;
    if (this.#calmWindows >= CALM_WINDOWS) {
      this.#resolve(open, forecast, events);
      return;
    }
    const suspects = isCalm ? open.suspects : this.#suspects(forecast, askTwin);
    const guilty = suspects[0] ?? open.suspects[0]!;
    const impact = impactOf(forecast);
    const isWorse = excessOf(impact) > this.#worstExcess;
    this.#worstExcess = Math.max(this.#worstExcess, excessOf(impact));
    const next: Incident = {
      ...open,
      guiltyNode: guilty.node,
      kind: guilty.kind,
      confidence: confidenceOf(suspects.length > 0 ? suspects : open.suspects),
      suspects: suspects.length > 0 ? suspects : open.suspects,
      ...(isWorse ? { impact, entryRatePerSecond: forecast.entryRatePerSecond, bottleneck: bottleneckOf(forecast) } : {}),
      summary: faultSummary(guilty, isWorse ? impact : open.impact),
    };
    this.#open = next;
    if (next.guiltyNode !== open.guiltyNode || next.kind !== open.kind || isWorse) {
      events.push({ type: "updated", atSeconds: forecast.observation.endSeconds, incident: next });
    }
  }

  #resolve(open: Incident, forecast: Forecast, events: IncidentEvent[]): void {
    const windowSeconds = forecast.observation.endSeconds - forecast.observation.startSeconds;
    const resolvedSeconds = forecast.observation.endSeconds - (CALM_WINDOWS - 1) * windowSeconds;
    const resolved: Incident = { ...open, state: "resolved", resolvedSeconds };
    this.#open = null;
    for (const evidence of this.#evidence.values()) {
      evidence.forget();
    }
    events.push({ type: "resolved", atSeconds: forecast.observation.endSeconds, incident: resolved });
  }

  #suspects(forecast: Forecast, askTwin: AskTwin): Suspect[] {
    const found = candidates(forecast, this.#evidence);
    return rankSuspects(found, askTwin(found.map((each) => each.node)), forecast);
  }

  #watchTraffic(forecast: Forecast, events: IncidentEvent[]): void {
    const change = this.#traffic.take(forecast);
    const atSeconds = forecast.observation.endSeconds;
    if (change === "ended" && this.#openTraffic !== null) {
      const ended: Incident = { ...this.#openTraffic, state: "resolved", resolvedSeconds: atSeconds };
      this.#openTraffic = null;
      events.push({ type: "resolved", atSeconds, incident: ended });
    }
    if (this.#traffic.isOn && this.#openTraffic === null && this.#open === null) {
      this.#openTraffic = trafficIncident(forecast, this.#traffic.beganSeconds);
      events.push({ type: "opened", atSeconds, incident: this.#openTraffic });
    }
  }

  #nodeNamed(forecast: Forecast, name: string): number {
    return forecast.observation.topology.nodes.findIndex((node) => node.name === name);
  }
}

function trafficIncident(forecast: Forecast, onsetSeconds: number): Incident {
  const bottleneck = bottleneckOf(forecast);
  const rise = TrafficWatch.predictedRise(forecast);
  const where =
    bottleneck === null
      ? ""
      : `; ${bottleneck.node} is ${percent(bottleneck.utilization)} busy and saturates at ${rate(bottleneck.saturationRatePerSecond)}`;
  return {
    id: `${new Date(onsetSeconds * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, "")}-traffic`,
    verdict: "traffic",
    state: "open",
    onsetSeconds,
    openedSeconds: forecast.observation.endSeconds,
    resolvedSeconds: null,
    guiltyNode: bottleneck?.node ?? "",
    kind: "traffic",
    confidence: 1,
    summary: `Traffic, not fault: ${percent(rise - 1)} more latency is what ${rate(forecast.entryRatePerSecond)} must cost${where}.`,
    suspectsAtOpening: [],
    suspects: [],
    ruledOut: [],
    impact: impactOf(forecast),
    entryRatePerSecond: forecast.entryRatePerSecond,
    bottleneck,
    evidenceTraceIds: [],
  };
}

function faultSummary(guilty: Suspect, impact: readonly Impact[]): string {
  const worst = impact[0];
  const effect =
    worst === undefined
      ? ""
      : `; p95 of ${worst.operation} is ${duration(worst.observedP95Seconds)}, ${duration(worst.predictedP95Seconds)} expected at ${rate(worst.arrivalRatePerSecond)}`;
  return `${guilty.node}: ${kindWords(guilty.kind)} (${guilty.reason})${effect}.`;
}

function bottleneckOf(forecast: Forecast): Incident["bottleneck"] {
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
function confidenceOf(suspects: readonly Suspect[]): number {
  const [first, second] = suspects;
  if (first === undefined) {
    return 0;
  }
  const rival = second === undefined ? 0 : second.probability * second.explainedShare;
  return Math.max(0, Math.min(1, first.probability * (1 - 0.5 * rival)));
}

function excessOf(impact: readonly Impact[]): number {
  return Math.max(0, ...impact.map((each) => each.observedP95Seconds - each.predictedP95Seconds));
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-");
}
