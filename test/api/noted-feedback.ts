import type { SettingsError } from "../../src/contracts/errors.ts";
import type { Feedback, FeedbackRequest, FeedbackTaker } from "../../src/contracts/feedback.ts";
import { aFeedback } from "../store/samples.ts";

/** Takes every feedback and remembers it; refuses what the test tells it to refuse. */
export class NotedFeedback implements FeedbackTaker {
  readonly given: FeedbackRequest[] = [];
  refusal: SettingsError | null = null;

  give(request: FeedbackRequest): Feedback {
    if (this.refusal !== null) throw this.refusal;
    this.given.push(request);
    return { id: this.given.length, ...aFeedback() };
  }

  list(limit: number): readonly Feedback[] {
    return this.given.map((_, index) => ({ id: index + 1, ...aFeedback() })).slice(0, limit);
  }
}
