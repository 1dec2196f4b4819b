import { expect } from "vitest";
import type { MetricPoint, TelemetryBatch } from "../../src/contracts/telemetry.ts";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";

export const newDecoder = (ledger = new CountingLedger()) => new OtlpDecoder({ ledger, maxOperationsPerService: 100 });

/** Row `row` of an id column in hex. */
export const hexOfWords = (words: Uint32Array, row: number, wordCount: number) =>
  [...words.subarray(row * wordCount, (row + 1) * wordCount)]
    .map((word) => word.toString(16).padStart(8, "0"))
    .join("");
/** All that can differ between two batches, strings by number and by text. */
export function contentOf(batch: TelemetryBatch) {
  const { strings, ...columns } = batch.spans;
  const texts = Array.from({ length: strings.size }, (_, number) => strings.text(number));
  return { columns, texts, metrics: batch.metrics };
}

/** The points of an OTLP JSON body; none of null. */
export function pointsOf(body: Uint8Array | null): readonly MetricPoint[] {
  if (body === null) return [];
  const decoder = new BodyDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 100 });
  const { batch, rejectedCount } = decoder.decode("otlp_json", "metrics", body);
  expect(rejectedCount).toBe(0);
  return batch.metrics;
}
