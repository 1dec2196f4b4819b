import type { Counterfactual, Forecast, MemoryFill } from "../contracts/forecast.ts";
import type { IncidentEvent } from "../contracts/incident.ts";
import type { Observation } from "../contracts/observation.ts";
import type { Scored, Scorer } from "../contracts/score.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Ledger, TelemetryBatch } from "../contracts/telemetry.ts";
import { Detector } from "../detection/detector.ts";
import { Observer } from "../topology/observer.ts";
import { LearningGate } from "./learning-gate.ts";

/** What the line needs of the twin. */
export interface TwinLike {
  readonly isReady: boolean;
  readonly memory: MemoryFill;
  forecast(observation: Observation): Forecast;
  learn(forecast: Forecast): void;
  counterfactuals(suspects: readonly number[]): Counterfactual[];
}

/** What one scorer, with the common decision rule behind it, made of a window. */
export interface Judgement {
  readonly scored: Scored;
  readonly events: readonly IncidentEvent[];
}

/** Everything one window led to. */
export interface WindowResult extends Judgement {
  readonly detector: Detector;
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
  readonly detector = new Detector();
  /** What was kept from being learned, in numbers. */
  readonly gate: LearningGate;
  readonly #twin: TwinLike;
  readonly #scorer: Scorer;
  readonly #listeners: WindowListener[] = [];
  readonly #watchers: readonly { readonly scorer: Scorer; readonly detector: Detector }[];

  /** @param parts.watchers scorers that judge the same windows without a say in what is learned */
  constructor(parts: {
    settings: Settings;
    twin: TwinLike;
    scorer: Scorer;
    ledger: Ledger;
    watchers?: readonly Scorer[];
  }) {
    this.#twin = parts.twin;
    this.#scorer = parts.scorer;
    this.#watchers = (parts.watchers ?? []).map((scorer) => ({ scorer, detector: new Detector() }));
    this.observer = new Observer(parts.settings, parts.ledger);
    const { learningDelaySeconds, exclude } = parts.settings;
    this.gate = new LearningGate({ delaySeconds: learningDelaySeconds, excluded: exclude });
  }

  /** How full the twin's memory is. */
  get memory(): MemoryFill {
    return this.#twin.memory;
  }

  onWindow(listener: WindowListener): void {
    this.#listeners.push(listener);
  }

  take(batch: TelemetryBatch): void {
    for (const observation of this.observer.add(batch)) {
      this.#takeWindow(observation);
    }
  }

  /** Ends the stream: what is open is assembled and judged. */
  finish(): void {
    for (const observation of this.observer.finish()) {
      this.#takeWindow(observation);
    }
  }

  #takeWindow(observation: Observation): void {
    const forecast = this.#twin.forecast(observation);
    const { scored, events } = this.#judge(this.#scorer, this.detector, forecast);
    const watching = this.#watchers.map(({ scorer, detector }) => this.#judge(scorer, detector, forecast));
    const onset = this.detector.isSuspicious ? this.detector.suspicionOnsetSeconds : Number.NaN;
    for (const clean of this.gate.take(forecast, onset)) {
      this.#twin.learn(clean);
    }
    for (const listener of this.#listeners) {
      listener({ scored, events, detector: this.detector, watching });
    }
  }

  #judge(scorer: Scorer, detector: Detector, forecast: Forecast): Judgement {
    const scored = scorer.score(forecast);
    return { scored, events: detector.decide(scored, (nodes) => this.#twin.counterfactuals(nodes)) };
  }
}
