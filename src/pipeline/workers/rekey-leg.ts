import { KafkaSource } from "../../telemetry/kafka/kafka-source.ts";
import { Quarantine } from "../../telemetry/kafka/quarantine.ts";
import { matchesTopic, topicPatternOf } from "../../telemetry/kafka/topic-patterns.ts";
import { KafkaIntake } from "../kafka-intake.ts";
import type { Leg, LegParts } from "./leg.ts";
import { Rekeyer } from "./rekeyer.ts";
import { topicsOf } from "./topics.ts";

/** How often every partition is told how far the raw ones have come that have nothing new. Seconds. */
const TELL_SECONDS = 1;
/** How often the number of raw partitions is asked for. */
const COUNT_SECONDS = 30;

/** First leg: raw topics to the topic keyed by trace. */
export async function startRekeyLeg(parts: LegParts): Promise<Leg> {
  const { settings, client, writer, partitionCount, timing, say, onError } = parts;
  const names = topicsOf(settings);
  const traceTopics = settings.kafkaTraceTopics.map((text) => topicPatternOf("kafkaTraceTopics", text));
  const metricTopics = settings.kafkaMetricTopics.map((text) => topicPatternOf("kafkaMetricTopics", text));
  let sourceCount = await writer.partitionCount(traceTopics);
  const rekeyer = new Rekeyer({
    partitionCount,
    sourceCount: () => sourceCount,
    append: (records) => writer.append(names.keyed, records),
  });
  const source = new KafkaSource({
    client,
    topics: [...traceTopics, ...metricTopics],
    groupId: names.rawGroup,
    start: settings.kafkaStart,
    maxBatchBytes: settings.maxBodyBytes,
    say,
    timing: { watchSeconds: TELL_SECONDS, ...timing },
  });
  const quarantine = new Quarantine(null, (message) => say("warn", message));
  let acceptedSince = new Set<string>();
  const intake = new KafkaIntake({
    source,
    accept: async (body) => {
      acceptedSince.add(`${body.position.topic}/${body.position.partition}`);
      return rekeyer.accept(body);
    },
    encoding: settings.kafkaEncoding,
    metricTopics,
    quarantine,
  });
  const tell = async (): Promise<void> => {
    const accepted = acceptedSince;
    acceptedSince = new Set();
    const silent = source.status().partitions.filter(({ topic, partition }) => {
      return !accepted.has(`${topic}/${partition}`) && !metricTopics.some((pattern) => matchesTopic(pattern, topic));
    });
    // What is known of lags may be as old as the last look at them, and a little more.
    const asOfSeconds = Date.now() / 1000 - 2 * TELL_SECONDS;
    await Promise.all(
      silent.map(({ topic, partition, committedOffset, lagRecords }) => {
        const lastOffset = Number(committedOffset ?? 0n) - 1;
        return rekeyer.tell({ topic, partition }, { lastOffset, isAtEnd: lagRecords === 0, asOfSeconds });
      }),
    );
  };
  // Trouble with the log is said by the writer, which waits it out; told again in a moment.
  const telling = setInterval(() => void tell().catch(() => undefined), TELL_SECONDS * 1000);
  const counting = setInterval(() => {
    void writer
      .partitionCount(traceTopics)
      .then((count) => {
        sourceCount = count;
      })
      .catch(() => undefined);
  }, COUNT_SECONDS * 1000);
  const stopping = new AbortController();
  const reading = intake.run(stopping.signal).catch((error: unknown) => onError(error, "dealing spans out by trace"));
  return {
    status: () => ({ ...source.status(), records: intake.counts.records }),
    async end() {
      clearInterval(telling);
      clearInterval(counting);
      stopping.abort();
      await reading;
      await source.close();
    },
  };
}
