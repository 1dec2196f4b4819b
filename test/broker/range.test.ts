import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SourceError } from "../../src/contracts/errors.ts";
import { openRecording } from "../../src/pipeline/sources.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { settings } from "../pipeline/windows.ts";
import { type PlainProcess, toJaegerProto, toOtlpProto, toZipkin } from "../telemetry/format-writers.ts";
import { missingForBroker } from "./broker-files.ts";
import { KafkaBroker } from "./kafka-broker.ts";

// Goal: a part of a topic is a recording. Method: spans in three encodings over three partitions of a real broker.

const START_SECONDS = 1_750_000_000;
const RECORD_COUNT = 120;
const missing = missingForBroker();

/** One span that ends at that second. */
function ending(second: number): PlainProcess[] {
  const span = {
    traceId: `${second + 1}`.padStart(32, "0"),
    spanId: `${second + 1}`.padStart(16, "0"),
    parentSpanId: "",
    name: "work",
    kind: "server" as const,
    startMicros: (START_SECONDS + second) * 1_000_000 - 2000,
    durationMicros: 2000,
    isError: false,
    tracestate: "",
    attributes: {},
  };
  return [{ service: "cart", attributes: {}, spans: [span] }];
}

describe.skipIf(missing !== null)(`a part of a real Kafka topic${missing === null ? "" : `: ${missing}`}`, () => {
  let broker: KafkaBroker;

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    await broker.createTopic("spans", 3);
    await broker.createTopic("empty", 1);
    const producer = broker.client().producer();
    await producer.connect();
    const messages = Array.from({ length: RECORD_COUNT }, (_, second) => {
      const writers = [toOtlpProto, toZipkin, (each: PlainProcess[]) => toJaegerProto(each)[0]!];
      const value = Buffer.from(writers[second % 3]!(ending(second)));
      // Not the encoding alone decides the partition, so that each has all of them.
      return { value, partition: Math.floor(second / 7) % 3, timestamp: String((START_SECONDS + second) * 1000) };
    });
    await producer.send({ topic: "spans", messages });
    await producer.disconnect();
  }, 120_000);

  afterAll(() => broker?.stop());

  /** Seconds at which the spans ended, in the order in which they came. */
  async function played(topicAndRange: string, ledger = new CountingLedger()): Promise<number[]> {
    const address = `kafka://${broker.address}/${topicAndRange}`;
    const source = await openRecording(address, "auto", settings(), ledger);
    const seconds: number[] = [];
    await source.read(({ spans }) => {
      for (let row = 0; row < spans.spanCount; row += 1) {
        seconds.push(Math.round(spans.startSeconds[row]! + spans.durationSeconds[row]! - START_SECONDS));
      }
    }, new AbortController().signal);
    return seconds;
  }

  const from = (first: number, end: number) => Array.from({ length: end - first }, (_, index) => first + index);

  test("is all of it, in the order of time over all partitions and encodings, when no times are given", async () => {
    expect(await played("spans")).toEqual(from(0, RECORD_COUNT));
  }, 60_000);

  test("is what lies between two times", async () => {
    const iso = (second: number) => new Date((START_SECONDS + second) * 1000).toISOString();
    expect(await played(`spans?from=${iso(30)}&to=${START_SECONDS + 47}`)).toEqual(from(30, 47));
    expect(await played(`spans?from=${START_SECONDS + 110}`)).toEqual(from(110, RECORD_COUNT));
    expect(await played(`spans?to=${START_SECONDS + 5}`)).toEqual(from(0, 5));
  }, 60_000);

  test("may be empty", async () => {
    expect(await played("empty")).toEqual([]);
    expect(await played(`spans?from=${START_SECONDS + 9999}`)).toEqual([]);
  }, 60_000);

  test("can be read again, for nothing is committed and no group stays behind", async () => {
    await played("spans");
    const admin = broker.client().admin();
    await admin.connect();
    const { groups } = await admin.listGroups();
    await admin.disconnect();
    expect(groups).toEqual([]);
  }, 60_000);

  test("ends when it is aborted in the middle", async () => {
    const source = await openRecording(`kafka://${broker.address}/spans`, "auto", settings(), new CountingLedger());
    const abort = new AbortController();
    let count = 0;
    await source.read(() => {
      count += 1;
      if (count === 10) abort.abort();
    }, abort.signal);
    expect(count).toBe(10);
  }, 60_000);

  test("of a topic that is not there is told by its name", async () => {
    await expect(played("nowhere")).rejects.toThrow(SourceError);
    await expect(played("nowhere")).rejects.toThrow(/Kafka topic nowhere: /);
  }, 60_000);
});
