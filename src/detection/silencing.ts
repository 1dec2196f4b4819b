import type { Forecast } from "../contracts/forecast.ts";
import type { Incident, IncidentEvent } from "../contracts/incident.ts";
import type { FeedbackRules } from "./feedback-rules.ts";
import { feltStrengthOf, strengthOf } from "./strength.ts";

/** Incidents of which the strength is remembered, so that feedback can still come when they are over. */
const REMEMBERED_MAX = 200;

/** What finds incidents, as far as it must know which of them are silenced. */
export interface Follower {
  dismiss(id: string): void;
  readmit(id: string): void;
}

/**
 * Stands between the detector and everybody else: incidents that a person has silenced are followed, but not told; when
 * their evidence has become stronger than what was silenced, or points elsewhere, they are told after all. The whole
 * incident is silenced and not the node, so that what the node does to its callers is no incident of its own; but a fault
 * with proof of its own is told, wherever it is. Other incidents stay as they are.
 */
export class Silencing {
  readonly #rules: FeedbackRules;
  readonly #follower: Follower;
  #told = new Map<string, Incident>();
  /** With the kind that a person dismissed, which later guesses at the kind do not undo; null when nobody saw it. */
  #silenced = new Map<string, { readonly incident: Incident; readonly dismissedKind: string | null }>();
  #worst = new Map<string, number>();
  /** Incidents that were not told, so far. */
  silencedCount = 0;

  constructor(rules: FeedbackRules, follower: Follower) {
    this.#rules = rules;
    this.#follower = follower;
  }

  /** The faults that are open and told, in the order in which they were told first. */
  get openIncidents(): readonly Incident[] {
    return [...this.#told.values()].map((incident) => this.#rules.labelled(incident));
  }

  /** True while something is open that is silenced. */
  get isAnySilenced(): boolean {
    return this.#silenced.size > 0;
  }

  /** Worst strength of an incident so far; from what users felt when its windows are not known any more. */
  strengthOf(incident: Incident): number {
    return this.#worst.get(incident.id) ?? feltStrengthOf(incident);
  }

  /** What is told of a window in which the detector said this. */
  take(forecast: Forecast, events: readonly IncidentEvent[]): IncidentEvent[] {
    const told = events.flatMap((event) =>
      event.incident.verdict === "traffic" ? [event] : this.#takeEvent(forecast, event),
    );
    const silenced = [...this.#silenced.values()];
    for (const incident of [...this.#told.values(), ...silenced.map((each) => each.incident)]) {
      this.#remember(incident, strengthNow(forecast, incident.guiltyNode));
    }
    const atSeconds = forecast.observation.endSeconds;
    for (const { incident, dismissedKind } of silenced) {
      if (!this.#isSilenced(forecast, incident, dismissedKind ?? incident.kind)) {
        told.push(this.#tell("opened", atSeconds, incident));
      }
    }
    return told;
  }

  /** An incident was dismissed while it was open: it is not told any more. */
  dismiss(id: string): void {
    const incident = this.#told.get(id);
    if (incident !== undefined) {
      this.#told.delete(id);
      this.#hide(incident, this.#rules.labelled(incident).kind);
    }
  }

  snapshot() {
    return {
      told: new Map(this.#told),
      silenced: new Map(this.#silenced),
      worst: new Map(this.#worst),
      silencedCount: this.silencedCount,
    };
  }

  restore({ told, silenced, worst, silencedCount }: ReturnType<Silencing["snapshot"]>): void {
    this.#told = told;
    this.#silenced = silenced;
    this.#worst = worst;
    this.silencedCount = silencedCount;
  }

  #takeEvent(forecast: Forecast, event: IncidentEvent): IncidentEvent[] {
    const { incident, atSeconds, type } = event;
    if (type === "resolved") {
      const isSilent = this.#silenced.delete(incident.id) && !this.#told.has(incident.id);
      this.#told.delete(incident.id);
      return isSilent ? [] : [{ ...event, incident: this.#rules.labelled(incident) }];
    }
    if (this.#told.has(incident.id)) {
      return [this.#tell(type, atSeconds, incident)];
    }
    const silenced = this.#silenced.get(incident.id);
    if (silenced !== undefined) {
      this.#silenced.set(incident.id, { ...silenced, incident });
      return [];
    }
    if (this.#isSilenced(forecast, incident, incident.kind)) {
      this.#hide(incident, null);
      return [];
    }
    return [this.#tell(type, atSeconds, incident)];
  }

  #tell(type: IncidentEvent["type"], atSeconds: number, incident: Incident): IncidentEvent {
    if (this.#silenced.delete(incident.id)) this.#follower.readmit(incident.id);
    this.#told.set(incident.id, incident);
    return { type, atSeconds, incident: this.#rules.labelled(incident) };
  }

  #hide(incident: Incident, dismissedKind: string | null): void {
    this.#silenced.set(incident.id, { incident, dismissedKind });
    this.#follower.dismiss(incident.id);
    this.silencedCount++;
  }

  #isSilenced(forecast: Forecast, { guiltyNode }: Incident, kind: string): boolean {
    const { observation } = forecast;
    const strength = strengthNow(forecast, guiltyNode);
    return (
      this.#rules.isIgnored(observation) || this.#rules.isSilenced(guiltyNode, kind, strength, observation.endSeconds)
    );
  }

  #remember({ id }: Incident, strength: number): void {
    this.#worst.set(id, Math.max(strength, this.#worst.get(id) ?? 0));
    if (this.#worst.size > REMEMBERED_MAX) {
      this.#worst.delete(this.#worst.keys().next().value!);
    }
  }
}

function strengthNow(forecast: Forecast, name: string): number {
  const { nodes } = forecast.observation.topology;
  const node = forecast.nodes.find((each) => nodes[each.node]!.name === name);
  return node === undefined ? 0 : strengthOf(node);
}
