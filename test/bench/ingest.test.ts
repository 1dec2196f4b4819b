// Goal: the ingest bench sends what it says it sends: whole traces of a cluster of 200 operations, as large as real ones, that
// are other traces at a later time when they are sent again.
// Method: a second of its traffic through the product's own decoder and observer.
import { describe, expect, test } from "vitest";
import { cluster, spansPerRequest } from "../../bench/ingest/cluster.ts";
import { moveOn, recordCycle } from "../../bench/ingest/span-bodies.ts";
import type { SpanBatch } from "../../src/contracts/telemetry.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpDecoder } from "../../src/telemetry/otlp/decoder.ts";
import { Observer } from "../../src/topology/observer.ts";

const SECONDS = 1;
const REQUESTS_PER_SECOND = 400;
const SPANS_PER_BODY = 512;
const application = cluster(REQUESTS_PER_SECOND, 7);
const cycle = recordCycle(application, {
  requestsPerSecond: REQUESTS_PER_SECOND,
  seconds: SECONDS,
  spansPerBody: SPANS_PER_BODY,
  seed: 7,
});

const ledger = new CountingLedger();
const decoder = new OtlpDecoder({ ledger, maxOperationsPerService: 200 });
const decode = (body: Uint8Array): SpanBatch => decoder.decode("traces", "protobuf", body).batch.spans;
const firstTime = cycle.bodies.map(({ bytes }) => decode(bytes));
for (const body of cycle.bodies) moveOn(body, SECONDS, 1);
const secondTime = cycle.bodies.map(({ bytes }) => decode(bytes));

test("the cluster has 200 operations, and as many spans a request as its call graph promises", () => {
  expect(application.operations).toHaveLength(200);
  const requests = new Set(firstTime.flatMap((batch) => [...batch.traceId].filter((_, word) => word % 4 === 3)));
  expect(cycle.spanCount / requests.size / spansPerRequest(application)).toBeCloseTo(1, 1);
});

describe("a body", () => {
  test("is as large as one of a busy collector, and no span of it is refused", () => {
    const bytes = cycle.bodies.reduce((sum, body) => sum + body.bytes.length, 0);
    expect(bytes / cycle.spanCount).toBeGreaterThan(550);
    expect(bytes / cycle.spanCount).toBeLessThan(680);
    expect(firstTime.map(({ spanCount }) => spanCount)).toEqual(cycle.bodies.map(({ spanCount }) => spanCount));
    expect(firstTime[0]!.spanCount).toBe(SPANS_PER_BODY);
    expect(ledger.rows().every(({ lost }) => Object.keys(lost).length === 0)).toBe(true);
  });

  test("is the same traffic of other traces when it is moved on", () => {
    for (const [k, before] of firstTime.entries()) {
      const after = secondTime[k]!;
      expect([...after.durationSeconds]).toEqual([...before.durationSeconds]);
      for (let row = 0; row < before.spanCount; row++) {
        expect(after.startSeconds[row]! - before.startSeconds[row]!).toBeCloseTo(SECONDS, 5);
        expect(after.traceId[4 * row]).not.toBe(before.traceId[4 * row]);
        expect(after.traceId[4 * row + 3]).toBe(before.traceId[4 * row + 3]);
      }
      expect([...after.operation]).toEqual([...before.operation]);
    }
  });
});

test("every trace is whole: nobody's parent is missing, and every call is answered", () => {
  const counts = new CountingLedger();
  const observer = new Observer({ windowSeconds: 5, latenessSeconds: 1, maxOpenTraces: 10_000 }, counts);
  for (const spans of [...firstTime, ...secondTime]) observer.add({ spans, metrics: [] });
  const windows = observer.finish();
  expect(windows.length).toBeGreaterThan(0);
  expect(counts.rows().flatMap(({ lost }) => Object.keys(lost))).toEqual([]);
});
