import type { Feedback } from "../contracts/feedback.ts";
import type { Counterfactual, Forecast, MemoryFill } from "../contracts/forecast.ts";
import type { Hypothesis } from "../contracts/hypothesis.ts";
import type { Incident, IncidentEvent } from "../contracts/incident.ts";
import type { Observation, Topology } from "../contracts/observation.ts";
import type { Scored, Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetryBatch } from "../contracts/telemetry.ts";
import { DeploymentCorrelation } from "../detection/deployment-correlation.ts";
import { Detector } from "../detection/detector.ts";
import { FeedbackRules } from "../detection/feedback-rules.ts";
import { IntentionalWaits } from "../detection/intentional-waits.ts";
import type { AskTwin } from "../detection/questions.ts";
import { Silencing } from "../detection/silencing.ts";
import { type RunStage, runUnmeasured } from "../self/stage-clock.ts";
import { Observer } from "../topology/observer.ts";
import { LearningGate } from "./learning-gate.ts";

/** What the line needs of the twin. */
export interface TwinLike {
  readonly isReady: boolean;
  readonly memory: MemoryFill;
  forecast(observation: Observation): Forecast;
  learn(forecast: Forecast): void;
  counterfactuals(suspects: readonly number[]): Counterfactual[];
  diagnose(suspects: readonly number[]): Hypothesis[];
  /** What a node does from this event time on is normal. */
  acceptNewNormal(node: number, atSeconds: number): void;
  /** All its state as plain values. @param awaited windows forecast that may still be learned */
  snapshot(awaited: readonly Observation[]): unknown;
  restore(state: never): void;
}

/** What one scorer, with the common decision rule behind it, made of a window. */
export interface Judgement {
  readonly scored: Scored;
  readonly events: readonly IncidentEvent[];
}

/** Everything one window led to. */
export interface WindowResult extends Judgement {
  readonly detector: Detector;
  /** The faults that are open and not silenced, in the order in which they were told. */
  readonly openIncidents: readonly Incident[];
  /** Judgements of the scorers that only watch, in their order. */
  readonly watching: readonly Judgement[];
}

export type WindowListener = (result: WindowResult) => void;

/**
 * The whole line: spans → windows → forecast → score → decision, in one thread and without a clock. Live and replay are
 * this same line with another source.
 */
export class Line {
  readonly observer: Observer;
  readonly detector: Detector;
  /** What was kept from being learned, in numbers. */
  readonly gate: LearningGate;
  /** Operations that wait on purpose. */
  readonly waits = new IntentionalWaits();
  readonly #rules = new FeedbackRules();
  readonly #silencing: Silencing;
  readonly #deployments = new DeploymentCorrelation();
  #topology: Topology | null = null;
  /** By id, what feedback changed since the last window, for those who hear of events only. */
  #changed = new Map<string, Incident>();
  /** Of the last feedback. */
  #obeyedId = Number.NEGATIVE_INFINITY;
  readonly #twin: TwinLike;
  readonly #scorer: Scorer;
  /** Baselines are held against the whole of it: no simulated fault helps them to name a kind or a node. */
  readonly #watched: AskTwin;
  readonly #listeners: WindowListener[] = [];
  readonly #watchers: readonly { readonly scorer: Scorer; readonly detector: Detector }[];
  readonly #run: RunStage;

  /**
   * @param parts.watchers scorers that judge the same windows without a say in what is learned
   * @param parts.runStage runs the work of each stage, to measure it; it has no say in what comes out
   */
  constructor(parts: {
    settings: Settings;
    twin: TwinLike;
    scorer: Scorer;
    ledger: Ledger;
    watchers?: readonly Scorer[];
    runStage?: RunStage | undefined;
  }) {
    this.#run = parts.runStage ?? runUnmeasured;
    this.#twin = parts.twin;
    this.#watched = { counterfactuals: (nodes) => parts.twin.counterfactuals(nodes), diagnose: () => [] };
    this.#scorer = parts.scorer;
    this.detector = new Detector(parts.settings);
    this.#silencing = new Silencing(this.#rules, this.detector);
    this.#watchers = (parts.watchers ?? []).map((scorer) => ({ scorer, detector: new Detector(parts.settings) }));
    this.observer = new Observer(parts.settings, parts.ledger);
    const { learningDelaySeconds, exclude } = parts.settings;
    this.gate = new LearningGate({ delaySeconds: learningDelaySeconds, excluded: exclude });
  }

  /** How full the twin's memory is. */
  get memory(): MemoryFill {
    return this.#twin.memory;
  }

  /** The faults that are open and not silenced, as they were last told. */
  get openIncidents(): readonly Incident[] {
    return this.#silencing.openIncidents;
  }

  /** Incidents that feedback kept from being told. */
  get silencedCount(): number {
    return this.#silencing.silencedCount;
  }

  /** All that was ever seen; null before the first window. */
  get topology(): Topology | null {
    return this.#topology;
  }

  /** How strong the evidence of an incident was at its worst, in multiples of what is material. */
  strengthOf(incident: Incident): number {
    return this.#silencing.strengthOf(incident);
  }

