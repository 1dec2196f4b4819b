import { KafkaIntake } from "../../src/pipeline/kafka-intake.ts";
import { BodyDecoder } from "../../src/telemetry/encodings.ts";
import { KafkaSource } from "../../src/telemetry/kafka/kafka-source.ts";
import { Quarantine } from "../../src/telemetry/kafka/quarantine.ts";
import { CountingLedger } from "../../src/telemetry/ledger.ts";
import { QUICK } from "./watched-source.ts";

// A member of a consumer group in a process of its own, to be killed. Usage: group-member.ts <brokers> <topic> <group>
// A JSON line for each record that was taken in (decoded) or left out, before it is acknowledged; and one when it joined.

const [brokers, topic, groupId] = process.argv.slice(2) as [string, string, string];
const tell = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);

const decoder = new BodyDecoder({ ledger: new CountingLedger(), maxOperationsPerService: 200 });
const source = new KafkaSource({
  client: { brokers: brokers.split(",") },
  topics: [topic],
  groupId,
  start: "earliest",
  maxBatchBytes: 64 << 20,
  say: (level, message) => tell({ level, message }),
  timing: QUICK,
});
const quarantine = new Quarantine(null, () => undefined);
const add = quarantine.add.bind(quarantine);
quarantine.add = (record) => {
  add(record);
  tell({ leftOut: `${record.partition}/${record.offset}` });
};
const intake = new KafkaIntake({
  source,
  encoding: "auto",
  metricTopics: [],
  quarantine,
  async accept({ encoding, signal, bytes, position }) {
    const { batch, rejectedCount } = decoder.decode(encoding, signal, bytes);
    tell({ taken: `${position.partition}/${position.offset}`, spans: batch.spans.spanCount });
    return rejectedCount;
  },
});

const stopping = new AbortController();
process.once("SIGTERM", () => stopping.abort());
setInterval(() => tell({ partitions: source.status().partitions.length }), 500).unref();
await intake.run(stopping.signal);
await source.close();
