import type { FaultKind } from "./score.ts";

/**
 * What a person can say: "not-a-fault" and "new-normal" of an incident; "fault" when a kind at a service was really the
 * cause; "ignore" of a range of time, at one service or everywhere.
 */
export const FEEDBACK_TYPES = ["not-a-fault", "fault", "new-normal", "ignore"] as const;
export type FeedbackType = (typeof FEEDBACK_TYPES)[number];

/** Body of `POST /api/v1/feedback`. Times are unix seconds of event time. */
export type FeedbackRequest =
  | { readonly type: "not-a-fault" | "new-normal"; readonly incidentId: string; readonly note?: string | undefined }
  | {
      readonly type: "fault";
      readonly incidentId: string;
      readonly kind: FaultKind;
      /** Guilty node; the incident's own when it is left out. */
      readonly service?: string | undefined;
      readonly note?: string | undefined;
    }
  | {
      readonly type: "ignore";
      readonly fromSeconds: number;
      readonly toSeconds: number;
      /** The range holds everywhere when it is left out. */
      readonly service?: string | undefined;
      readonly note?: string | undefined;
    };

/** Feedback as it was taken, with all that its effects need: a restarted server applies it again from here. */
export interface Feedback {
  /** Counts up in the order in which it was given. */
  readonly id: number;
  readonly type: FeedbackType;
  /** Event time when it was given; of a range given before any span came, its beginning. */
  readonly givenSeconds: number;
  /** Null for a range. */
  readonly incidentId: string | null;
  /** Guilty node of the incident, or as labelled; the service whose range is ignored; null for a range everywhere. */
  readonly node: string | null;
  /** The incident's kind, or as labelled; null for a range. */
  readonly kind: FaultKind | "traffic" | null;
  /** From the onset until the end of the incident (or until now while it is open); or the range itself. */
  readonly fromSeconds: number;
  readonly toSeconds: number;
  /** How strong the evidence was at its worst, in multiples of what is material; null where it does not matter. */
  readonly strength: number | null;
  /** Until when the same evidence raises no alarm; null where it does not matter. */
  readonly silentUntilSeconds: number | null;
  readonly note: string;
}

/** Takes feedback and applies it to the running line. */
export interface FeedbackTaker {
  /** @throws {SettingsError} naming what does not fit the incident as it is now; nothing is applied then */
  give(request: FeedbackRequest): Promise<Feedback>;
  /** The latest first. */
  list(limit: number): Promise<readonly Feedback[]>;
}

export interface FeedbackPage {
  readonly feedback: readonly Feedback[];
}
