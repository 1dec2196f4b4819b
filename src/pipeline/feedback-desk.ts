import { SettingsError } from "../contracts/errors.ts";
import type { Feedback, FeedbackRequest, FeedbackTaker } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Store } from "../contracts/store.ts";
import { DISMISSED_SECONDS, labelledIncident } from "../detection/feedback-rules.ts";
import type { Line } from "./line.ts";

/** More than the store keeps. */
const ALL = 100_000;
/** Times the learning windows that a new normal may take to be learned before it alarms again. */
const PATIENCE = 3;

type Given<Type extends FeedbackRequest["type"]> = Extract<FeedbackRequest, { type: Type }>;
/** What is noted of feedback, and the incident as it is from then on. */
interface Taken {
  readonly feedback: Omit<Feedback, "id">;
  readonly incident: Incident | null;
}

/** Takes what people say about incidents: keeps it, lets the line obey it, and changes the incident. */
export class FeedbackDesk implements FeedbackTaker {
  readonly #line: Line;
  readonly #store: Store;
  readonly #relearningSeconds: number;
  readonly #tell: (incident: Incident) => void;
  #lastId: number;

  /**
   * What was said before, to an earlier process too, is obeyed again.
   *
   * @param parts.tell hears of changed incidents
   * @param parts.obeyedId what was said up to this id the line obeys already
   */
  constructor(parts: {
    line: Line;
    store: Store;
    settings: Pick<Settings, "learningDelaySeconds" | "learningWindows" | "windowSeconds">;
    tell: (incident: Incident) => void;
    obeyedId?: number;
  }) {
    this.#line = parts.line;
    this.#store = parts.store;
    this.#tell = parts.tell;
    const { learningDelaySeconds, learningWindows, windowSeconds } = parts.settings;
    this.#relearningSeconds = learningDelaySeconds + PATIENCE * learningWindows * windowSeconds;
    this.#lastId = parts.obeyedId ?? 0;
    for (const feedback of this.#store.feedback({ limit: ALL }).toReversed()) {
      if (feedback.id <= this.#lastId) continue;
      this.#line.takeFeedback(feedback, null);
      this.#lastId = feedback.id;
    }
  }

  /** Id of the last feedback that the line obeys; 0 when there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  list(limit: number): readonly Feedback[] {
    return this.#store.feedback({ limit });
  }

  give(request: FeedbackRequest): Feedback {
    const { feedback, incident } = this.#taken(request);
    const kept = this.#store.putFeedback(feedback);
    this.#line.takeFeedback(kept, incident);
    this.#lastId = kept.id;
    if (incident !== null) {
      this.#store.putIncident(incident);
      this.#tell(incident);
    }
    return kept;
  }

  #taken(request: FeedbackRequest): Taken {
    if (request.type === "ignore") {
      return this.#ignored(request);
    }
    const incident = this.#store.incident(request.incidentId);
    if (incident === null) {
      throw new SettingsError("incidentId", request.incidentId, "is no incident");
    }
    return request.type === "fault" ? this.#labelled(request, incident) : this.#silenced(request, incident);
  }

  #ignored({ fromSeconds, toSeconds, service, note }: Given<"ignore">): Taken {
    if (!(fromSeconds < toSeconds)) {
      throw new SettingsError("toSeconds", toSeconds, `must be after fromSeconds, ${fromSeconds}`);
    }
    const node = this.#knownService(service) ?? null;
    const givenSeconds = this.#line.observer.eventTimeSeconds ?? fromSeconds;
    const range = { type: "ignore", givenSeconds, fromSeconds, toSeconds, node, note: note ?? "" } as const;
    return {
      feedback: { ...range, incidentId: null, kind: null, strength: null, silentUntilSeconds: null },
      incident: null,
    };
  }

  #labelled({ kind, service, note }: Given<"fault">, incident: Incident): Taken {
    const node = this.#knownService(service) ?? incident.guiltyNode;
    if (node === "") {
      throw new SettingsError("service", null, `is missing: incident ${incident.id} names no service itself`);
    }
    const about = { ...this.#rangeOf(incident), note: note ?? "" };
    return {
      feedback: { type: "fault", ...about, node, kind, strength: null, silentUntilSeconds: null },
      incident: labelledIncident(incident, node, kind),
    };
  }

  #silenced({ type, note }: Given<"not-a-fault" | "new-normal">, incident: Incident): Taken {
    const { id, verdict, state, guiltyNode: node, kind } = incident;
    if (verdict === "traffic") {
      throw new SettingsError("incidentId", id, `is a "traffic" verdict and no alarm: only "fault" can be said of it`);
    }
    if (type === "new-normal" && state !== "open") {
      throw new SettingsError("incidentId", id, "is over: only what an open incident shows can be the new normal");
    }
    const about = { ...this.#rangeOf(incident), note: note ?? "" };
    const seconds = type === "new-normal" ? this.#relearningSeconds : DISMISSED_SECONDS;
    const silentUntilSeconds = about.givenSeconds + seconds;
    const strength = this.#line.strengthOf(incident);
    return {
      feedback: { type, ...about, node, kind, strength, silentUntilSeconds },
      incident: {
        ...incident,
        state: "resolved",
        resolvedSeconds: about.toSeconds,
        feedback: type === "new-normal" ? "new-normal" : "dismissed",
      },
    };
  }

  /** An incident that is open lasts until now. */
  #rangeOf(incident: Incident): Pick<Feedback, "incidentId" | "givenSeconds" | "fromSeconds" | "toSeconds"> {
    const { id, onsetSeconds, openedSeconds, resolvedSeconds } = incident;
    const givenSeconds = this.#line.observer.eventTimeSeconds ?? resolvedSeconds ?? openedSeconds;
    const toSeconds = resolvedSeconds ?? Math.max(givenSeconds, openedSeconds);
    return { incidentId: id, givenSeconds, fromSeconds: onsetSeconds, toSeconds };
  }

  /** A misspelt service would be feedback about nothing. Before the first window nobody can tell. */
  #knownService(service: string | undefined): string | undefined {
    const names = this.#line.topology?.nodes.map(({ name }) => name);
    if (service !== undefined && names !== undefined && !names.includes(service)) {
      throw new SettingsError("service", service, `is no service of this system: it has ${names.sort().join(", ")}`);
    }
    return service;
  }
}
