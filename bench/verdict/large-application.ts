import type { Application } from "../../datasets/synthetic/application.ts";
import { measureCapacity } from "../../datasets/synthetic/capacity.ts";
import { drawApplication } from "../../datasets/synthetic/draw-application.ts";
import { drawRequests, steady } from "../../datasets/synthetic/load.ts";
import { recordApplication } from "../../datasets/synthetic/record.ts";
import type { TelemetryBatch } from "../../src/contracts/telemetry.ts";

const PROBE_SECONDS = 60;

/** An application of so many services and the request rate at which it sends so many spans a second, half busy. */
export function largeApplication(
  seed: number,
  serviceCount: number,
  spansPerSecond: number,
): { readonly application: Application; readonly ratePerSecond: number } {
  const spansPerRequest = spansOfRequest(drawApplication(seed, { serviceCount }), seed);
  const ratePerSecond = spansPerSecond / spansPerRequest;
  return {
    application: drawApplication(seed, { serviceCount, saturationPerSecond: 2 * ratePerSecond }),
    ratePerSecond,
  };
}

function spansOfRequest(application: Application, seed: number): number {
  const rate = measureCapacity(application, seed).rateAt(0.2);
  const requests = drawRequests(application, [steady(rate, PROBE_SECONDS)], seed);
  let spans = 0;
  const take = (batch: TelemetryBatch): void => {
    spans += batch.spans.spanCount;
  };
  recordApplication(application, requests, { seed, take });
  return spans / (rate * PROBE_SECONDS);
}
