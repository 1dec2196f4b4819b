import type { Settings } from "../../contracts/settings.ts";
import { kafkaClientConfig } from "../../telemetry/kafka/client-config.ts";
import { type BrokerProbe, probeBrokers } from "../../telemetry/kafka/probe-brokers.ts";
import { type Finding, failure, fine, messageOf, warning } from "./finding.ts";

const isPattern = (topic: string): boolean => topic.startsWith("/");

/** Whether the Kafka cluster answers, and has the topics; patterns of topics are not looked for. */
export async function checkBrokers(settings: Settings, password: string | undefined): Promise<readonly Finding[]> {
  const { kafkaBrokers, kafkaTraceTopics, kafkaMetricTopics } = settings;
  if (kafkaBrokers.length === 0) return [fine("kafka", "not used (kafkaBrokers is empty)")];
  const topics = [...kafkaTraceTopics, ...kafkaMetricTopics].filter((topic) => !isPattern(topic));
  try {
    return findingsOf(await probeBrokers(kafkaClientConfig(settings, password), topics));
  } catch (error) {
    const advice =
      "see whether a broker listens there, what it advertises (advertised.listeners), and its TLS and SASL";
    return [failure("kafka", `${kafkaBrokers.join(",")}: ${messageOf(error)}`, advice)];
  }
}

function findingsOf({ advertised, topics, missing }: BrokerProbe): readonly Finding[] {
  const present = topics.map(({ topic, partitionCount }) => {
    return fine("kafka", `topic ${topic} has ${partitionCount} partitions: so many workers at most can share it`);
  });
  const absent = missing.map((topic) => {
    return warning(
      "kafka",
      `topic ${topic} does not exist`,
      "create it, or correct the name: it is read as soon as it is there",
    );
  });
  return [fine("kafka", `${advertised.length} brokers answer: ${advertised.join(", ")}`), ...present, ...absent];
}