  /** Obeys feedback from the next window on, each once: a restored line has obeyed some already. @param changed the incident it is about, as it is now: told with that window */
  takeFeedback(feedback: Feedback, changed: Incident | null): void {
    const { id, type, incidentId, node, fromSeconds, toSeconds, givenSeconds } = feedback;
    if (id <= this.#obeyedId) return;
    this.#obeyedId = id;
    this.#rules.take(feedback);
    if (changed !== null) {
      this.#changed.set(changed.id, changed);
    }
    if (type === "ignore") {
      this.gate.exclude({ fromSeconds, toSeconds });
    }
    if (incidentId !== null && (type === "not-a-fault" || type === "new-normal")) {
      this.#silencing.dismiss(incidentId);
    }
    const guilty = this.#topology?.nodes.find((each) => each.name === node);
    if (type === "new-normal" && guilty !== undefined) {
      this.#twin.acceptNewNormal(guilty.index, givenSeconds);
    }
  }

  onWindow(listener: WindowListener): void {
    this.#listeners.push(listener);
  }

  take(batch: TelemetryBatch): void {
    // Whoever gave it has let go of it: it never changes, and a checkpoint holds it once.
    Object.freeze(batch.spans);
    for (const observation of this.#run("observe", () => this.observer.add(batch))) {
      this.takeWindow(observation);
    }
  }

  /** Ends the stream: what is open is assembled and judged. */
  finish(): void {
    for (const observation of this.#run("observe", () => this.observer.finish())) {
      this.takeWindow(observation);
    }
  }

  /**
   * All state of the line, as plain values that share nothing that changes. To be taken between two batches: restored into
   * a new line of the same settings it goes on as this one does, to the byte.
   */
  snapshot() {
    return {
      observer: this.observer.snapshot(),
      detector: this.detector.snapshot(),
      gate: this.gate.snapshot(),
      waits: this.waits.snapshot(),
      rules: this.#rules.snapshot(),
      silencing: this.#silencing.snapshot(),
      deployments: this.#deployments.snapshot(),
      topology: this.#topology,
      changed: new Map(this.#changed),
      obeyedId: this.#obeyedId,
      twin: this.#twin.snapshot(this.gate.awaited),
      memory: this.#scorer.memory?.snapshot(),
      watchers: this.#watchers.map(({ scorer, detector }) => ({
        memory: scorer.memory?.snapshot(),
        detector: detector.snapshot(),
      })),
    };
  }

  restore(state: ReturnType<Line["snapshot"]>): void {
    this.observer.restore(state.observer);
    this.detector.restore(state.detector);
    this.gate.restore(state.gate);
    this.waits.restore(state.waits);
    this.#rules.restore(state.rules);
    this.#silencing.restore(state.silencing);
    this.#deployments.restore(state.deployments);
    this.#topology = state.topology;
    this.#changed = state.changed;
    this.#obeyedId = state.obeyedId;
    this.#twin.restore(state.twin as never);
    this.#scorer.memory?.restore(state.memory as never);
    state.watchers.forEach(({ memory, detector }, k) => {
      this.#watchers[k]!.scorer.memory?.restore(memory as never);
      this.#watchers[k]!.detector.restore(detector);
    });
  }

  /** Judges and learns one window. Windows that others assembled come here, oldest first. */
  takeWindow(observation: Observation): void {
    this.#run("window", () => this.#judgeAndLearn(observation));
  }

  #judgeAndLearn(observation: Observation): void {
    this.#topology = observation.topology;
    const forecast = this.#run("forecast", () => this.#twin.forecast(observation));
    const judgeable = this.waits.withoutWaits(forecast);
    const { scored, events: found } = this.#run("judge", () => {
      return this.#judge(this.#scorer, this.detector, judgeable, this.#twin);
    });
    const watching = this.#watchers.map(({ scorer, detector }) =>
      this.#judge(scorer, detector, judgeable, this.#watched),
    );
    this.#deployments.take(forecast);
    const events = this.#told(judgeable, found);
    // What is silenced is taken for normal, so it may be learned; but that it was not predicted is no error of the twin,
    // or it would expect to be wrong from then on, and see nothing any more.
    const learnable = this.#silencing.isAnySilenced ? { ...forecast, nodes: [] } : forecast;
    this.#run("learn", () => {
      for (const clean of this.gate.take(learnable, this.detector.unlearnableSinceSeconds)) {
        this.#twin.learn(clean);
      }
    });
    this.waits.take(observation, { isLearning: !forecast.isReady, isSuspicious: this.detector.isSuspicious });
    const { detector, openIncidents } = this;
    this.#run("store", () => {
      for (const listener of this.#listeners) {
        listener({ scored, events, detector, openIncidents, watching });
      }
    });
  }

  /** What people are told of what the detector found: less what they silenced, with the deployments before it. */
  #told(forecast: Forecast, found: readonly IncidentEvent[]): IncidentEvent[] {
    const atSeconds = forecast.observation.endSeconds;
    const changed = [...this.#changed.values()].map((incident): IncidentEvent => {
      return { type: incident.feedback === "confirmed" ? "updated" : "resolved", atSeconds, incident };
    });
    this.#changed.clear();
    const told = this.#silencing.take(forecast, found);
    return [
      ...changed,
      ...told.map((event) => ({ ...event, incident: this.#deployments.named(event.incident, forecast) })),
    ];
  }

  #judge(scorer: Scorer, detector: Detector, forecast: Forecast, askTwin: AskTwin): Judgement {
    const scored = scorer.score(forecast);
    // In a range that is ignored nobody has been seen, so that nothing is evidence and what was fades.
    const counted = this.#rules.isIgnored(forecast.observation)
      ? { ...scored, nodes: [], forecast: { ...forecast, nodes: [] } }
      : scored;
    return { scored, events: detector.decide(counted, askTwin) };
  }
}
