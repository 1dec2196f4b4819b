import type { SPAN_KIND } from "../../src/contracts/telemetry.ts";

/** A span as it ended, by the true time of the simulation; ids are unique in a run, 0 stands for no parent. */
export interface SyntheticSpan {
  readonly trace: number;
  readonly id: number;
  readonly parent: number;
  readonly kind: typeof SPAN_KIND.server | typeof SPAN_KIND.client;
  /** What is done (SERVER) or asked for (CLIENT). */
  readonly operation: number;
  /** Service that made the span, and which of its replicas. */
  readonly service: number;
  readonly replica: number;
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly isError: boolean;
}
