import { type Consumer, Kafka, logLevel, type Producer } from "kafkajs";
import type { TopicClient, TopicMessage } from "./topic.ts";

const PARTITION_COUNT = 12;

/** The same topic on a real Kafka. The topic is made when it is not there. */
export class KafkaClient implements TopicClient {
  readonly system = "kafka";
  readonly #kafka: Kafka;
  readonly #topicSuffix: string;
  #producer: Promise<Producer> | null = null;
  #consumer: Consumer | null = null;

  /** `topicSuffix` keeps one run's messages from the next one's. */
  constructor(broker: string, clientId: string, topicSuffix: string) {
    this.#kafka = new Kafka({ brokers: [broker], clientId, logLevel: logLevel.ERROR });
    this.#topicSuffix = topicSuffix;
  }

  async publish(
    topic: string,
    message: { readonly key: string; readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ): Promise<number> {
    this.#producer ??= this.#connectProducer(topic);
    const producer = await this.#producer;
    const [record] = await producer.send({
      topic: topic + this.#topicSuffix,
      acks: 1,
      messages: [{ key: message.key, value: message.body, headers: { ...message.headers } }],
    });
    return record?.partition ?? 0;
  }

  async consume(
    topic: string,
    group: string,
    concurrency: number,
    deliver: (message: TopicMessage) => Promise<void>,
  ): Promise<void> {
    await this.#ensureTopic(topic);
    const consumer = this.#kafka.consumer({ groupId: group + this.#topicSuffix, maxWaitTimeInMs: 50 });
    this.#consumer = consumer;
    await consumer.connect();
    await consumer.subscribe({ topic: topic + this.#topicSuffix, fromBeginning: true });
    await consumer.run({
      partitionsConsumedConcurrently: concurrency,
      eachMessage: async ({ partition, message }) => {
        const headers: Record<string, string> = {};
        for (const [key, value] of Object.entries(message.headers ?? {})) headers[key] = String(value);
        const taken = { key: String(message.key), body: String(message.value), headers, partition };
        // A message that fails is dropped, not tried for ever: the deliverer has counted it.
        await deliver(taken).catch(() => undefined);
      },
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#consumer?.disconnect(), this.#producer?.then((producer) => producer.disconnect())]);
  }

  async #connectProducer(topic: string): Promise<Producer> {
    await this.#ensureTopic(topic);
    const producer = this.#kafka.producer();
    await producer.connect();
    return producer;
  }

  async #ensureTopic(topic: string): Promise<void> {
    const admin = this.#kafka.admin();
    await admin.connect();
    try {
      await admin.createTopics({
        topics: [{ topic: topic + this.#topicSuffix, numPartitions: PARTITION_COUNT }],
      });
    } catch {
      // Not allowed to, or there already: a broker that makes topics by itself will do; else the first send fails.
    } finally {
      await admin.disconnect();
    }
  }
}
