import type { Forecast } from "../contracts/forecast.ts";
import { entryOperations } from "./impact.ts";

/** The twin must predict this much more than at a quiet hour before a slowdown is called traffic. */
const RISE_BEGIN = 1.2;
const RISE_END = 1.1;
/** And there must be this much more traffic than usual: else it is the twin that changed its mind. */
const RATE_RISE_MIN = 1.2;
/** Windows in a row. */
const WINDOWS_TO_BEGIN = 2;
const WINDOWS_TO_END = 3;

/** Notices slowdowns that the twin predicts from the load alone. */
export class TrafficWatch {
  #above = 0;
  #below = 0;
  #isOn = false;
  #beganSeconds = Number.NaN;

  get isOn(): boolean {
    return this.#isOn;
  }

  get beganSeconds(): number {
    return this.#beganSeconds;
  }

  /** Ratio of predicted to quiet-hour latency of the entry operations, weighted by their visits; 1 when unknown. */
  static predictedRise(forecast: Forecast): number {
    let predicted = 0;
    let quiet = 0;
    for (const operation of entryOperations(forecast)) {
      if (Number.isFinite(operation.predictedMeanSeconds) && Number.isFinite(operation.referenceMeanSeconds)) {
        predicted += operation.predictedMeanSeconds * operation.visitCount;
        quiet += operation.referenceMeanSeconds * operation.visitCount;
      }
    }
    return quiet > 0 ? predicted / quiet : 1;
  }

  /** Takes a window; returns what changed. */
  take(forecast: Forecast): "began" | "ended" | null {
    const rise = TrafficWatch.predictedRise(forecast);
    const isBusier = forecast.entryRatePerSecond >= RATE_RISE_MIN * forecast.usualEntryRatePerSecond;
    this.#above = rise >= RISE_BEGIN && isBusier ? this.#above + 1 : 0;
    this.#below = rise < RISE_END ? this.#below + 1 : 0;
    if (this.#above === 1 && !this.#isOn) {
      this.#beganSeconds = forecast.observation.startSeconds;
    }
    if (!this.#isOn && this.#above >= WINDOWS_TO_BEGIN) {
      this.#isOn = true;
      return "began";
    }
    if (this.#isOn && this.#below >= WINDOWS_TO_END) {
      this.#isOn = false;
      return "ended";
    }
    return null;
  }

  snapshot() {
    return { above: this.#above, below: this.#below, isOn: this.#isOn, beganSeconds: this.#beganSeconds };
  }

  restore({ above, below, isOn, beganSeconds }: ReturnType<TrafficWatch["snapshot"]>): void {
    this.#above = above;
    this.#below = below;
    this.#isOn = isOn;
    this.#beganSeconds = beganSeconds;
  }
}
