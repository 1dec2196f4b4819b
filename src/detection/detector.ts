import type { Counterfactual, Forecast, NodeForecast } from "../contracts/forecast.ts";
import type { Incident, IncidentEvent, Suspect } from "../contracts/incident.ts";
import type { NodeScore, Scored } from "../contracts/score.ts";
import { alarmThreshold } from "./e-values.ts";
import { NodeEvidence } from "./evidence.ts";
import { isMaterial } from "./floors.ts";
import { excessOf, impactOf } from "./impact.ts";
import {
  bottleneckOf,
  confidenceOf,
  faultIncident,
  faultSummary,
  trafficIncident,
  withoutItOf,
} from "./incident-text.ts";
import { candidates, rankSuspects } from "./suspects.ts";
import { TrafficWatch } from "./traffic-watch.ts";

/** Windows in which a node must have looked guilty before an incident opens: one may be a glitch. */
const GUILTY_WINDOWS_MIN = 2;
/** Calm windows in a row that end an incident. */
const CALM_WINDOWS = 3;
/** In a calm window no suspect adds more than this: by chance alone one adds a little in every fifth. */
const CALM_STEP_MAX = 1;
/** When the same node alarms again this soon after, it is the same incident that goes on. */
const REOPEN_SECONDS = 60;

/**
 * Nobody can hold longer against a system than twice the time it was known: what lasts longer is its new normal, or was its
 * normal all along. So a twin that has learned for a minute does not stay at odds with the world for hours.
 */
const PATIENCE_RATIO = 2;
const PATIENCE_MIN_SECONDS = 300;
const PATIENCE_MAX_SECONDS = 86_400;

export interface DetectorOptions {
  /** Incidents that may open, on average, in a week in which nothing is wrong. */
  readonly falseAlarmsPerWeek: number;
}

/** Asks the twin what the window would have been without each node. */
export type AskTwin = (nodes: readonly number[]) => readonly Counterfactual[];

/**
 * Turns scores into few incidents. One incident is open at a time: what else goes wrong meanwhile joins it as a suspect.
 * It ends when calm returns, or when it has lasted so long that it must be taken for normal.
 * Slowdowns that the twin predicts from the load become "traffic" verdicts, which are no alarms.
 */
export class Detector {
  readonly #falseAlarmsPerWeek: number;
  readonly #evidence = new Map<number, NodeEvidence>();
  readonly #traffic = new TrafficWatch();
  #open: Incident | null = null;
  #openTraffic: Incident | null = null;
  #resolved: Incident | null = null;
  #calmWindows = 0;
  /** Event time that was judged while no incident was open. */
  #knownSeconds = 0;
  #worstExcess = 0;
  /** What the twin said of each suspect at its worst window, by node. */
  readonly #answers = new Map<number, Counterfactual>();

  constructor(options: DetectorOptions) {
    this.#falseAlarmsPerWeek = options.falseAlarmsPerWeek;
  }

  get openIncident(): Incident | null {
    return this.#open;
  }

  get openTraffic(): Incident | null {
    return this.#openTraffic;
  }

  /** True while some node is under suspicion: such windows must not be learned from. */
  get isSuspicious(): boolean {
    return this.#open !== null || [...this.#evidence.values()].some((evidence) => evidence.isSuspicious);
  }

  /** Earliest onset of anything under suspicion, event time; NaN when nothing is. */
  get suspicionOnsetSeconds(): number {
    let earliest = this.#open?.onsetSeconds ?? Number.NaN;
    for (const evidence of this.#evidence.values()) {
      if (evidence.share > 0 && !(evidence.onsetSeconds >= earliest)) {
        earliest = evidence.onsetSeconds;
      }
    }
    return earliest;
  }

