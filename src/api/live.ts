import type { LedgerView, ModelView, ServiceMap, Status, StreamEvent, WaitsView } from "../contracts/api.ts";

/** Whether verdicts can be relied on, and why not, in one sentence for a person. */
export interface LiveHealth {
  readonly ready: boolean;
  readonly detail: string;
}

/** What becomes of what is received. */
export interface LiveKeeping {
  /** What an OK to a sender means, in one sentence. */
  readonly promise: string;
  /** Share of the journal that was read again after a start, in [0, 1]; null when all of it was. */
  readonly recoveredShare: number | null;
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
  keeping(): LiveKeeping;
  /** Calls `listener` at each event until the function it returns is called. */
  subscribe(listener: (event: StreamEvent) => void): () => void;
}
