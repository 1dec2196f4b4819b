import { join } from "node:path";
import type { Settings } from "../contracts/settings.ts";
import type { Counters, Reading } from "../self/counters.ts";
import { kafkaClientConfig } from "../telemetry/kafka/client-config.ts";
import { KafkaSource } from "../telemetry/kafka/kafka-source.ts";
import { Quarantine } from "../telemetry/kafka/quarantine.ts";
import { topicPatternOf } from "../telemetry/kafka/topic-patterns.ts";
import type { LogSource } from "../telemetry/log-source.ts";
import type { Intake } from "../telemetry/otlp/intake.ts";
import { KafkaIntake, type TakenPosition } from "./kafka-intake.ts";

/** Where nothing is kept on disk. */
const IN_MEMORY = ":memory:";
const QUARANTINE_FILE = "kafka-left-out.jsonl";

export interface KafkaWayInParts {
  readonly settings: Settings;
  /** Password of `kafkaUser` where the settings name no file. */
  readonly password: string | undefined;
  readonly intake: Intake;
  readonly counters: Counters;
  readonly say: (level: "info" | "warn", message: string) => void;
  readonly onError: (error: unknown, what: string) => void;
  /** Records up to these were taken in before we started, as the journal knows when it was read. */
  readonly takenThrough: Promise<readonly TakenPosition[]>;
}

export interface KafkaWayIn {
  /** For people: brokers and topics. */
  readonly address: string;
  /** Gives no more records, waits for those that are being taken in, commits them and leaves the group. */
  end(): Promise<void>;
}

/**
 * Reads the topics of the settings into the intake, until stopped; null when the settings name no broker.
 *
 * @throws {SettingsError} naming the setting of Kafka that is wrong. Brokers that are away are none: they are waited for.
 */
export function openKafka(parts: KafkaWayInParts): KafkaWayIn | null {
  const { settings, intake, counters, say, onError } = parts;
  if (settings.kafkaBrokers.length === 0) return null;
  const traceTopics = settings.kafkaTraceTopics.map((text) => topicPatternOf("kafkaTraceTopics", text));
  const metricTopics = settings.kafkaMetricTopics.map((text) => topicPatternOf("kafkaMetricTopics", text));
  const { dataDirectory } = settings;
  const path = dataDirectory === IN_MEMORY ? null : join(dataDirectory, QUARANTINE_FILE);
  const quarantine = new Quarantine(path, (message) => say("warn", message));
  const source = new KafkaSource({
    client: kafkaClientConfig(settings, parts.password),
    topics: [...traceTopics, ...metricTopics],
    groupId: settings.kafkaGroup,
    start: settings.kafkaStart,
    maxBatchBytes: settings.maxBodyBytes,
    say,
  });
  const kafkaIntake = new KafkaIntake({
    source,
    accept: ({ signal, encoding, bytes, position: source }, isLastTry) =>
      intake.accept(signal, encoding, bytes, { source, willBeTriedAgain: !isLastTry }),
    encoding: settings.kafkaEncoding,
    metricTopics,
    quarantine,
  });
  countKafka(counters, source, kafkaIntake, quarantine);
  const stopping = new AbortController();
  const reading = parts.takenThrough
    .then((positions) => {
      kafkaIntake.passOver(positions);
      return stopping.signal.aborted ? undefined : kafkaIntake.run(stopping.signal);
    })
    .catch((error: unknown) => onError(error, "reading from Kafka"));
  const topics = [...settings.kafkaTraceTopics, ...settings.kafkaMetricTopics].join(", ");
  return {
    address: `${settings.kafkaBrokers.join(", ")} (${topics})`,
    async end() {
      stopping.abort();
      await reading;
      await source.close();
    },
  };
}

function countKafka(counters: Counters, source: LogSource, intake: KafkaIntake, quarantine: Quarantine): void {
  const total = (name: string, help: string, reading: () => Reading) =>
    counters.read("counter", `spantwin_kafka_${name}_total`, help, reading);
  const gauge = (name: string, help: string, reading: () => Reading) =>
    counters.read("gauge", `spantwin_kafka_${name}`, help, reading);
  gauge("connected", "1 while the group is joined and its broker answers.", () => Number(source.status().isConnected));
  gauge("lag_records", "Records of our partitions that are not taken in and safe yet.", () =>
    source.status().partitions.flatMap(({ topic, partition, lagRecords }) => {
      const labels = { topic, partition: String(partition) };
      return lagRecords === null ? [] : [{ labels, value: lagRecords }];
    }),
  );
  total("records", "Records taken in.", () => intake.counts.records);
  total("bytes", "Bytes of records taken in, decompressed.", () => intake.counts.bytes);
  total("rejected_items", "Spans and data points refused in records taken in.", () => intake.counts.rejectedItems);
  total("repeated_records", "Records that came again and were passed over.", () => intake.counts.repeatedRecords);
  total("left_out_records", "Records that could not be read and were left out.", () => quarantine.count);
  total("waits", "Times reading waited because no more could be taken in.", () => intake.counts.waits);
  total("rebalances", "Times partitions were dealt out.", () => source.status().rebalanceCount);
  total("reconnects", "Times reading began anew.", () => source.status().reconnectCount);
  total("offset_resets", "Times records were gone before they were read.", () => source.status().offsetResetCount);
}
