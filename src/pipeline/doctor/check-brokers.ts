import { type BrokerProbe, probeBrokers } from "../../telemetry/kafka/probe-brokers.ts";
import { type Finding, failure, fine, messageOf, warning } from "./finding.ts";

/** Whether the Kafka cluster answers, and has the topics. @param parts.topics names; patterns are not looked for */
export async function checkBrokers(parts: {
  client: Parameters<typeof probeBrokers>[0];
  topics: readonly string[];
}): Promise<readonly Finding[]> {
  const { client, topics } = parts;
  const asked = Array.isArray(client.brokers) ? client.brokers.join(",") : "the brokers";
  try {
    return findingsOf(await probeBrokers(client, topics));
  } catch (error) {
    const advice =
      "see whether a broker listens there, what it advertises (advertised.listeners), and its TLS and SASL";
    return [failure("kafka", `${asked}: ${messageOf(error)}`, advice)];
  }
}

function findingsOf({ advertised, topics, missing }: BrokerProbe): readonly Finding[] {
  const many = topics.map(({ topic, partitionCount }) => {
    return fine("kafka", `topic ${topic} has ${partitionCount} partitions: so many workers at most can share it`);
  });
  const absent = missing.map((topic) => {
    return warning(
      "kafka",
      `topic ${topic} does not exist`,
      "create it, or correct the name: it is read as soon as it is there",
    );
  });
  return [fine("kafka", `${advertised.length} brokers answer: ${advertised.join(", ")}`), ...many, ...absent];
}
