import type { FaultKind } from "../../src/contracts/score.ts";
import type { Usage } from "./usage.ts";
import type { Validity } from "./validity.ts";

/** One JSON line on stdout each. Times are unix seconds. */
export type TestbedEvent =
  | {
      readonly event: "ready";
      readonly atSeconds: number;
      readonly controlPort: number;
      readonly processes: readonly { readonly name: string; readonly pid: number }[];
    }
  | {
      readonly event: "load";
      readonly atSeconds: number;
      readonly phase: string;
      /** How often the schedule has gone round before. */
      readonly round: number;
      readonly shape: string;
      readonly factor: number;
      readonly durationSeconds: number;
    }
  | {
      readonly event: "fault-start";
      readonly atSeconds: number;
      readonly id: number;
      readonly service: string;
      readonly fault: FaultKind;
      /** null: until it is taken back. */
      readonly durationSeconds: number | null;
      readonly detail: Readonly<Record<string, unknown>>;
    }
  | {
      readonly event: "fault-end";
      readonly atSeconds: number;
      readonly id: number;
      readonly service: string;
      readonly fault: FaultKind;
    }
  | {
      readonly event: "stats";
      readonly atSeconds: number;
      /** The phase that has just ended, or null for the regular report. */
      readonly phase: string | null;
      readonly usage: Usage;
      /** Latency users saw: p50 and p95 by seconds; null without an answer. */
      readonly latencySeconds: { readonly p50: number; readonly p95: number } | null;
      readonly validity: Validity;
    }
  | { readonly event: "stopped"; readonly atSeconds: number; readonly reason: string };

export type Announce = (event: TestbedEvent) => void;
