import { SettingsError } from "../contracts/errors.ts";
import type { Feedback, FeedbackRequest, FeedbackTaker } from "../contracts/feedback.ts";
import type { Incident } from "../contracts/incident.ts";
import type { Settings } from "../contracts/settings.ts";
import type { Store, StoreReader } from "../contracts/store.ts";
import { DISMISSED_SECONDS, labelledIncident } from "../detection/feedback-rules.ts";
import type { Line } from "./line.ts";
import type { StoreWriter } from "./store-writer.ts";

/** More than the store keeps. */
const ALL = 100_000;
/** Times the learning windows that a new normal may take to be learned before it alarms again. */
const PATIENCE = 3;

type Given<Type extends FeedbackRequest["type"]> = Extract<FeedbackRequest, { type: Type }>;
/** What is noted of feedback, and what becomes of the incident it is about. */
interface Taken {
  readonly feedback: Omit<Feedback, "id">;
  readonly incident: Incident | null;
  readonly changed: (incident: Incident) => Incident;
}

export interface DeskParts {
  readonly line: Line;
  readonly store: Pick<Store, "putFeedback" | "feedback">;
  /** With all that the line has told. */
  readonly results: Pick<StoreReader, "incident">;
  readonly writer: Pick<StoreWriter, "put">;
  readonly settings: Pick<Settings, "learningDelaySeconds" | "learningWindows" | "windowSeconds">;
  /** Hears of changed incidents. */
  readonly tell: (incident: Incident) => void;
  /** What was said up to this id the line obeys already; default nothing. */
  readonly obeyedId?: number;
}

/** Takes what people say about incidents: keeps it, lets the line obey it, and changes the incident. */
export class FeedbackDesk implements FeedbackTaker {
  readonly #parts: DeskParts;
  readonly #line: Line;
  readonly #relearningSeconds: number;
  /** The incident that feedback is being kept of, as windows changed it meanwhile. */
  #subject: { readonly id: string | null; latest: Incident | null } = { id: null, latest: null };
  #lastId: number;
  /** One after another, so that it is obeyed in the order of its ids. */
  #turn: Promise<unknown> = Promise.resolve();

  private constructor(parts: DeskParts, lastId: number) {
    this.#parts = parts;
    this.#lastId = lastId;
    this.#line = parts.line;
    const { learningDelaySeconds, learningWindows, windowSeconds } = parts.settings;
    this.#relearningSeconds = learningDelaySeconds + PATIENCE * learningWindows * windowSeconds;
    parts.line.onWindow(({ events }) => {
      for (const { incident } of events) if (incident.id === this.#subject.id) this.#subject.latest = incident;
    });
  }

  /** What was said before, to an earlier process too, is obeyed again. @throws {SourceError} when the store cannot tell it */
  static async open(parts: DeskParts): Promise<FeedbackDesk> {
    const { line, obeyedId = 0 } = parts;
    const before = await parts.store.feedback({ limit: ALL });
    for (const feedback of before.toReversed()) {
      if (feedback.id > obeyedId) line.takeFeedback(feedback, null);
    }
    return new FeedbackDesk(parts, Math.max(obeyedId, before[0]?.id ?? 0));
  }

  /** Id of the last feedback that the line obeys; 0 when there was none. */
  get lastId(): number {
    return this.#lastId;
  }

  list(limit: number): Promise<readonly Feedback[]> {
    return this.#parts.store.feedback({ limit });
  }

  give(request: FeedbackRequest): Promise<Feedback> {
    const given = this.#turn.then(() => this.#give(request));
    this.#turn = given.catch(() => undefined);
    return given;
  }

  async #give(request: FeedbackRequest): Promise<Feedback> {
    const { store, writer, tell } = this.#parts;
    const subject = { id: "incidentId" in request ? request.incidentId : null, latest: null as Incident | null };
    this.#subject = subject;
    const { feedback, incident, changed } = await this.#taken(request);
    const kept = await store.putFeedback(feedback);
    // As it is by now: a window may have passed.
    const now = incident === null ? null : changed(subject.latest ?? incident);
    this.#line.takeFeedback(kept, now);
    this.#lastId = kept.id;
    if (now !== null) {
      writer.put({ kind: "incident", incident: now });
      tell(now);
    }
    return kept;
  }

  async #taken(request: FeedbackRequest): Promise<Taken> {
    if (request.type === "ignore") {
      return this.#ignored(request);
    }
    const incident = await this.#parts.results.incident(request.incidentId);
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
      changed: (incident) => incident,
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
      incident,
      changed: (now) => labelledIncident(now, node, kind),
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
      incident,
      changed: (now) => ({
        ...now,
        state: "resolved",
        resolvedSeconds: now.resolvedSeconds ?? about.toSeconds,
        feedback: type === "new-normal" ? "new-normal" : "dismissed",
      }),
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
