/**
 * How much faster three workers are than one: the sample recording, in records as large as a collector's batches, through a
 * real Kafka into a real PostgreSQL, once by one worker that does all and once by two that assemble and one that judges.
 * Brokers, database and workers share this machine. Incidents of both runs are held against each other, field by field.
 *
 * Run: npm run bench:workers. Prints a table; the last line is one JSON object.
 */
import { availableParallelism, loadavg } from "node:os";

import type { Incident } from "../src/contracts/incident.ts";
import { openPostgresStore } from "../src/store/postgres-store.ts";
import { missingForBroker } from "../test/broker/broker-files.ts";
import { KafkaBroker } from "../test/broker/kafka-broker.ts";
import { WorkerChild } from "../test/broker/worker-child.ts";
import { postgresPrograms, startPostgres } from "../test/store/postgres-server.ts";
import { until } from "../test/until.ts";
import { collectorRecords, type RawRecord } from "./workers/records.ts";

const PARTITIONS = 6;
const PATIENCE_SECONDS = 900;
/** Windows at the end of a stream that goes on are still open. */
const OPEN_WINDOWS = 4;

interface Run {
  readonly workers: string;
  readonly seconds: number;
  readonly spansPerSecond: number;
  readonly incidents: readonly Incident[];
}

const missing = missingForBroker() ?? (postgresPrograms === null ? "no programs initdb and postgres" : null);
if (missing !== null) throw new Error(`cannot run: ${missing}`);

const { records, spanCount, windowCount } = await collectorRecords();
const runs = [await run(["assemble,detect"]), await run(["assemble", "assemble", "detect"])] as const;
const [one, three] = runs;
console.table(runs.map(({ workers, seconds, spansPerSecond }) => ({ workers, seconds, spansPerSecond })));
console.log(
  JSON.stringify({
    ratioOfThreeToOne: round(three.spansPerSecond / one.spansPerSecond),
    oneWorkerSpansPerSecond: round(one.spansPerSecond),
    threeWorkersSpansPerSecond: round(three.spansPerSecond),
    incidentsAreIdentical: JSON.stringify(one.incidents) === JSON.stringify(three.incidents),
    incidents: one.incidents.length,
    spans: spanCount,
    cores: availableParallelism(),
    loadAverage: round(loadavg()[0]!),
  }),
);
process.exit();

/** From the first record sent until the last window is judged, by workers that have joined their groups. */
async function run(roles: readonly string[]): Promise<Run> {
  const [broker, database] = await Promise.all([KafkaBroker.start(), startPostgres()]);
  await broker.createTopic("otlp_spans", PARTITIONS);
  const { host, port, database: name, user } = database.address;
  const flags = {
    kafkaBrokers: broker.address,
    kafkaTraceTopics: "otlp_spans",
    kafkaMetricTopics: "otlp_metrics",
    kafkaStart: "earliest",
    workerPartitions: String(PARTITIONS),
    storeUrl: `postgres://${user}@${host}:${port}/${name}`,
  };
  const workers = roles.map((role) => new WorkerChild(role, flags));
  const show = (): string => workers.join("\n");
  // A leg has partitions; of the two legs that assemble there is one of each in every worker.
  const isReady = (): boolean =>
    workers.every(({ partitions }) => partitions.length > 0 && partitions.every((n) => n > 0));
  await until(isReady, PATIENCE_SECONDS, show);
  const begin = performance.now();
  await send(broker, records);
  const judging = workers.at(-1)!;
  await until(() => judging.windows.size >= windowCount - OPEN_WINDOWS, PATIENCE_SECONDS, show);
  const seconds = (performance.now() - begin) / 1000;
  const store = await openPostgresStore(database.address);
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const incidents = await store.incidents({ limit: 1000 });
  await store.close();
  for (const worker of workers) worker.kill();
  await Promise.all([broker.stop(), database.remove()]);
  return { workers: roles.join(" + "), seconds: round(seconds), spansPerSecond: round(spanCount / seconds), incidents };
}

async function send(broker: KafkaBroker, all: readonly RawRecord[]): Promise<void> {
  const producer = broker.client().producer();
  await producer.connect();
  for (let from = 0; from < all.length; from += 20) {
    const messages = all
      .slice(from, from + 20)
      .map(({ bytes }, k) => ({ value: bytes, partition: (from + k) % PARTITIONS }));
    await producer.send({ topic: "otlp_spans", messages });
  }
  await producer.disconnect();
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
