import { expect, test } from "vitest";
import type { TelemetryBatch, TelemetrySource } from "../../src/contracts/telemetry.ts";

/** What every batch promises its reader. */
export function expectValidBatch({ spans, metrics }: TelemetryBatch): void {
  const { spanCount, strings } = spans;
  expect(strings.text(0)).toBe("");
  expect(spans.traceId.length).toBe(spanCount * 4);
  expect(spans.spanId.length).toBe(spanCount * 2);
  expect(spans.parentSpanId.length).toBe(spanCount * 2);
  expect(spans.linkStart.length).toBe(spanCount + 1);
  const linkCount = spans.linkStart[spanCount]!;
  expect(spans.linkTraceId.length).toBe(linkCount * 4);
  expect(spans.linkSpanId.length).toBe(linkCount * 2);
  for (const column of [spans.kind, spans.isError, spans.startSeconds, spans.durationSeconds, spans.peerKind]) {
    expect(column.length).toBe(spanCount);
  }
  let wrongRows = 0;
  for (let row = 0; row < spanCount; row += 1) {
    const hasTrace = spans.traceId.subarray(row * 4, row * 4 + 4).some((word) => word !== 0);
    const hasSpan = spans.spanId[row * 2] !== 0 || spans.spanId[row * 2 + 1] !== 0;
    const names = [spans.service, spans.instance, spans.version, spans.operation, spans.peer];
    const areNames = names.every((column) => column[row]! < strings.size);
    const isNumber = Number.isFinite(spans.startSeconds[row]!) && Number.isFinite(spans.durationSeconds[row]!);
    const isNamed = spans.service[row] !== 0 && spans.instance[row] !== 0;
    const isOrdered = spans.linkStart[row]! <= spans.linkStart[row + 1]!;
    const isRow = hasTrace && hasSpan && areNames && isNumber && isNamed && isOrdered && spans.kind[row]! <= 5;
    if (!isRow) wrongRows += 1;
  }
  expect(wrongRows).toBe(0);
  for (const metric of metrics) {
    expect(metric.service).not.toBe("");
    expect(Number.isFinite(metric.value) && metric.timeSeconds > 0).toBe(true);
  }
}

/** Everything a finite source gives, checked as it comes: valid batches, one at a time, one string table. */
export async function collectAll(source: TelemetrySource): Promise<TelemetryBatch[]> {
  const batches: TelemetryBatch[] = [];
  let isBusy = false;
  await source.read(async (batch) => {
    expect(isBusy).toBe(false);
    isBusy = true;
    await Promise.resolve();
    expectValidBatch(batch);
    if (batches.length > 0) expect(batch.spans.strings).toBe(batches[0]!.spans.strings);
    batches.push(batch);
    isBusy = false;
  }, new AbortController().signal);
  return batches;
}

/** Holds a finite source of at least two batches to the contract of `TelemetrySource`. */
export function finiteSourceContract(create: () => Promise<TelemetrySource>): void {
  test("gives the same batches each time it is read from the start", async () => {
    const texts = async () => JSON.stringify(await collectAll(await create()));
    expect(await texts()).toBe(await texts());
  });

  test("stops after the batch during which it is aborted", async () => {
    const source = await create();
    const abort = new AbortController();
    let batchCount = 0;
    await source.read(() => {
      batchCount += 1;
      abort.abort();
    }, abort.signal);
    expect(batchCount).toBe(1);
  });

  test("passes on an error of its reader and gives nothing more", async () => {
    const source = await create();
    let batchCount = 0;
    const reading = source.read(() => {
      batchCount += 1;
      throw new Error("disk full");
    }, new AbortController().signal);
    await expect(reading).rejects.toThrow("disk full");
    expect(batchCount).toBe(1);
  });
}
