import type { Forecast } from "../contracts/forecast.ts";
import type { Incident, IncidentEvent } from "../contracts/incident.ts";
import { trafficIncident } from "./incident-text.ts";
import { TrafficWatch } from "./traffic-watch.ts";

/** Verdicts of "traffic, not fault": one at a time, and none begins while a fault is open. */
export class TrafficVerdicts {
  readonly #watch = new TrafficWatch();
  #open: Incident | null = null;

  get open(): Incident | null {
    return this.#open;
  }

  take(forecast: Forecast, isFaultOpen: boolean): IncidentEvent[] {
    const change = this.#watch.take(forecast);
    const atSeconds = forecast.observation.endSeconds;
    const events: IncidentEvent[] = [];
    if (change === "ended" && this.#open !== null) {
      events.push({
        type: "resolved",
        atSeconds,
        incident: { ...this.#open, state: "resolved", resolvedSeconds: atSeconds },
      });
      this.#open = null;
    }
    if (this.#watch.isOn && this.#open === null && !isFaultOpen) {
      this.#open = trafficIncident(forecast, this.#watch.beganSeconds);
      events.push({ type: "opened", atSeconds, incident: this.#open });
    }
    return events;
  }

  snapshot() {
    return { watch: this.#watch.snapshot(), open: this.#open };
  }

  restore({ watch, open }: ReturnType<TrafficVerdicts["snapshot"]>): void {
    this.#watch.restore(watch);
    this.#open = open;
  }
}
