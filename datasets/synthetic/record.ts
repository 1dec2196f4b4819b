import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";
import type { Application } from "./application.ts";
import type { Disturbances } from "./disturbances.ts";
import type { SyntheticFault } from "./faults.ts";
import type { Requests } from "./load.ts";
import { type SimulationTruth, simulateApplication } from "./simulate-application.ts";
import { SpanBatches } from "./span-batches.ts";

export interface RecordOptions {
  readonly seed: number;
  readonly take: (batch: TelemetryBatch) => void;
  readonly disturbances?: Disturbances;
  readonly faults?: readonly SyntheticFault[];
  /** Second at which the recording stops, whatever is under way; default: when all is answered. */
  readonly untilSeconds?: number;
  /** Of the utilizations told; default 5. */
  readonly windowSeconds?: number;
}

/** Plays the requests and hands over the spans, batch by batch, as the product takes them in. Returns what was true. */
export function recordApplication(
  application: Application,
  requests: Requests,
  options: RecordOptions,
): SimulationTruth {
  const { take, disturbances, ...simulation } = options;
  const batches = new SpanBatches(application, { seed: options.seed, take, disturbances: disturbances ?? {} });
  const truth = simulateApplication(application, requests, { ...simulation, onSpan: batches.add });
  batches.flush();
  return truth;
}
