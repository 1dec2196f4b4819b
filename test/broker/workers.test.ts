// Goal: workers that share the work through a real Kafka and a real PostgreSQL find what a single process finds in the files,
// each incident once, though workers are killed and added on the way.
// Method: the sample recording in three partitions without keys, as a collector writes it; workers are processes of their own.
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import type { Incident } from "../../src/contracts/incident.ts";
import { openPostgresStore, type PostgresStore } from "../../src/store/postgres-store.ts";
import { RecordingSource } from "../../src/telemetry/files/recording-source.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { judge, SAMPLE, settings } from "../golden/recording.ts";
import { postgresPrograms, startPostgres, type TestPostgres } from "../store/postgres-server.ts";
import { until } from "../until.ts";
import { missingForBroker } from "./broker-files.ts";
import { KafkaBroker } from "./kafka-broker.ts";
import { WorkerChild } from "./worker-child.ts";

const TOPICS = { traces: "otlp_spans", metrics: "otlp_metrics" } as const;
const RAW_PARTITIONS = 3;
const missing = missingForBroker() ?? (postgresPrograms === null ? "no programs initdb and postgres" : null);

describe.skipIf(missing !== null)(`workers${missing === null ? "" : `: ${missing}`}`, () => {
  let broker: KafkaBroker;
  let database: TestPostgres;
  let store: PostgresStore;
  let reference: Awaited<ReturnType<typeof judge>>;
  let windowCount = 0;
  let bodyCount = 0;
  const workers: WorkerChild[] = [];

  beforeAll(async () => {
    [broker, database] = await Promise.all([KafkaBroker.start(), startPostgres()]);
    await broker.createTopic(TOPICS.traces, RAW_PARTITIONS);
    await broker.createTopic(TOPICS.metrics, 1);
    bodyCount = await sendSample(broker);
    store = await openPostgresStore(database.address);
    const windows = new Set<number>();
    reference = await judge(
      (ledger) => new RecordingSource(SAMPLE, { ...settings, ledger }),
      ({ scored }) => {
        windows.add(scored.forecast.observation.windowIndex);
      },
    );
    windowCount = windows.size;
  }, 180_000);

  afterAll(async () => {
    for (const worker of workers) worker.kill();
    await store?.close();
    await Promise.all([broker?.stop(), database?.remove()]);
  });

  function worker(roles: string): WorkerChild {
    const { host, port, database: name, user } = database.address;
    const started = new WorkerChild(roles, {
      kafkaBrokers: broker.address,
      kafkaStart: "earliest",
      workerPartitions: "3",
      storeUrl: `postgres://${user}@${host}:${port}/${name}`,
    });
    workers.push(started);
    return started;
  }

  test("find the incidents of the files, each once, though one that assembles and one that judges are killed", async () => {
    const [first, second] = [worker("assemble"), worker("assemble")];
    const judging = worker("detect");
    const show = (): string => report(workers);
    // In the midst of both its legs: so much was dealt out, and so much of that taken up again.
    const isAmidst = (): boolean => first.records.length === 2 && first.records.every((n) => n > bodyCount / 8);
    await until(isAmidst, 120, show);
    first.kill();
    expect(first.records[0]! + (second.records[0] ?? 0), "killed too late").toBeLessThan(bodyCount);
    worker("assemble");
    await until(() => judging.windows.size > windowCount / 2, 120, show);
    judging.kill();
    const heir = worker("detect");
    // The last windows of a stream that goes on are still open.
    await until(() => heir.windows.size >= windowCount - 4, 120, show);
    const found = async () => told(await store.incidents({ limit: 1000 }));
    await expect.poll(found, { timeout: 60_000, interval: 200 }).toEqual(told(reference.incidents));
    expect(second.isAlive && heir.isAlive, show()).toBe(true);
    expect([...workers].flatMap((each) => each.errors)).toEqual([]);
  }, 400_000);
});

/** What a person is told of incidents, by id. */
function told(incidents: readonly Incident[]) {
  return incidents
    .map(({ id, verdict, guiltyNode, kind, state }) => ({ id, verdict, guiltyNode, kind, state }))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function report(workers: readonly WorkerChild[]): string {
  return workers.map((each) => each.toString()).join("\n");
}

/** Spans go to the partitions in turn, as from a collector without keys. Returns how many bodies of spans there are. */
async function sendSample(broker: KafkaBroker): Promise<number> {
  const producer = broker.client().producer({ maxInFlightRequests: 1 });
  await producer.connect();
  let count = 0;
  const waiting = {
    traces: [] as { value: Buffer; partition: number }[],
    metrics: [] as { value: Buffer; partition: number }[],
  };
  const send = async (signal: "traces" | "metrics", atLeast: number): Promise<void> => {
    if (waiting[signal].length < atLeast) return;
    await producer.send({ topic: TOPICS[signal], messages: waiting[signal].splice(0) });
  };
  for await (const { signal, protobuf } of replayBodies(SAMPLE)) {
    const partition = signal === "traces" ? count++ % RAW_PARTITIONS : 0;
    waiting[signal].push({ value: Buffer.from(protobuf), partition });
    await send(signal, 50);
  }
  await send("traces", 1);
  await send("metrics", 1);
  await producer.disconnect();
  return count;
}
