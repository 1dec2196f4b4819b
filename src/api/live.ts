import type { LedgerView, ModelView, ServiceMap, Status, StreamEvent, WaitsView } from "../contracts/api.ts";

/** Whether verdicts can be relied on, and why not, in one sentence for a person. */
export interface LiveHealth {
  readonly ready: boolean;
  readonly detail: string;
}

/** Whether telemetry is taken in, and what its sender is promised. */
export interface IntakeHealth {
  readonly isAccepting: boolean;
  /** Why not, in one sentence for a person; "" when it is. */
  readonly detail: string;
  /** What an acknowledged request may rely on, in one sentence. */
  readonly acknowledgement: string;
}

/** What runs now, as the API asks for it: whoever drives the line implements it. All answers are of the moment and cheap. */
export interface Live {
  status(): Status;
  map(): ServiceMap;
  ledger(): LedgerView;
  model(): ModelView;
  /** Operations whose durations count as no evidence, and why. */
  waits(): WaitsView;
  /** Ready: spans come in and verdicts are given. Learning and waiting are not ready. */
  health(): LiveHealth;
  /** Accepting: a sender would not be told to come again. Recovering and being full are not. */
  intake(): IntakeHealth;
  /** Calls `listener` at each event until the function it returns is called. */
  subscribe(listener: (event: StreamEvent) => void): () => void;
}
