import type { Counterfactual, Forecast } from "../contracts/forecast.ts";
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
  forecast(observation: Observation): Forecast;
  learn(forecast: Forecast): void;
  counterfactuals(suspects: readonly number[]): Counterfactual[];
}

/** Everything one window led to. */
export interface WindowResult {
  readonly scored: Scored;
  readonly events: readonly IncidentEvent[];
  readonly detector: Detector;
}

export type WindowListener = (result: WindowResult) => void;

/**
 * The whole line: spans → windows → forecast → score → decision, in one thread and without a clock. Live and replay are
 * this same line with another source.
 */
export class Line {
  readonly observer: Observer;
  readonly detector = new Detector();
  readonly #twin: TwinLike;
  readonly #scorer: Scorer;
  readonly #gate: LearningGate;
  readonly #listeners: WindowListener[] = [];

  constructor(parts: { settings: Settings; twin: TwinLike; scorer: Scorer; ledger: Ledger }) {
    this.#twin = parts.twin;
    this.#scorer = parts.scorer;
    this.observer = new Observer(parts.settings, parts.ledger);
    this.#gate = new LearningGate({ delaySeconds: parts.settings.learningDelaySeconds });
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
    const scored = this.#scorer.score(forecast);
    const events = this.detector.decide(scored, (nodes) => this.#twin.counterfactuals(nodes));
    const onset = this.detector.isSuspicious ? this.detector.suspicionOnsetSeconds : Number.NaN;
    for (const clean of this.#gate.take(forecast, onset)) {
      this.#twin.learn(clean);
    }
    for (const listener of this.#listeners) {
      listener({ scored, events, detector: this.detector });
    }
  }
}
