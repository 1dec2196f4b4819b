import { Kafka, type KafkaConfig, logLevel } from "kafkajs";

/** What a cluster says of itself and of the topics asked for. */
export interface BrokerProbe {
  /** `host:port`, as brokers tell clients to call them. */
  readonly advertised: readonly string[];
  readonly topics: readonly { readonly topic: string; readonly partitionCount: number }[];
  /** Topics asked for that do not exist. */
  readonly missing: readonly string[];
}

const CONNECT_WITHIN_MILLISECONDS = 3000;

/**
 * Asks a Kafka cluster once, and creates nothing.
 *
 * @throws what kafkajs throws when no broker answers, or refuses us.
 */
export async function probeBrokers(
  client: Pick<KafkaConfig, "brokers" | "ssl" | "sasl">,
  topics: readonly string[],
): Promise<BrokerProbe> {
  const kafka = new Kafka({
    ...client,
    clientId: "spantwin-doctor",
    connectionTimeout: CONNECT_WITHIN_MILLISECONDS,
    requestTimeout: CONNECT_WITHIN_MILLISECONDS,
    retry: { retries: 1, initialRetryTime: 100 },
    logLevel: logLevel.NOTHING,
  });
  const admin = kafka.admin();
  try {
    await admin.connect();
    const { brokers } = await admin.describeCluster();
    const existing = new Set(await admin.listTopics());
    const known = topics.filter((topic) => existing.has(topic));
    // Asked with no topic at all, kafkajs answers with every one of the cluster.
    const metadata = known.length === 0 ? { topics: [] } : await admin.fetchTopicMetadata({ topics: [...known] });
    return {
      advertised: brokers.map(({ host, port }) => `${host}:${port}`),
      topics: metadata.topics.map(({ name, partitions }) => ({ topic: name, partitionCount: partitions.length })),
      missing: topics.filter((topic) => !existing.has(topic)),
    };
  } finally {
    await admin.disconnect();
  }
}
