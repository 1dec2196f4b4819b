import { afterAll, beforeAll, expect, test } from "vitest";
import type { TelemetrySource } from "../../src/contracts/telemetry.ts";
import { type KafkaCounts, KafkaIntake, type TakenPosition } from "../../src/pipeline/kafka-intake.ts";
import { RecordingSource } from "../../src/telemetry/files/recording-source.ts";
import { KafkaSource } from "../../src/telemetry/kafka/kafka-source.ts";
import { Quarantine } from "../../src/telemetry/kafka/quarantine.ts";
import type { CountingLedger } from "../../src/telemetry/ledger.ts";
import { OtlpReceiver } from "../../src/telemetry/otlp/receiver.ts";
import { replayBodies } from "../../src/telemetry/replay-bodies.ts";
import { judge, SAMPLE, settings } from "../golden/recording.ts";
import { until } from "../until.ts";
import { KafkaBroker } from "./kafka-broker.ts";
import { QUICK } from "./watched-source.ts";
import { describeWithBroker } from "./with-broker.ts";

// Goal: through Kafka the line finds the same incidents, byte for byte, as from the file, also when the broker goes away
// in the middle and records come again.
// Method: the sample recording, spans and metrics in the file's order in one partition: only there does Kafka keep an order.
// Spans and metrics in two topics, or in several partitions, would come in an order that no broker promises.

const TOPIC = "otlp_spans";

describeWithBroker("the sample recording through a real Kafka", () => {
  let broker: KafkaBroker;
  let recordCount = 0;

  beforeAll(async () => {
    broker = await KafkaBroker.start();
    await broker.createTopic(TOPIC, 1);
    recordCount = await sendSample(broker);
  }, 120_000);

  afterAll(() => broker.stop());

  test("gives the same incidents, byte for byte, as its files, though the broker is killed on the way", async () => {
    const counts: KafkaCounts[] = [];
    const throughKafka = await judge((ledger) =>
      kafkaAsSource(broker, ledger, recordCount, (atTheEnd) => counts.push(atTheEnd)),
    );
    const fromFiles = await judge((ledger) => new RecordingSource(SAMPLE, { ...settings, ledger }));
    expect(counts).toMatchObject([{ records: recordCount, rejectedItems: 0 }]);
    expect(counts[0]!.repeatedRecords).toBeGreaterThan(recordCount / 3 - 1);
    expect(throughKafka.spans).toBe(fromFiles.spans);
    expect(fromFiles.incidents.length).toBeGreaterThan(3);
    expect(throughKafka.text).toBe(fromFiles.text);
  }, 180_000);
});

/** Every tenth body as JSON: what a record holds is found out record by record. */
async function sendSample(broker: KafkaBroker): Promise<number> {
  const producer = broker.client().producer({ maxInFlightRequests: 1 });
  await producer.connect();
  let sent = 0;
  let messages: { value: Buffer; partition: number }[] = [];
  const send = async () => {
    await producer.send({ topic: TOPIC, messages });
    messages = [];
  };
  for await (const body of replayBodies(SAMPLE, {})) {
    const bytes = sent % 10 === 9 ? body.json() : body.protobuf;
    messages.push({ value: Buffer.from(bytes), partition: 0 });
    sent += 1;
    if (messages.length === 5) await send();
  }
  await send();
  await producer.disconnect();
  return sent;
}

/**
 * Reads a third, dies without having committed anything, and goes on in a new life from what it took, as after a journal was
 * read again; in the second life the broker is killed.
 */
function kafkaAsSource(
  broker: KafkaBroker,
  ledger: CountingLedger,
  recordCount: number,
  onEnd: (counts: KafkaCounts) => void,
): TelemetrySource {
  const receiver = new OtlpReceiver({ ...settings, ledger });
  return {
    name: "kafka",
    async read(take, signal) {
      const reading = receiver.read(take, signal);
      const first = begin(broker, receiver, { isForgetful: true });
      const firstTaken = () => first.intake.counts.records;
      await until(() => firstTaken() > recordCount / 3, 60, firstTaken);
      await first.end();
      const takenCount = firstTaken();
      const last = { topic: TOPIC, partition: 0, offset: BigInt(takenCount - 1), takenAtSeconds: Date.now() / 1000 };
      const second = begin(broker, receiver, { takenThrough: [last] });
      const secondTaken = () => takenCount + second.intake.counts.records;
      await until(() => secondTaken() > (recordCount * 2) / 3, 60, secondTaken);
      await broker.kill();
      await broker.begin();
      await until(() => secondTaken() >= recordCount, 90, secondTaken);
      await second.end();
      await receiver.close();
      await reading;
      onEnd({ ...second.intake.counts, records: secondTaken() });
    },
  };
}

function begin(
  broker: KafkaBroker,
  receiver: OtlpReceiver,
  { isForgetful = false, takenThrough = [] }: { isForgetful?: boolean; takenThrough?: readonly TakenPosition[] },
) {
  const source = new KafkaSource({
    client: { brokers: [broker.address] },
    topics: [TOPIC],
    groupId: "line",
    start: "earliest",
    maxBatchBytes: settings.maxBodyBytes,
    say: () => undefined,
    timing: QUICK,
  });
  if (isForgetful) source.acknowledge = () => undefined;
  const intake = new KafkaIntake({
    source,
    accept: ({ signal, encoding, bytes }) => receiver.intake.accept(signal, encoding, bytes),
    encoding: "auto",
    metricTopics: [],
    quarantine: new Quarantine(null, () => undefined),
    takenThrough,
  });
  const stopping = new AbortController();
  const running = intake.run(stopping.signal);
  return {
    intake,
    async end() {
      stopping.abort();
      await running;
      await source.close();
    },
  };
}
