import type { SettingsError } from "../../src/contracts/errors.ts";
import type { Feedback, FeedbackRequest, FeedbackTaker } from "../../src/contracts/feedback.ts";
import { aFeedback } from "../store/samples.ts";

/** Takes every feedback and remembers it; refuses what the test tells it to refuse. */
export class NotedFeedback implements FeedbackTaker {
  readonly given: FeedbackRequest[] = [];
  refusal: SettingsError | null = null;
  /** Lists what was given as labels of `anIncident`, not as dismissals of it. */
  labelled = false;

  async give(request: FeedbackRequest): Promise<Feedback> {
    if (this.refusal !== null) throw this.refusal;
    this.given.push(request);
    return { id: this.given.length, ...aFeedback() };
  }

  async list(limit: number): Promise<readonly Feedback[]> {
    const type = this.labelled ? "fault" : "not-a-fault";
    return this.given.map((_, index) => ({ id: index + 1, ...aFeedback({ type }) })).slice(0, limit);
  }
}