  /** Nodes that look guilty now, with their evidence as a share of what opens an incident. */
  suspicion(node: number): number {
    return Math.min(1, this.#evidence.get(node)?.share ?? 0);
  }

  decide(scored: Scored, askTwin: AskTwin): IncidentEvent[] {
    const { forecast } = scored;
    if (!forecast.isReady) {
      return [];
    }
    this.#gather(scored);
    const events: IncidentEvent[] = [];
    if (this.#open === null) {
      this.#knownSeconds += forecast.observation.endSeconds - forecast.observation.startSeconds;
      this.#maybeOpen(forecast, askTwin, events);
    } else if (this.#isOutOfPatience(forecast)) {
      for (const evidence of this.#evidence.values()) evidence.acceptAsNormal();
      this.#resolve(this.#open, forecast, events);
    } else {
      this.#follow(forecast, askTwin, events);
    }
    this.#watchTraffic(forecast, events);
    return events;
  }

  #gather(scored: Scored): void {
    const { forecast } = scored;
    const { startSeconds, endSeconds } = forecast.observation;
    const byNode = new Map<number, NodeForecast>(forecast.nodes.map((node) => [node.node, node]));
    const threshold = alarmThreshold(this.#falseAlarmsPerWeek, endSeconds - startSeconds, forecast.nodes.length);
    const seen = new Set<NodeEvidence>();
    for (const score of scored.nodes) {
      const node = byNode.get(score.node);
      if (node !== undefined) {
        const evidence = this.#evidenceOf(score);
        evidence.take(score, { startSeconds, isMaterial: isMaterial(node), alarmThreshold: threshold });
        seen.add(evidence);
      }
    }
    for (const evidence of this.#evidence.values()) {
      if (!seen.has(evidence)) {
        evidence.takeNothing();
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
      (each) => each.isAlarming && each.guiltyWindows >= GUILTY_WINDOWS_MIN,
    );
    if (alarming.length === 0) {
      return;
    }
    const suspects = this.#suspects(forecast, askTwin);
    const guilty = suspects[0];
    if (guilty === undefined) {
      return;
    }
    const openedSeconds = forecast.observation.endSeconds;
    this.#calmWindows = 0;
    this.#forgetLatelyCalm();
    const before = this.#resolved;
    const isSame = before?.guiltyNode === guilty.node && openedSeconds - before.resolvedSeconds! <= REOPEN_SECONDS;
    if (isSame) {
      this.#open = { ...before, state: "open", resolvedSeconds: null, suspects };
      events.push({ type: "updated", atSeconds: openedSeconds, incident: this.#open });
      return;
    }
    const onsetSeconds = Math.min(...alarming.map((each) => each.onsetSeconds));
    this.#open = faultIncident(forecast, suspects, onsetSeconds, this.#answerFor(guilty.node, forecast));
    this.#worstExcess = excessOf(this.#open.impact);
    events.push({ type: "opened", atSeconds: openedSeconds, incident: this.#open });
  }

  #follow(forecast: Forecast, askTwin: AskTwin, events: IncidentEvent[]): void {
    const open = this.#open!;
    this.#forgetLatelyCalm();
    const isCalm = ![...this.#evidence.values()].some((each) => each.isSuspicious && each.lastStep > CALM_STEP_MAX);
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
      ...(isWorse
        ? { impact, entryRatePerSecond: forecast.entryRatePerSecond, bottleneck: bottleneckOf(forecast) }
        : {}),
      ...withoutItOf(this.#answerFor(guilty.node, forecast)),
      summary: faultSummary(guilty, isWorse ? impact : open.impact, this.#answerFor(guilty.node, forecast)),
    };
    this.#open = next;
    if (next.guiltyNode !== open.guiltyNode || next.kind !== open.kind || isWorse) {
      events.push({ type: "updated", atSeconds: forecast.observation.endSeconds, incident: next });
    }
  }

  #isOutOfPatience(forecast: Forecast): boolean {
    const wanted = PATIENCE_RATIO * this.#knownSeconds;
    const patience = Math.min(PATIENCE_MAX_SECONDS, Math.max(PATIENCE_MIN_SECONDS, wanted));
    return forecast.observation.endSeconds - this.#open!.openedSeconds > patience;
  }

  #resolve(open: Incident, forecast: Forecast, events: IncidentEvent[]): void {
    const windowSeconds = forecast.observation.endSeconds - forecast.observation.startSeconds;
    const resolvedSeconds = forecast.observation.endSeconds - (CALM_WINDOWS - 1) * windowSeconds;
    const resolved: Incident = { ...open, state: "resolved", resolvedSeconds };
    this.#open = null;
    this.#resolved = resolved;
    this.#answers.clear();
    for (const evidence of this.#evidence.values()) evidence.forget();
    events.push({ type: "resolved", atSeconds: forecast.observation.endSeconds, incident: resolved });
  }

  /** Something is wrong, or was a moment ago: what is claimed meanwhile is no measure of calm times. */
  #forgetLatelyCalm(): void {
    for (const evidence of this.#evidence.values()) evidence.forgetLatelyCalm();
  }

  #suspects(forecast: Forecast, askTwin: AskTwin): Suspect[] {
    const found = candidates(forecast, this.#evidence);
    for (const answer of askTwin(found.map((each) => each.node))) {
      const excessSeconds = answer.observedMeanSeconds - answer.predictedMeanSeconds;
      this.#evidence.get(answer.node)?.explain(answer.explainedShare, excessSeconds);
      const before = this.#answers.get(answer.node);
      const isWorst = before === undefined || excessSeconds > before.observedMeanSeconds - before.predictedMeanSeconds;
      if (isWorst) this.#answers.set(answer.node, answer);
    }
    return rankSuspects(found, forecast);
  }

  #answerFor(name: string, forecast: Forecast): Counterfactual | undefined {
    return this.#answers.get(forecast.observation.topology.nodes.findIndex((node) => node.name === name));
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
}
