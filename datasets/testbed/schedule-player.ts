import type { Announce } from "./events.ts";
import type { FaultInjector } from "./fault-injector.ts";
import type { LabelRecorder } from "./label-recorder.ts";
import type { LoadGenerator } from "./load-generator.ts";
import { type LoadShape, peakFactor } from "./load-shape.ts";
import type { Phase, Schedule } from "./schedule.ts";

export interface PlayerParts {
  readonly schedule: Schedule;
  readonly generator: LoadGenerator;
  readonly injector: FaultInjector;
  readonly labels: LabelRecorder;
  readonly announce: Announce;
  readonly onPhaseEnd: (phase: Phase) => void;
  readonly onEnd: () => void;
}

/** Plays a schedule phase by phase. Phases are timed from the start of the schedule, so that they do not drift. */
export class SchedulePlayer {
  readonly #parts: PlayerParts;
  #phase = 0;
  #round = 0;
  #phaseEndMilliseconds = 0;
  #phaseTimer: NodeJS.Timeout | null = null;
  #loadTimer: NodeJS.Timeout | null = null;
  #faultTimer: NodeJS.Timeout | null = null;

  constructor(parts: PlayerParts) {
    this.#parts = parts;
  }

  get currentPhase(): Phase {
    return this.#parts.schedule.phases[this.#phase]!;
  }

  start(): void {
    this.#phaseEndMilliseconds = performance.now();
    this.#enterPhase();
  }

  stop(): void {
    if (this.#phaseTimer !== null) clearTimeout(this.#phaseTimer);
    if (this.#loadTimer !== null) clearTimeout(this.#loadTimer);
    if (this.#faultTimer !== null) clearTimeout(this.#faultTimer);
    this.#parts.generator.stop();
  }

  /** Another load for a while, then the phase's own again. A new phase ends it early. */
  overrideLoad(load: LoadShape, durationSeconds: number): void {
    if (this.#loadTimer !== null) clearTimeout(this.#loadTimer);
    const lengthSeconds = Math.min(durationSeconds, this.#phaseRestSeconds());
    this.#playLoad("set by hand", load, lengthSeconds);
    this.#loadTimer = setTimeout(() => {
      this.#loadTimer = null;
      const { name, load: own } = this.currentPhase;
      if (this.#phaseRestSeconds() > 0) this.#playLoad(name, own, this.#phaseRestSeconds());
    }, lengthSeconds * 1000);
  }

  #phaseRestSeconds(): number {
    return (this.#phaseEndMilliseconds - performance.now()) / 1000;
  }

  #enterPhase(): void {
    if (this.#loadTimer !== null) clearTimeout(this.#loadTimer);
    this.#loadTimer = null;
    const { name, durationSeconds, load, fault, faultAfterSeconds } = this.currentPhase;
    this.#phaseEndMilliseconds += durationSeconds * 1000;
    const restSeconds = Math.max(0, this.#phaseRestSeconds());
    this.#playLoad(name, load, restSeconds);
    if (fault !== null) {
      const begin = () => void this.#parts.injector.begin(fault, Math.max(0, this.#phaseRestSeconds()));
      if (faultAfterSeconds === 0) begin();
      else this.#faultTimer = setTimeout(begin, faultAfterSeconds * 1000);
    }
    this.#phaseTimer = setTimeout(() => this.#leavePhase(), restSeconds * 1000);
  }

  #leavePhase(): void {
    const { schedule, labels, onPhaseEnd, onEnd } = this.#parts;
    onPhaseEnd(this.currentPhase);
    const isLast = this.#phase === schedule.phases.length - 1;
    if (isLast && !schedule.repeat) {
      this.stop();
      labels.close(Date.now() / 1000);
      onEnd();
      return;
    }
    this.#round += isLast ? 1 : 0;
    this.#phase = isLast ? 0 : this.#phase + 1;
    this.#enterPhase();
  }

  #playLoad(phase: string, load: LoadShape, durationSeconds: number): void {
    const atSeconds = Date.now() / 1000;
    this.#parts.generator.play(load, durationSeconds);
    this.#parts.labels.load(load, atSeconds);
    this.#parts.announce({
      event: "load",
      atSeconds,
      phase,
      round: this.#round,
      shape: load.shape,
      factor: peakFactor(load),
      durationSeconds,
    });
  }
}
