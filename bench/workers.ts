/**
 * How much faster three workers are than one: the sample recording, in records as large as a collector's batches, through a
 * real Kafka into a real PostgreSQL, once by one worker that does all and once by two that assemble and one that judges.
 * Brokers, database and workers share this machine. Incidents of both runs are held against each other, field by field.
 *
 * Run: npm run bench:workers [-- <copies of the recording at once>]. Prints a table; the last line is one JSON object.
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
/** The recording has 450 spans a second; so many times that. */
const COPIES = 4;
const PATIENCE_SECONDS = 900;
/** Windows at the end of a stream that goes on are still open. */
const OPEN_WINDOWS = 4;
const QUIET_SECONDS = 8;

interface Run {
  readonly workers: string;
  readonly seconds: number;
  readonly spansPerSecond: number;
  /** Processor seconds of each worker, from the first record sent. */
  readonly cpuSeconds: readonly number[];
  readonly windows: number;
  readonly incidents: readonly Incident[];
}

const missing = missingForBroker() ?? (postgresPrograms === null ? "no programs initdb and postgres" : null);
if (missing !== null) throw new Error(`cannot run: ${missing}`);

const copies = Number(process.argv[2] ?? COPIES);
if (!(Number.isInteger(copies) && copies > 0 && copies < 256)) {
  throw new RangeError(`copies: ${process.argv[2]} is no whole number from 1 to 255`);
}
const { records, spanCount, windowCount } = await collectorRecords(copies);
const runs = [await run(["assemble,detect"]), await run(["assemble", "assemble", "detect"])] as const;
const [one, three] = runs;
console.table(
  runs.map(({ incidents, cpuSeconds, ...rest }) => ({
    ...rest,
    cpuSeconds: cpuSeconds.join(" + "),
    incidents: incidents.length,
  })),
);
const [oneCpu, threeCpu] = [sum(one.cpuSeconds), sum(three.cpuSeconds)];
console.log(
  JSON.stringify({
    ratioOfThreeToOne: round(three.spansPerSecond / one.spansPerSecond),
    oneWorkerSpansPerSecond: round(one.spansPerSecond),
    threeWorkersSpansPerSecond: round(three.spansPerSecond),
    // On free cores nothing is faster than the worker that judges, nor than all work on all cores.
    boundOfRatioByProcessorTime: round(oneCpu / Math.max(three.cpuSeconds.at(-1)!, threeCpu / availableParallelism())),
    oneWorkerCpuSeconds: one.cpuSeconds,
    threeWorkersCpuSeconds: three.cpuSeconds,
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
  const [begin, cpuBefore] = [performance.now(), workers.map(({ cpuSeconds }) => cpuSeconds)];
  await send(broker, records);
  const judging = workers.at(-1)!;
  await until(() => judging.windows.size >= windowCount - OPEN_WINDOWS, PATIENCE_SECONDS, show);
  const seconds = (performance.now() - begin) / 1000;
  const cpuSeconds = workers.map((worker, k) => round(worker.cpuSeconds - cpuBefore[k]!));
  const windows = await settled(() => judging.windows.size);
  const store = await openPostgresStore(database.address);
  const incidents = await store.incidents({ limit: 1000 });
  await store.close();
  for (const worker of workers) worker.kill();
  await Promise.all([broker.stop(), database.remove()]);
  const [label, rate] = [roles.join(" + "), round(spanCount / seconds)];
  return { workers: label, seconds: round(seconds), spansPerSecond: rate, cpuSeconds, windows, incidents };
}

/** A number that has not changed for so long. */
async function settled(read: () => number): Promise<number> {
  for (let before = Number.NaN; ; ) {
    const now = read();
    if (now === before) return now;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, QUIET_SECONDS * 1000));
  }
}

async function send(broker: KafkaBroker, all: readonly RawRecord[]): Promise<void> {
  const producer = broker.client().producer();
  await producer.connect();
  for (let from = 0; from < all.length; from += PARTITIONS) {
    const messages = all
      .slice(from, from + PARTITIONS)
      .map(({ bytes }, k) => ({ value: bytes, partition: (from + k) % PARTITIONS }));
    await producer.send({ topic: "otlp_spans", messages });
  }
  await producer.disconnect();
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
